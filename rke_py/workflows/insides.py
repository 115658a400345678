"""A look inside hosts, with the tools image brought to them first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from rke_py.cluster.model import Cluster
from rke_py.errors import HostError
from rke_py.observe.depths import Depths, Ports, look_deeper
from rke_py.plan.checks import PortPath
from rke_py.plan.observed import HostFacts
from rke_py.rollout.images import Images
from rke_py.transport.interface import Fleet
from rke_py.transport.parallel import for_each


def look_inside(
    cluster: Cluster,
    fleet: Fleet,
    images: Images,
    hosts: Mapping[str, HostFacts | None],
    paths: Callable[[Collection[str]], Iterable[PortPath]],
    run: str,
) -> tuple[Depths, Ports]:
    """Bring the tools image to hosts, look inside them with it, and try paths between hosts.

    Args:
        cluster: Gives the tools image.
        fleet: The hosts' connections.
        images: Brings the image.
        hosts: The hosts, with what Docker told of them.
        paths: Returns the paths to try, given the hosts that have the image.
        run: Id of this look.

    Returns:
        What was seen of each host, or why nothing was; and what each path's attempt found.
    """
    image = cluster.images.tools
    brought = for_each(hosts, lambda name: images.ensure(name, image))
    lacking = {name: fault for name, fault in brought.items() if isinstance(fault, HostError)}
    ready = {name: facts for name, facts in hosts.items() if name not in lacking}
    seen, ports = look_deeper(cluster, fleet, ready, paths(ready), run)
    return {**lacking, **seen}, ports
