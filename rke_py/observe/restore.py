"""What the members' hosts have of a snapshot and of its restore."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rke_py.cluster.model import Cluster
from rke_py.errors import HostError
from rke_py.observe.answers import answered
from rke_py.plan.components.etcd import DATA
from rke_py.plan.conventions import SNAPSHOT_FOLDER
from rke_py.plan.prefix import bind_on_host, prefix_of
from rke_py.plan.restore.model import FoundData
from rke_py.transport.interface import Fleet
from rke_py.transport.parallel import for_each
from rke_py.transport.tools import run_tools

_TIMEOUT = 600


def look_at_restore(
    cluster: Cluster, fleet: Fleet, hosts: Iterable[str], snapshot: str, token: str
) -> Mapping[str, FoundData | HostError]:
    """Ask every host, where the tools image has to be; a snapshot of that name is read from end to end.

    Args:
        cluster: Gives the tools image.
        fleet: The hosts' connections.
        hosts: The members' hosts.
        snapshot: The snapshot's name.
        token: The restore's id.
    """
    command = ("look-at-restore", snapshot, "--token", token)

    def ask(name: str) -> FoundData:
        prefix = prefix_of(cluster, fleet[name].operating_system)
        binds = tuple(bind_on_host(f"{folder}:{folder}", prefix) for folder in (DATA, SNAPSHOT_FOLDER))
        engine = fleet[name].engine
        image = cluster.images.tools
        answer = run_tools(engine, name, image, command, timeout=_TIMEOUT, binds=binds, prefix=str(prefix))
        return answered(FoundData, answer, name)

    return for_each(hosts, ask)
