"""Every choice of add-ons with every option, one at a time and all together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from itertools import product
from typing import Any

from rke_py.cluster.addon_model import (
    NO_INGRESS,
    Autoscaling,
    Dns,
    Ingress,
    Monitoring,
    Network,
    NetworkMode,
    NodeLocal,
)
from rke_py.cluster.model import Cluster, Role

TOLERATIONS = ({"key": "dedicated", "operator": "Equal", "value": "infra", "effect": "NoSchedule"},)
PLACED: dict[str, Any] = {"node_selector": {"pool": "infra"}, "tolerations": TOLERATIONS}
ROLLING = {"strategy": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "20%"}}
SURGING = {"strategy": "RollingUpdate", "rollingUpdate": {"maxSurge": 2}}
DUAL = (ip_network("10.42.0.0/16"), ip_network("fd00:42::/56"))

NETWORKS: dict[str, Network] = {
    "none": Network(plugin="none"),
    "flannel": Network(plugin="flannel"),
    "flannel-wireguard": Network(plugin="flannel", options={"flannel_backend_type": "wireguard"}),
    "flannel-all": Network(
        plugin="flannel",
        options={
            "flannel_backend_type": "vxlan",
            "flannel_backend_port": "4789",
            "flannel_backend_vni": "4096",
            "flannel_iface": "eth1",
            "kube_flannel_priority_class_name": "system-cluster-critical",
        },
        update_strategy=ROLLING,
        **PLACED,
    ),
    "canal": Network(plugin="canal"),
    "canal-host-gw": Network(plugin="canal", options={"canal_flannel_backend_type": "host-gw"}),
    "canal-all": Network(
        plugin="canal",
        mtu=8950,
        options={
            "canal_flannel_backend_port": "4789",
            "canal_flannel_backend_vni": "4096",
            "canal_iface": "eth1",
            "canal_flex_volume_plugin_dir": "/opt/flex",
            "canal_priority_class_name": "system-cluster-critical",
            "calico_kube_controllers_priority_class_name": "system-node-critical",
        },
        update_strategy={"strategy": "OnDelete"},
        **PLACED,
    ),
    "calico": Network(plugin="calico"),
    **{
        f"calico-{mode}": Network(plugin="calico", options={"calico_encapsulation": mode})
        for mode in ("ipip-cross-subnet", "vxlan", "vxlan-cross-subnet", "none")
    },
    "calico-all": Network(
        plugin="calico",
        mtu=8950,
        options={
            "calico_encapsulation": "ipip",
            "calico_ip_autodetection_method": "interface=eth1",
            "calico_cloud_provider": "none",
            "calico_flex_volume_plugin_dir": "/opt/flex",
            "calico_node_priority_class_name": "system-cluster-critical",
            "calico_kube_controllers_priority_class_name": "system-node-critical",
        },
        update_strategy=ROLLING,
        **PLACED,
    ),
    "weave": Network(plugin="weave"),
    "weave-all": Network(
        plugin="weave",
        mtu=8916,
        options={"WeavePassword": "o'\"{{ }}\n: secret", "weave_net_priority_class_name": "system-node-critical"},
        update_strategy=ROLLING,
        **PLACED,
    ),
}

_NODELOCAL = NodeLocal(ip_address="169.254.20.10")
_WHOLE_DNS: dict[str, Any] = {
    "upstreamnameservers": ("9.9.9.9", "[2620:fe::fe]:53"),
    "reversecidrs": ("10.0.0.0/8", "172.16.0.0/12", "fd00::/8"),
    "stubdomains": {"corp.example": ("10.1.1.1", "10.1.1.2:5353")},
    "replicas": 3,
    "autoscaling": Autoscaling(
        cores_per_replica=16, nodes_per_replica=2, minimum=2, maximum=9, prevent_single_point_failure=False
    ),
    "update_strategy": SURGING,
    **PLACED,
}
DNS: dict[str, Dns] = {
    "none": Dns(provider="none"),
    "coredns": Dns(provider="coredns"),
    "coredns-nodelocal": Dns(provider="coredns", nodelocal=_NODELOCAL),
    "coredns-all": Dns(
        provider="coredns",
        options={
            "coredns_priority_class_name": "system-node-critical",
            "coredns_autoscaler_priority_class_name": "system-node-critical",
        },
        nodelocal=NodeLocal(
            ip_address="169.254.20.10",
            node_selector={"pool": "infra"},
            update_strategy=ROLLING,
            priority_class_name="system-cluster-critical",
        ),
        **_WHOLE_DNS,
    ),
    "kube-dns": Dns(provider="kube-dns"),
    "kube-dns-all": Dns(
        provider="kube-dns",
        options={
            "kube_dns_priority_class_name": "system-node-critical",
            "kube_dns_autoscaler_priority_class_name": "system-node-critical",
        },
        nodelocal=_NODELOCAL,
        **_WHOLE_DNS,
    ),
}

MONITORING: dict[str, Monitoring] = {
    "none": Monitoring(provider="none"),
    "metrics": Monitoring(provider="metrics-server"),
    "metrics-all": Monitoring(
        provider="metrics-server",
        options={"metric-resolution": "30s", "v": "4"},
        replicas=2,
        priority_class_name="system-node-critical",
        update_strategy=SURGING,
        **PLACED,
    ),
}

_WHOLE_INGRESS: dict[str, Any] = {
    "default_backend": True,
    "default_ingress_class": False,
    "dns_policy": "Default",
    "extra_envs": (
        {"name": "TZ", "value": "UTC"},
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
    ),
    "extra_volumes": ({"name": "more", "emptyDir": {}},),
    "extra_volume_mounts": ({"name": "more", "mountPath": "/more"},),
    "controller_priority_class": "system-cluster-critical",
    "backend_priority_class": "system-cluster-critical",
    "update_strategy": ROLLING,
    **PLACED,
}
INGRESSES: dict[str, Ingress] = {
    "none": NO_INGRESS,
    **{
        f"{provider}-{mode}": Ingress(provider=provider, network_mode=mode)
        for provider, mode in product(("nginx", "traefik"), NetworkMode)
    },
    "nginx-all": Ingress(
        provider="nginx",
        http_port=8080,
        https_port=8443,
        options={"use-forwarded-headers": "true", "map-hash-bucket-size": "128"},
        extra_args={"http-port": "8080", "https-port": "8444", "enable-ssl-passthrough": ""},
        **_WHOLE_INGRESS,
    ),
    "traefik-all": Ingress(
        provider="traefik",
        http_port=8080,
        https_port=8444,
        options={"log.level": "DEBUG", "entrypoints.web.http.redirections.entrypoint.to": "websecure"},
        extra_args={"accesslog": "", "metrics.prometheus": "true"},
        **_WHOLE_INGRESS,
    ),
}


def combinations(cluster: Cluster) -> Iterator[tuple[str, Cluster]]:
    """Yield a name and a cluster for every value of each choice, the others being the cluster's own.

    The add-ons do not know of one another, so their choices need not be multiplied.
    """
    choices = {"network": NETWORKS, "dns": DNS, "monitoring": MONITORING, "ingress": INGRESSES}
    for field, values in choices.items():
        yield from ((f"{field} {name}", replace(cluster, **{field: value})) for name, value in values.items())
    whole = {field: list(values.values())[-1] for field, values in choices.items()}
    yield "everything", replace(cluster, **{**whole, "network": NETWORKS["canal-all"]})
    both = replace(cluster, services=replace(cluster.services, cluster_cidr=DUAL))
    six = replace(cluster, services=replace(cluster.services, cluster_cidr=DUAL[1:]))
    for name in ("flannel", "calico", "calico-vxlan"):
        yield f"both IP versions {name}", replace(both, network=NETWORKS[name])
        yield f"IPv6 {name}", replace(six, network=NETWORKS[name])
    alone = replace(cluster, hosts=cluster.with_role(Role.CONTROLPLANE))
    yield "without workers", replace(alone, ingress=INGRESSES["nginx-all"], dns=DNS["kube-dns-all"])
