"""The commands: arguments in, one JSON object on stdout, exit status 0 or 1 with the reason under ``error``.

gRPC takes half a second to import, so only the commands that need it do.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from rke_py.tools import cni, files, snapshot_commands
from rke_py.tools.errors import ToolError
from rke_py.tools.namespaces import HOST_ROOT, enter_host_root
from rke_py.tools.ports import listening, refuse_kubelet
from rke_py.tools.restore_commands import add_restore_commands
from rke_py.tools.traces import left_by


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    given = parser().parse_args(arguments)
    try:
        answer = given.run(given)
    except subprocess.CalledProcessError as error:
        _say({"error": f"{' '.join(error.cmd)}: {(error.stderr or '').strip()}"})
        return 1
    except (OSError, ToolError) as error:
        _say({"error": str(error)})
        return 1
    if answer is not None:
        _say(answer)
    return 0


@cache
def parser() -> argparse.ArgumentParser:
    """Return the parser; each command stores the function that performs it as ``run``."""
    parser = argparse.ArgumentParser(prog="python3 -m rke_py.tools", description=__doc__)
    parser.add_argument("--prefix", default="/", help="where the host keeps some of the cluster's folders")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    _add_looks(commands)
    _add_pods(commands)
    _add_leaving(commands)
    _add_files(commands)
    snapshot_commands.add(commands)
    add_restore_commands(commands)
    return parser


def _add_looks(commands: Any) -> None:
    command = commands.add_parser("survey", help="look at the host, then hold ports open for other hosts to try")
    command.add_argument("ports", nargs="*", type=int, metavar="PORT")
    command.add_argument("--folder", action="append", default=[], help="measure the space that is free there")
    command.add_argument("--programs", default="", metavar="FOLDER", help="name the programs that are there")
    command.add_argument("--seconds", type=float, default=60)
    command.set_defaults(run=_survey)

    command = commands.add_parser("ping", help="ask addresses for an echo, small and large")
    command.add_argument("addresses", nargs="*", metavar="ADDRESS")
    command.add_argument("--size", type=int, default=1450, help="bytes of the large packet, with its headers")
    command.add_argument("--seconds", type=float, default=3)
    command.set_defaults(run=_ping)


def _add_pods(commands: Any) -> None:
    """Add what is done to pods, and for them."""
    command = commands.add_parser("install-cni", help="bring the standard CNI plugins to /opt/cni/bin")
    command.set_defaults(run=_install_cni)

    command = commands.add_parser("remove-pods", help="remove every pod; the kubelet has to be gone")
    command.add_argument("--grace", type=int, default=10, help="seconds between SIGTERM and SIGKILL")
    command.set_defaults(run=_remove_pods)

    command = commands.add_parser("carry-images", help="bring images from Docker to containerd; stdin: JSON list")
    command.add_argument("--docker-socket", default="/run/docker.sock", help="of the host")
    command.set_defaults(run=_carry_images)

    command = commands.add_parser("release-addresses", help="give back what pods in Docker, which are gone, had")
    command.set_defaults(run=_release_addresses)


def _add_leaving(commands: Any) -> None:
    """Add what is done when a cluster, or an add-on, leaves the host."""
    command = commands.add_parser("clean", help="remove what a cluster left; containers and pods have to be gone")
    command.add_argument("--snapshots", action="store_true", help="etcd snapshots too")
    command.add_argument("--network", action="append", default=[], help="a range of pods or Services")
    command.set_defaults(run=_clean)

    command = commands.add_parser("verify", help="tell what of a cluster is left on the host")
    command.add_argument("--snapshots", action="store_true", help="etcd snapshots too")
    command.set_defaults(run=_verify)

    command = commands.add_parser("leave", help="remove what add-ons that are gone left on the host")
    command.add_argument("addons", nargs="+", metavar="ADDON")
    command.add_argument("--staying", action="append", default=[], help="an add-on whose traces stay")
    command.add_argument("--network", action="append", default=[], help="a range of pods")
    command.add_argument("--renew-pods", type=int, metavar="GRACE", help="have all pods made anew in the pod network")
    command.set_defaults(run=_leave)


def _add_files(commands: Any) -> None:
    """Add what is done to files of ours, and to an etcd member's data."""
    for name, run, text in (
        ("set-member-aside", _set_member_aside, "move the data of an etcd member that does not run aside"),
        ("drop-learner-data", _drop_learner_data, "delete the data of a learner that did not become a member"),
        ("drop-member-data", _drop_member_data, "delete the data of an etcd member that is gone for good"),
    ):
        commands.add_parser(name, help=text).set_defaults(run=run)

    command = commands.add_parser("hand-over", help="give files and folders of ours to a user")
    command.add_argument("user", metavar="UID:GID")
    command.add_argument("paths", nargs="+", metavar="PATH")
    command.set_defaults(run=_hand_over)

    command = commands.add_parser("delete", help="delete files of ours; missing ones are fine")
    command.add_argument("paths", nargs="+", metavar="PATH")
    command.set_defaults(run=_delete)


def _survey(given: argparse.Namespace) -> None:
    from rke_py.tools.listen import listen
    from rke_py.tools.probe import probe

    # before listening, or it would see the ports held here
    seen = probe(given.folder, cni.plugins(), given.prefix, given.programs)
    listen(given.ports, given.seconds, lambda held: _say({"host": seen, **held}))


def _install_cni(_given: argparse.Namespace) -> dict[str, Any]:
    plugins = cni.plugins()
    enter_host_root()
    return {"installed": cni.install(plugins)}


def _remove_pods(given: argparse.Namespace) -> dict[str, Any]:
    from rke_py.tools.cri import SOCKET, Runtime
    from rke_py.tools.pods import remove_pods

    refuse_kubelet(listening())
    if not os.path.exists(SOCKET):
        return {"removed": []}
    with Runtime() as runtime:
        return remove_pods(runtime, given.grace)


def _carry_images(given: argparse.Namespace) -> dict[str, Any]:
    from rke_py.tools.cri import Runtime
    from rke_py.tools.pod_images import STORE, Disk, Docker, carry_images

    wanted, docker = json.load(sys.stdin), Docker(f"{HOST_ROOT}{given.docker_socket}")
    with Runtime() as runtime:
        return carry_images(wanted, runtime, docker, Disk(f"{HOST_ROOT}{STORE}"))


def _release_addresses(given: argparse.Namespace) -> dict[str, Any]:
    from rke_py.tools.addresses import release_addresses

    return release_addresses(given.prefix)


def _clean(given: argparse.Namespace) -> dict[str, Any]:
    from rke_py.tools import clean

    refuse_kubelet(listening())
    return clean.clean(given.network, snapshots=given.snapshots, prefix=given.prefix)


def _leave(given: argparse.Namespace) -> dict[str, Any]:
    from rke_py.tools import leave

    traces = left_by(given.addons, given.staying)
    return leave.leave(traces, given.network, grace=given.renew_pods)


def _verify(given: argparse.Namespace) -> dict[str, Any]:
    from rke_py.tools import clean

    return clean.verify(snapshots=given.snapshots, prefix=given.prefix)


def _set_member_aside(given: argparse.Namespace) -> dict[str, Any]:
    enter_host_root()
    return {"set_aside": files.set_member_aside(files.placed(files.ETCD_DATA, given.prefix))}


def _drop_learner_data(given: argparse.Namespace) -> dict[str, Any]:
    enter_host_root()
    return {"dropped": files.drop_learner_data(files.placed(files.ETCD_DATA, given.prefix))}


def _drop_member_data(given: argparse.Namespace) -> dict[str, Any]:
    enter_host_root()
    return {"dropped": files.drop_member_data(files.placed(files.ETCD_DATA, given.prefix))}


def _hand_over(given: argparse.Namespace) -> dict[str, Any]:
    enter_host_root()
    files.hand_over(given.user, given.paths, Path(given.prefix))
    return {"owner": given.user}


def _delete(given: argparse.Namespace) -> dict[str, Any]:
    enter_host_root()
    return {"deleted": files.delete(given.paths, given.prefix)}


def _ping(given: argparse.Namespace) -> dict[str, Any]:
    from rke_py.tools.ping import ping

    return {"answers": ping(given.addresses, given.size, given.seconds)}


def _say(answer: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
