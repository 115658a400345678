"""The kubelet of a host: a container whose program lives in the host's mount namespace.

There it sees what any kubelet sees. hostPath volumes of every folder are checked, made and mounted on the host, subPath
and Bidirectional mounts work, and no list of binds has to foresee them.
"""

from __future__ import annotations

from functools import reduce
from pathlib import PurePosixPath

from rke_py.cluster.model import Cluster, Host
from rke_py.pki.names import is_address
from rke_py.pki.paths import kubeconfig_path
from rke_py.plan.arguments import arguments
from rke_py.plan.containers import ContainerSpec, HttpCheck
from rke_py.plan.conventions import FOLDER, component, proxy_env
from rke_py.plan.prefix import ROOT as NO_PREFIX
from rke_py.plan.prefix import on_host
from rke_py.render.kubelet import CONFIG_PATH

NAME = "kubelet"
HEALTH_PORT = 10248
PORT = 10250
REGISTRIES = f"{FOLDER}/ssl/registries.json"
"""Registry credentials in Docker's format; the kubelet finds them through a link in its root folder."""

ROOT = "/var/lib/kubelet"

_IPV4 = ("net/ipv4/ip_forward", "net/bridge/bridge-nf-call-iptables")
_IPV6 = ("net/ipv6/conf/all/forwarding", "net/bridge/bridge-nf-call-ip6tables")

_SCRIPT = """\
child=
trap 'if [ "$child" ]; then kill -TERM "$child"; else exit 143; fi' TERM INT
host() { nsenter -t 1 -m -- "$@"; }
for module in overlay br_netfilter; do
  host modprobe "$module" || echo "kubelet: module $module not loaded" >&2
done
for setting in $SETTINGS; do
  [ "$(cat "/proc/sys/$setting")" = 1 ] || echo 1 > "/proc/sys/$setting" || echo "kubelet: $setting not set" >&2
done
host mkdir -p $ROOT /etc/cni/net.d /opt/cni/bin
if host test -e $REGISTRIES; then host ln -sfn $REGISTRIES $ROOT/config.json; fi
nsenter -t 1 -m -- "/proc/$$/root$(command -v kubelet)" "$@" &
child=$!
wait "$child"; status=$?
while kill -0 "$child" 2>/dev/null; do wait "$child"; status=$?; done
exit "$status"
"""
"""What RKE's rke-tools did at every start of the kubelet, then the kubelet itself.

It runs whenever the container starts, so a host that reboots is prepared without rke-py. What cannot be loaded or set
(modules built in, read-only settings) is said and is no reason to stop. The shell stays, because ``/proc/$$/root`` is
how the host's mount namespace reaches the image's program, and passes SIGTERM on. ``wait`` returns early when a signal
comes, hence the loop.
"""


def kubelet(cluster: Cluster, host: Host, cgroup_version: int, prefix: PurePosixPath = NO_PREFIX) -> ContainerSpec:
    """Return the host's kubelet.

    Args:
        cluster: The cluster.
        host: The host.
        cgroup_version: 1 or 2; with 2 it has to see the host's cgroups, not a namespace of its own.
        prefix: Where the host keeps the cluster's folders.
    """
    service = cluster.services.kubelet
    flags = {
        "config": on_host(CONFIG_PATH, prefix),
        "hostname-override": host.name,
        "kubeconfig": on_host(kubeconfig_path(f"kube-node-{host.slug}"), prefix),
        "root-dir": on_host(ROOT, prefix),
        "v": "2",
    }
    return component(
        ContainerSpec(
            name=NAME,
            image=cluster.images.kubelet,
            entrypoint=("sh",),
            command=("-c", _script(cluster, prefix), NAME, *arguments(flags, _node_ip(cluster, host), service.flags)),
            env=(*proxy_env(cluster.proxy), *service.extra_env),
            binds=service.extra_binds,
            pid_mode="host",
            cgroupns_mode="host" if cgroup_version == 2 else "",
            privileged=True,
            grace=30,
            check=HttpCheck(port=HEALTH_PORT, path="/healthz"),
            reads=(CONFIG_PATH, REGISTRIES),
        )
    )


def _script(cluster: Cluster, prefix: PurePosixPath) -> str:
    """Return what the container runs; packets of IPv6 are passed on and filtered where pods have such addresses."""
    ranges = (*cluster.services.cluster_cidr, *cluster.services.service_cluster_ip_range)
    versions = {subnet.version for subnet in ranges}
    settings = (*_IPV4, *(_IPV6 if 6 in versions else ()))
    places = {
        "$SETTINGS": " ".join(settings),
        "$REGISTRIES": on_host(REGISTRIES, prefix),
        "$ROOT": on_host(ROOT, prefix),
    }
    return reduce(lambda text, place: text.replace(*place), places.items(), _SCRIPT)


def _node_ip(cluster: Cluster, host: Host) -> dict[str, str]:
    """Return the node's address where it has two, and which kind of address it is known by where that is IPv6.

    With one address only, the machine may stand behind a translated one, which the kubelet would refuse as not its own.
    """
    internal = host.internal_address
    if internal != host.address and is_address(internal):
        return {"node-ip": internal}
    return {"node-ip": "::"} if cluster.services.service_cluster_ip_range[0].version == 6 else {}
