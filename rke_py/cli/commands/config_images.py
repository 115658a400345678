"""``rke-py config images``: the images that a cluster.yml needs."""

from __future__ import annotations

import json
from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.pages import Command


@click.command("images", cls=Command, short_help="List the images that a cluster.yml needs.")
@click.option("--kubernetes-version", metavar="VERSION", default="", help="Every image of a release; no file is read.")
@options.config
@options.output
def images(kubernetes_version: str, config: Path, output: str) -> None:
    """List the images that the hosts of a cluster.yml pull, for mirroring: nodes first, then the add-ons it chooses.

    A default registry in private_registries stands before them as it will on the hosts. Images of the user's own
    manifests are not among them. No host is contacted. With --kubernetes-version every image of that release is listed,
    whatever add-ons a cluster chooses.

    Examples:
      rke-py config images
      rke-py config images --kubernetes-version v1.28.15-rancher1-1
      rke-py config images | while read image; do docker pull "$image"; done
      rke-py config images --config prod.yml --output json | jq -r '.[]'

    Exit status: 0 done, 2 wrong usage or cluster.yml.
    """
    from rke_py.workflows.mirroring import images_of, images_of_release

    found = images_of_release(kubernetes_version) if kubernetes_version else images_of(config)
    click.echo(json.dumps(found, indent=2) if output == "json" else "\n".join(found))
