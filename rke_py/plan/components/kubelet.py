"""The kubelet of a host: a container whose program lives in the host's mount namespace.

There it sees what any kubelet sees. hostPath volumes of every folder are checked, made and mounted on the host, subPath
and Bidirectional mounts work, and no list of binds has to foresee them.
"""

from __future__ import annotations

from functools import reduce
from pathlib import PurePosixPath

from rke_py.cluster.cloud_model import EXTERNAL
from rke_py.cluster.model import Cluster, Host
from rke_py.pki.names import is_address
from rke_py.pki.paths import kubeconfig_path
from rke_py.plan.arguments import arguments, flag_value
from rke_py.plan.containers import ContainerSpec, HttpCheck
from rke_py.plan.conventions import FOLDER, component, proxy_env
from rke_py.plan.prefix import ROOT as NO_PREFIX
from rke_py.plan.prefix import on_host
from rke_py.render.credential_providers import credential_providers
from rke_py.render.kubelet import CONFIG_PATH

NAME = "kubelet"
HEALTH_PORT = 10248
PORT = 10250
REGISTRIES = f"{FOLDER}/ssl/registries.json"
"""Registry credentials in Docker's format; the kubelet finds them through a link in its root folder."""

CREDENTIAL_PROVIDERS = f"{FOLDER}/ssl/credential-providers.yaml"
_PROVIDERS_FLAG = "image-credential-provider-bin-dir"
_PROVIDER_FOLDER = "/opt/rke/credential-providers"

ROOT = "/var/lib/kubelet"

_SCRIPT = """\
child=
trap 'if [ "$child" ]; then kill -TERM "$child"; else exit 143; fi' TERM INT
host() { nsenter -t 1 -m -- "$@"; }
for module in $MODULES; do
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

_FORWARDING = {4: "net/ipv4/ip_forward", 6: "net/ipv6/conf/all/forwarding"}
_BRIDGED = {4: "net/bridge/bridge-nf-call-iptables", 6: "net/bridge/bridge-nf-call-ip6tables"}
"""Settings of the host by the version of IP; those of bridges are there with the module ``br_netfilter``."""


def start_script(cluster: Cluster, prefix: PurePosixPath = NO_PREFIX) -> str:
    """Return the shell text that prepares the host and runs the kubelet, which its arguments are for.

    Packets of IPv6 are passed on and filtered where pods or Services have such addresses; nothing is done about bridges
    where ``network.enable_br_netfilter`` is false.
    """
    ranges = (*cluster.services.cluster_cidr, *cluster.services.service_cluster_ip_range)
    versions = sorted({4, *(subnet.version for subnet in ranges)})
    bridged = cluster.network.br_netfilter
    tables = (_FORWARDING, _BRIDGED) if bridged else (_FORWARDING,)
    places = {
        "$MODULES": "overlay br_netfilter" if bridged else "overlay",
        "$SETTINGS": " ".join(table[version] for version in versions for table in tables),
        "$REGISTRIES": on_host(REGISTRIES, prefix),
        "$ROOT": on_host(ROOT, prefix),
    }
    return reduce(lambda text, place: text.replace(*place), places.items(), _SCRIPT)


def kubelet(cluster: Cluster, host: Host, cgroup_version: int, prefix: PurePosixPath = NO_PREFIX) -> ContainerSpec:
    """Return the host's kubelet.

    Args:
        cluster: The cluster.
        host: The host.
        cgroup_version: 1 or 2; with 2 it has to see the host's cgroups, not a namespace of its own.
        prefix: Where the host keeps the cluster's folders.
    """
    service, asked = cluster.services.kubelet, _asked_for(cluster, prefix)
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
            command=(
                *("-c", start_script(cluster, prefix), NAME),
                *arguments(flags, _node_ip(cluster, host), asked, service.flags),
            ),
            env=(*proxy_env(cluster.proxy), *service.extra_env),
            binds=service.extra_binds,
            pid_mode="host",
            cgroupns_mode="host" if cgroup_version == 2 else "",
            privileged=True,
            grace=30,
            check=HttpCheck(port=HEALTH_PORT, path="/healthz"),
            start_timeout=300,  # a host with many images and pods keeps its first look at them waiting
            reads=(CONFIG_PATH, REGISTRIES, *((CREDENTIAL_PROVIDERS,) if credential_providers(cluster) else ())),
        )
    )


def _node_ip(cluster: Cluster, host: Host) -> dict[str, str]:
    """Return the node's address where it has two, or where nodes are to be known by IPv6.

    With one IPv4 address only, the machine may stand behind a translated one, which the kubelet would refuse as not its
    own. IPv6 is not translated, and a kubelet left to itself takes what the host's name stands for, be it IPv4.
    """
    internal = host.internal_address
    known = is_address(internal)
    if cluster.services.service_cluster_ip_range[0].version == 6:
        return {"node-ip": internal if known and ":" in internal else "::"}
    return {"node-ip": internal} if known and internal != host.address else {}


def calls_providers(spec: ContainerSpec) -> bool:
    """Tell whether a kubelet, as wanted or found, runs programs that log in to registries."""
    return flag_value(spec.command, _PROVIDERS_FLAG) is not None


def provider_folder(cluster: Cluster) -> str:
    """Return the host's folder with the programs that log in to registries; empty where the kubelet needs none."""
    own = cluster.services.kubelet.flags.get(_PROVIDERS_FLAG, (_PROVIDER_FOLDER,))[-1]
    return own if credential_providers(cluster) else ""


def _asked_for(cluster: Cluster, prefix: PurePosixPath) -> dict[str, str]:
    """Return the flags of what cluster.yml may switch on."""
    flags = {"cloud-provider": EXTERNAL} if cluster.cloud.name else {}
    if credential_providers(cluster):
        flags[_PROVIDERS_FLAG] = _PROVIDER_FOLDER
        flags["image-credential-provider-config"] = on_host(CREDENTIAL_PROVIDERS, prefix)
    return flags
