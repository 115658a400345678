"""``rke-py images``: the images that rke-py brings along itself."""

from __future__ import annotations

from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.pages import Group
from rke_py.cli.root import App


@click.group("images", cls=Group, short_help="Build the image that rke-py itself runs on hosts.")
def command() -> None:
    """Build the image that rke-py itself runs on hosts.

    What a plain Docker call cannot do (asking containerd, cleaning interfaces and mounts) is done by the tools image,
    in a short-lived container. "up" takes it from system_images.tools of cluster.yml.

    Exit status: see "rke-py images build --help".
    """


@command.command("build", short_help="Build the tools image, push it, or load it into hosts.")
@click.option("--tag", metavar="IMAGE", default="", help="Its name.  [default: system_images.tools, else rke-py's own]")
@click.option("--base-image", metavar="IMAGE", default="", help="Another Debian base than the Dockerfile's.")
@click.option(
    "--build-arg", multiple=True, metavar="NAME=VALUE", help="An argument of images/tools/Dockerfile; may be repeated."
)
@click.option("--push", is_flag=True, help="Push it to its registry, with the login that docker remembers.")
@click.option("--load", multiple=True, metavar="HOST", help="Load it into this host of cluster.yml; may be repeated.")
@click.option("--load-all", is_flag=True, help="Load it into every host of cluster.yml.")
@options.config
@options.output
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.quiet
@options.log_file
@click.pass_obj
def build(
    app: App,
    tag: str,
    base_image: str,
    build_arg: tuple[str, ...],
    push: bool,
    load: tuple[str, ...],
    load_all: bool,
    config: Path,
    output: str,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    quiet: bool,
    log_file: Path | None,
) -> None:
    """Build the tools image with the Docker of this machine.

    Push it to a registry that the hosts reach and name it in system_images.tools, or load it into the hosts over SSH
    where there is no registry.

    Examples:
      rke-py images build --tag registry.example.com/rke-py/tools:1 --push
      rke-py images build --load-all
      rke-py images build --load node-7 --base-image mirror.example.com/debian:trixie-slim
      rke-py images build --build-arg ETCD_3_6=mirror.example.com/etcd:v3.6.16

    Exit status: 0 built and delivered, 1 failed, 2 wrong usage or a host that cluster.yml does not have, 130
    interrupted.
    """
    from rke_py.cli.console.choose import Output
    from rke_py.cli.session import Settings, session
    from rke_py.transport.local_docker import LocalDocker
    from rke_py.workflows.build_images import Wanted, build_images

    arguments = _arguments(build_arg) | ({"BASE": base_image} if base_image else {})
    wanted = Wanted(tag=tag, arguments=arguments, push=push, load=load, load_all=load_all)
    needs_config = bool(load) or load_all
    settings = Settings(
        config=config, config_needed=needs_config, output=Output(output), quiet=quiet, log_file=log_file
    )
    with session(settings, app.redactor) as here:
        build_images(
            wanted,
            LocalDocker(),
            here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth),
        )


def _arguments(texts: tuple[str, ...]) -> dict[str, str]:
    pairs = {name: value for name, _, value in (text.partition("=") for text in texts)}
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise click.UsageError(f"--build-arg wants NAME=VALUE, not {wrong[0]}")
    return pairs
