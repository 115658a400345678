"""calico and canal: Calico's network policy, on Calico's own pod network or on flannel's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from rke_py.cluster.model import Cluster, Family
from rke_py.render.calico_kinds import definitions
from rke_py.render.flannel import network_configuration
from rke_py.render.manifests import KubernetesObject, render_objects
from rke_py.render.versions import minor_of
from rke_py.render.workloads import budgets, linux_and, strategy, system_tolerations

ENCAPSULATIONS = {
    "ipip": ("Always", "Never"),
    "ipip-cross-subnet": ("CrossSubnet", "Never"),
    "vxlan": ("Never", "Always"),
    "vxlan-cross-subnet": ("Never", "CrossSubnet"),
    "none": ("Never", "Never"),
}
"""``calico_encapsulation`` → modes of IP-in-IP and of VXLAN; with the latter no routes are exchanged by BGP."""

_FLEX_VOLUMES = "/usr/libexec/kubernetes/kubelet-plugins/volume/exec/nodeagent~uds"
_CRITICAL_ON_NODE, _CRITICAL_IN_CLUSTER = "system-node-critical", "system-cluster-critical"
_NODE = "/bin/calico-node"
_LIVENESS_SINCE = (3, 19)
"""Before this check-status knows readiness alone, and anything else is a failure."""

_TOOLS_PLUGINS = "bandwidth,bridge,host-local,loopback,portmap"


def calico(cluster: Cluster) -> tuple[KubernetesObject, ...]:
    """Return the objects of Calico with its own pod network."""
    network, images = cluster.network, cluster.images
    options, version = network.options, minor_of(images.calico_node)
    of_rke = cluster.family is Family.RKE  # which has no such option: its pool of addresses is IP-in-IP
    ipip, vxlan = ENCAPSULATIONS["ipip" if of_rke else options.get("calico_encapsulation") or "ipip"]
    bgp = vxlan == "Never"
    versions = {subnet.version for subnet in cluster.services.cluster_cidr}
    mtu = network.mtu or (1440 if of_rke else 0)
    ipam = {"type": "calico-ipam"}
    if versions != {4}:
        ipam |= {"assign_ipv4": str(4 in versions).lower(), "assign_ipv6": str(6 in versions).lower()}
    environment = {
        "CALICO_NETWORKING_BACKEND": "bird" if bgp else "vxlan",
        "CLUSTER_TYPE": "k8s,bgp" if bgp else "k8s",
        "CALICO_IPV4POOL_IPIP": ipip,
        "CALICO_IPV4POOL_VXLAN": vxlan,
        "CALICO_IPV6POOL_VXLAN": vxlan,
        **_addresses(cluster),
    }
    shared = _shared(cluster, "calico-node", version, mtu, ipam, environment)
    probes = ("bird",) if bgp else ()
    return render_objects(
        "addons/calico.yaml.j2",
        {
            **shared,
            "role": "calico-node",
            "binding": "calico-node",
            "config": "calico-config",
            "backend": environment["CALICO_NETWORKING_BACKEND"],
            "cni_file": "10-calico.conflist",
            "node_image": images.calico_node,
            "cni_image": images.calico_cni,
            "controllers_image": images.calico_controllers,
            "controllers_tolerations": network.tolerations or _movable(system_tolerations(cluster)),
            "flexvol_image": images.calico_flex_vol if version < (3, 24) else "",
            "flexvol_folder": options.get("calico_flex_volume_plugin_dir") or _FLEX_VOLUMES,
            "live": [_NODE, "-felix-live", *(f"-{probe}-live" for probe in probes)],
            "ready": [_NODE, "-felix-ready", *(f"-{probe}-ready" for probe in probes)],
            "priority_class": options.get("calico_node_priority_class_name") or _CRITICAL_ON_NODE,
        },
    )


def canal(cluster: Cluster) -> tuple[KubernetesObject, ...]:
    """Return the objects of Calico's policy on flannel's pod network.

    In RKE's own releases the back-end's port and VNI stay flannel's own, whatever cluster.yml says, and the interface
    is that of the default route: nobody wrote them there, and hosts have to agree on them.
    """
    network, images = cluster.network, cluster.images
    options, version = network.options, minor_of(images.canal_node)
    backend = options.get("canal_flannel_backend_type") or "vxlan"
    environment = {"CALICO_NETWORKING_BACKEND": "none", "CLUSTER_TYPE": "k8s,canal", "USE_POD_CIDR": "true", "IP": ""}
    of_rke = cluster.family is Family.RKE
    mtu = network.mtu or (1450 if of_rke or backend == "vxlan" else 0)
    shared = _shared(cluster, "canal", version, mtu, {"type": "host-local", "subnet": "usePodCidr"}, environment)
    net_conf = network_configuration(
        cluster,
        backend=backend,
        port="" if of_rke else options.get("canal_flannel_backend_port") or "8472",
        vni="" if of_rke else options.get("canal_flannel_backend_vni") or "1",
    )
    interface = options.get("canal_iface") or ("" if of_rke else "$(HOST_IP)")
    return render_objects(
        "addons/canal.yaml.j2",
        {
            **shared,
            "role": "calico",
            "binding": "canal-calico",
            "config": "canal-config",
            "cni_file": "10-canal.conflist",
            "net_conf": net_conf,
            "interface": interface,
            "digest": _digest(str(shared["digest"]), net_conf, interface),
            "node_image": images.canal_node,
            "cni_image": images.canal_cni,
            "controllers_image": images.canal_controllers or images.calico_controllers,
            "flannel_image": images.canal_flannel,
            "flexvol_image": images.canal_flex_vol if version < (3, 24) else "",
            "flexvol_folder": options.get("canal_flex_volume_plugin_dir") or _FLEX_VOLUMES,
            "live": [_NODE, "-felix-live"],
            "ready": [_NODE, "-felix-ready"],
            "priority_class": options.get("canal_priority_class_name") or _CRITICAL_ON_NODE,
        },
    )


def _shared(
    cluster: Cluster,
    account: str,
    version: tuple[int, int],
    mtu: int,
    ipam: Mapping[str, str],
    environment: Mapping[str, str],
) -> dict[str, object]:
    """Return what both templates need."""
    network, kinds = cluster.network, definitions(version)
    plugin_account = version >= (3, 26)
    token_account = "calico-cni-plugin" if plugin_account else account
    dual = {subnet.version for subnet in cluster.services.cluster_cidr} != {4}
    cni_config = _cni_configuration(mtu, ipam)
    everything = {
        "DATASTORE_TYPE": "kubernetes",
        "WAIT_FOR_DATASTORE": "true",
        "CALICO_DISABLE_FILE_LOGGING": "true",
        "CALICO_CNI_SERVICE_ACCOUNT": token_account,
        "FELIX_DEFAULTENDPOINTTOHOSTACTION": "ACCEPT",
        "FELIX_HEALTHENABLED": "true",
        "FELIX_IPTABLESBACKEND": "auto",
        "FELIX_IPV6SUPPORT": str(dual).lower(),
        "FELIX_LOGSEVERITYSCREEN": "Warning",
        **environment,
    }
    return {
        "account": account,
        "definitions": kinds,
        "resources": [kind.names["plural"] for kind in kinds if kind.group == "crd.projectcalico.org"],
        "plugin_account": plugin_account,
        "token_account": token_account,
        "other_plugins": _TOOLS_PLUGINS if cluster.family is Family.UPSTREAM else "",
        "mount_bpf": version >= (3, 24),
        "cni_config": cni_config,
        "mtu": str(mtu),
        "environment": everything,
        "digest": _digest(cni_config, json.dumps(everything), str(mtu)),
        "node_selector": linux_and(network.node_selector),
        "strategy": strategy(network.update_strategy, maxUnavailable=1),
        "budgets": budgets(cluster),
        "controllers": "node",
        "controllers_live": "-l" if version >= _LIVENESS_SINCE else "-r",
        "controllers_tolerations": network.tolerations or system_tolerations(cluster),
        "controllers_priority_class": (
            network.options.get("calico_kube_controllers_priority_class_name") or _CRITICAL_IN_CLUSTER
        ),
    }


def _addresses(cluster: Cluster) -> Mapping[str, str]:
    """Return where Calico finds a node's addresses, and the pools out of which it gives pods theirs."""
    pools = {subnet.version: str(subnet) for subnet in cluster.services.cluster_cidr}
    method = cluster.network.options.get("calico_ip_autodetection_method") or (
        "kubernetes-internal-ip" if cluster.family is Family.UPSTREAM else ""
    )
    found: dict[str, str] = {"IP": "autodetect" if 4 in pools else "none"}
    if 4 in pools:
        found["CALICO_IPV4POOL_CIDR"] = pools[4]
        found |= {"IP_AUTODETECTION_METHOD": method} if method else {}
    if 6 in pools:
        found |= {"IP6": "autodetect", "CALICO_IPV6POOL_CIDR": pools[6], "CALICO_IPV6POOL_NAT_OUTGOING": "true"}
        found |= {"IP6_AUTODETECTION_METHOD": method} if method else {}
    if 4 not in pools:
        found["CALICO_ROUTER_ID"] = "hash"
    return found


def _cni_configuration(mtu: int, ipam: Mapping[str, str]) -> str:
    """Return the file that the runtime reads; the words in underscores are filled in on each host."""
    calico = {
        "type": "calico",
        "log_level": "info",
        "log_file_path": "/var/log/calico/cni/cni.log",
        "datastore_type": "kubernetes",
        "nodename": "__KUBERNETES_NODE_NAME__",
        "mtu": mtu,
        "ipam": dict(ipam),
        "policy": {"type": "k8s"},
        "kubernetes": {"kubeconfig": "__KUBECONFIG_FILEPATH__"},
    }
    plugins = [
        calico,
        {"type": "portmap", "snat": True, "capabilities": {"portMappings": True}},
        {"type": "bandwidth", "capabilities": {"bandwidth": True}},
    ]
    return json.dumps({"name": "k8s-pod-network", "cniVersion": "0.3.1", "plugins": plugins}, indent=2) + "\n"


def _movable(tolerations: tuple[Mapping[str, object], ...]) -> tuple[Mapping[str, object], ...]:
    """Return tolerations without what keeps a pod on a node that is gone."""
    return tuple(toleration for toleration in tolerations if toleration.get("effect") != "NoExecute")


def _digest(*texts: str) -> str:
    return sha256("\n".join(texts).encode()).hexdigest()[:16]
