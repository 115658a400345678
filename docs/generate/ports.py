"""reference/ports.md: who listens where, and who has to get there."""

from __future__ import annotations

from rke_py.cluster.model import Role
from rke_py.plan.checks.ports import own_ports, required_ports

from .example import cluster
from .markdown import page, table

_ANY = "every host"
_BEYOND = """\
## Beyond these

| port | from | to | for |
| -- | -- | -- | -- |
| 22/tcp (`nodes[].port`) | the machine that runs rke-py, or the bastion | every host | everything rke-py does |
| 8472/udp (`network.options.flannel_backend_port`, `canal_flannel_backend_port`) | hosts | hosts | VXLAN |
| 51820/udp, 51821/udp | hosts | hosts | flannel and canal with back-end `wireguard` |
| 179/tcp and IP protocol 4 (IP-in-IP) | hosts | hosts | calico; the port is tried before |
| 4789/udp | hosts | hosts | calico, instead of these, with an encapsulation by VXLAN |
| 6783/tcp, 6783/udp, 6784/udp | hosts | hosts | weave; the first is tried before |
| 80/tcp, 443/tcp (`ingress.http_port`, `https_port`) | clients | workers | the ingress controller |
| 10250/tcp | the host metrics-server runs on | every host | measurements of nodes and pods |
| 30000-32767/tcp+udp (`services.kube-api.service_node_port_range`) | who uses NodePorts | every host | Services |

rke-py itself needs no route to 6443 or 2379: it reaches both through the SSH connection. `kubectl` needs 6443 of a
control-plane host, or of your load balancer.
"""


def ports_page() -> str:
    """Return the page of ports."""
    return page(
        "Ports",
        "Node-to-node traffic goes to `internal_address`. Before the first change `rke-py up` tries every path of the "
        "first table that begins or ends at a machine it does not know yet.",
        "## Between hosts",
        table(("port", "from", "to", "for"), _paths()),
        "## Ports that components take on a host",
        "Each has to be free before the first `up`.",
        table(("host's role", "component", "ports"), _own()),
        _BEYOND,
    )


def _paths() -> list[tuple[str, str, str, str]]:
    wanted = cluster(_TWO_OF_EACH)
    role = {host.name: next(iter(host.roles)) for host in wanted.hosts}
    ways: dict[tuple[int, str], tuple[set[Role], set[Role]]] = {}
    for path in required_ports(wanted):
        sources, targets = ways.setdefault((path.port, path.purpose), (set(), set()))
        sources.add(role[path.source])
        targets.add(role[path.target])
    return [
        (f"{port}/tcp", _words(sources), _words(targets), purpose)
        for (port, purpose), (sources, targets) in sorted(ways.items())
    ]


def _own() -> list[tuple[str, str, str]]:
    found: dict[tuple[str, str], list[int]] = {}
    everywhere: dict[str, set[Role]] = {}
    example = cluster()
    hosts = example.hosts
    for host in hosts:
        for port, component in own_ports(example, host):
            found.setdefault((str(next(iter(host.roles))), component), []).append(port)
            everywhere.setdefault(component, set()).update(host.roles)
    rows = []
    for (role, component), ports in found.items():
        if len(everywhere[component]) < len(Role):
            rows.append((role, component, ", ".join(map(str, ports))))
    common = {component: ports for (_, component), ports in found.items() if len(everywhere[component]) == len(Role)}
    return [*rows, *((_ANY, component, ", ".join(map(str, ports))) for component, ports in common.items())]


def _words(roles: set[Role]) -> str:
    return _ANY if len(roles) == len(Role) else ", ".join(sorted(roles))


_TWO_OF_EACH = """\
nodes:
  - {address: 10.0.0.11, user: ubuntu, role: [etcd]}
  - {address: 10.0.0.12, user: ubuntu, role: [etcd]}
  - {address: 10.0.0.21, user: ubuntu, role: [controlplane]}
  - {address: 10.0.0.22, user: ubuntu, role: [controlplane]}
  - {address: 10.0.0.31, user: ubuntu, role: [worker]}
  - {address: 10.0.0.32, user: ubuntu, role: [worker]}
"""
