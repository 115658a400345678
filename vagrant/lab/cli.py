"""The lab's commands: flags in, one call out."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address
from pathlib import Path
from typing import TypeAlias

from . import build, expiry, faults, hosts, lifecycle, machine, spec
from .cache import Cache
from .errors import LabError
from .hosts import Host
from .spec import LabSpec

Subcommands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # argparse has no public name for it

_USUAL_NAME = "lab"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options) or 0)
    except LabError as fault:
        print(f"Error: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lab", description="Hosts for rke-py, as containers on this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    building = commands.add_parser("build", help="build what is missing in the cache")
    building.add_argument("--with", dest="extra", choices=["rke"], help="and what a cluster as RKE makes it needs")
    building.set_defaults(command=_build)
    _add_up(commands.add_parser("up", help="start a lab"))
    down = commands.add_parser("down", help="remove a lab and all it left")
    down.add_argument("--all", action="store_true", help="every lab")
    down.set_defaults(command=_down)
    described = commands.add_parser("host-image", help="show how to start a host without a lab, as JSON (Vagrantfile)")
    described.set_defaults(command=_host_image)
    commands.add_parser("list", help="show labs and hosts").set_defaults(command=_list)
    expire = commands.add_parser("expire")
    expire.add_argument("network")
    expire.add_argument("expires", type=int)
    expire.set_defaults(command=_expire)
    execute = commands.add_parser("exec", help="run a command on a host, as root")
    execute.add_argument("host")
    execute.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    execute.set_defaults(command=_exec)
    _add_faults(commands)
    for name, command in commands.choices.items():
        if name not in ("build", "host-image", "list"):
            command.add_argument("--name", default=_USUAL_NAME, help="the lab (default: %(default)s)")
    return parser


def _add_up(up: argparse.ArgumentParser) -> None:
    up.add_argument("--hosts", type=int, default=0, help="how many (default: as many as roles or addresses, else 1)")
    up.add_argument("--roles", help="one entry a host: all,controlplane+etcd,worker (default: three all, then workers)")
    up.add_argument("--addresses", help="one a host, all in one /24 (default: the lab's own network, .11 on)")
    up.add_argument("--names", help="one a host (default: n1, n2, ...)")
    up.add_argument(
        "--folder", type=Path, help="where key, known_hosts, hosts.json, cluster.yml go (default: .lab/NAME)"
    )
    up.add_argument("--seconds", type=int, default=0, help="take the lab down after so long (default: never)")
    up.add_argument(
        "--docker-cli", default="", metavar="HOSTS", help="hosts that have the docker program: n1,n2 or all"
    )
    up.add_argument(
        "--small-disk",
        action="append",
        default=[],
        metavar="HOST[:FOLDER[:MB]]",
        help="a disk of its own of a fixed size (default: /var/lib/etcd, 256)",
    )
    up.add_argument("--preload", action="store_true", help="hosts start with all images pulled")
    up.add_argument("--replace", action="store_true", help="remove a lab of that name first")
    up.set_defaults(command=_up)


_ON_HOSTS: tuple[tuple[str, str, Callable[..., None]], ...] = (
    ("stop", "shut hosts down in order", faults.stop),
    ("kill", "cut the power of hosts, all in the same moment", faults.kill),
    ("start", "switch hosts on and wait for them", faults.start),
    ("reboot", "shut hosts down and switch them on", faults.reboot),
    ("pause", "freeze hosts", faults.pause),
    ("unpause", "let frozen hosts go on", faults.unpause),
)
_ON_DISKS: tuple[tuple[str, str, Callable[[Host, str], None]], ...] = (
    ("fill", "take all space of a small disk", faults.fill),
    ("unfill", "give it back", faults.unfill),
)


def _add_faults(commands: Subcommands) -> None:
    for name, text, action in _ON_HOSTS:
        parser = commands.add_parser(name, help=text)
        parser.add_argument("hosts", nargs="+", metavar="HOST", help="names, or all")
        parser.set_defaults(command=lambda options, act=action: act(*_several(options)))
    for name, text, on_disk in _ON_DISKS:
        parser = commands.add_parser(name, help=text)
        parser.add_argument("host")
        parser.add_argument("folder", nargs="?", default="/var/lib/etcd")
        parser.set_defaults(command=lambda options, act=on_disk: act(_one(options), options.folder))
    partition = commands.add_parser("partition", help="cut a host off from another one or from the registry")
    partition.add_argument("host")
    partition.add_argument("other", help=f"a host or {faults.REGISTRY}")
    partition.set_defaults(command=lambda options: faults.partition(_one(options), options.other))
    heal = commands.add_parser("heal", help="undo partition")
    heal.add_argument("host")
    heal.add_argument("other", nargs="?", default="", help="default: all")
    heal.set_defaults(command=lambda options: faults.heal(_one(options), options.other))
    slow = commands.add_parser("slow", help="delay a host's packets or its disk")
    slow.add_argument("host")
    slow.add_argument("--network", type=int, metavar="MS", help="every packet it sends; 0: no more")
    slow.add_argument("--disk", type=int, metavar="MS", help="every fsync of the process; 0: no more")
    slow.add_argument("--process", default="etcd", help="whose fsync (default: %(default)s)")
    slow.set_defaults(command=_slow)


def _one(options: argparse.Namespace) -> Host:
    return hosts.named(options.name, options.host)


def _several(options: argparse.Namespace) -> list[Host]:
    if options.hosts == ["all"]:
        return list(hosts.of_lab(options.name))
    return [hosts.named(options.name, name) for name in options.hosts]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _build(options: argparse.Namespace) -> None:
    cache = Cache.of_user()
    with cache.engine_in_use():
        built = build.build(cache, machine.look(), _say, for_rke=options.extra == "rke")
    lifecycle.stop_if_last(cache)
    print(f"tools image  {built.tools_image}\nkubectl      {built.kubectl}")


def _host_image(options: argparse.Namespace) -> None:
    """Print image, options and environment of a host that has its disks in a volume of its own."""
    here = machine.look()
    with Cache.of_user().engine_in_use():
        image = build.build_host_image(Cache.of_user(), here, _say)
    subnet = next(spec.subnets("lone"))
    lone = LabSpec(name="lone", subnet=subnet, hosts=spec.hosts((spec.ROLES,), subnet))
    told = hosts.variables(lone, lone.hosts[0], here, public_key="")
    told |= {"LAB_GATEWAY": "", "LAB_NAMESERVERS": " ".join(here.nameservers or (str(lone.gateway),))}
    described = {"image": image, "options": [*hosts.options(here), "-v", "/state"], "environment": told}
    print(json.dumps(described, indent=2))


def _up(options: argparse.Namespace) -> None:
    cache = Cache.of_user()
    wanted, fixed = _wanted(options)
    if options.replace:
        lifecycle.down(cache, wanted.name)
    place = options.folder or Path(".lab") / wanted.name
    started = lifecycle.up(
        cache, machine.look(), wanted, place.resolve(), fixed=fixed, preload=options.preload, say=_say
    )
    print(f"lab {started.spec.name}: {len(started.spec.hosts)} hosts in {started.seconds:.1f} s")
    for host in started.spec.hosts:
        print(f"  {host.name}  {host.address}  {','.join(host.roles)}")
    print(f"ssh -i {place}/key -o UserKnownHostsFile={place}/known_hosts rke@{started.spec.hosts[0].address}")


def parsed(arguments: Sequence[str]) -> tuple[LabSpec, bool]:
    """Return the lab that ``lab up`` with these arguments starts, and whether its network is the operator's choice."""
    return _wanted(_parser().parse_args(arguments))


def _wanted(options: argparse.Namespace) -> tuple[LabSpec, bool]:
    addresses = [IPv4Address(text) for text in (options.addresses or "").split(",") if text]
    given = (options.names or "").split(",") if options.names else []
    name = spec.checked_name(options.name)
    roles = (
        spec.parsed_roles(options.roles) if options.roles else spec.usual_roles(options.hosts or len(addresses) or 1)
    )
    if options.hosts and options.hosts != len(roles):
        raise LabError(f"{options.hosts} hosts but {len(roles)} entries in --roles")
    subnet = spec.subnet_of(addresses) if addresses else next(spec.subnets(name))
    chosen = spec.hosts(roles, subnet, addresses, given)
    names = tuple(host.name for host in chosen)
    with_client = names if options.docker_cli == "all" else tuple(filter(None, options.docker_cli.split(",")))
    small_disks = tuple(spec.parsed_small_disk(text) for text in options.small_disk)
    _check_names((*with_client, *(disk.host for disk in small_disks)), names)
    wanted = LabSpec(
        name=name,
        subnet=subnet,
        hosts=chosen,
        docker_cli=with_client,
        small_disks=small_disks,
        seconds=options.seconds,
    )
    return wanted, bool(addresses)


def _check_names(asked: Sequence[str], names: Sequence[str]) -> None:
    unknown = [name for name in asked if name not in names]
    if unknown:
        raise LabError(f"the lab has no host {unknown[0]}", hint=f"its hosts: {', '.join(names)}")


def _down(options: argparse.Namespace) -> None:
    cache = Cache.of_user()
    if options.all:
        lifecycle.down_all(cache)
    else:
        lifecycle.down(cache, options.name)


def _list(options: argparse.Namespace) -> None:
    for host in hosts.of_lab():
        print(f"{host.lab:12} {host.name:6} {host.address:14} {host.state:8} {','.join(host.roles)}")


def _expire(options: argparse.Namespace) -> None:
    if expiry.wait(options.network, options.expires):
        lifecycle.down(Cache.of_user(), options.name)


def _exec(options: argparse.Namespace) -> int:
    host = _one(options)
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    interactive = ["-it"] if sys.stdin.isatty() else ["-i"]
    return subprocess.run(
        ["docker", "exec", *interactive, host.container, *(words or ["bash"])], check=False
    ).returncode


def _slow(options: argparse.Namespace) -> None:
    host = _one(options)
    if options.network is None and options.disk is None:
        raise LabError("slow: what?", hint="--network MS or --disk MS")
    if options.network is not None:
        faults.slow_network(host, options.network)
    if options.disk is not None:
        faults.slow_disk(host, options.disk, options.process)
