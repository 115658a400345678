"""The add-ons that are wanted, as frozen values: pod network, DNS, metrics, ingress.

Every one has ``node_selector``, ``tolerations`` (in Kubernetes' own spelling, without empty fields) and
``update_strategy`` (as written: ``strategy`` and ``rollingUpdate``, either of which may be missing).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

DNS_CACHE = "node-local-dns"
"""What the add-on is called that puts a DNS cache on nodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where an add-on's pods may run, and how they are replaced."""

    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, object], ...] = ()
    update_strategy: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network(Placed):
    """The pod network: a plugin of the catalog, or ``none``.

    Attributes:
        options: Of the plugin, those of its provider block included.
        mtu: 0 leaves it to the plugin.
        br_netfilter: Whether hosts load the module that lets kube-proxy see what goes between pods of one host.
    """

    plugin: str
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    mtu: int = 0
    br_netfilter: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoscaling:
    """``dns.linear_autoscaler_params``: replicas for so many cores and nodes; ``maximum`` 0 means no limit."""

    cores_per_replica: int = 128
    nodes_per_replica: int = 4
    minimum: int = 1
    maximum: int = 0
    prevent_single_point_failure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLocal(Placed):
    """A DNS cache on every node; pods ask it at ``ip_address`` instead of the cluster's DNS Service."""

    ip_address: str
    priority_class_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dns(Placed):
    """Cluster DNS.

    Attributes:
        replicas: What ``autoscaling`` asks for with the nodes of cluster.yml; an autoscaler in the cluster, where the
            release has an image of it, counts them itself.
    """

    provider: str
    upstreamnameservers: tuple[str, ...] = ()
    reversecidrs: tuple[str, ...] = ()
    stubdomains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    replicas: int = 1
    autoscaling: Autoscaling = Autoscaling()
    nodelocal: NodeLocal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring(Placed):
    """Resource metrics for ``kubectl top`` and autoscalers; ``options`` are flags of metrics-server."""

    provider: str
    options: Mapping[str, str] = field(default_factory=dict)
    replicas: int = 1
    priority_class_name: str = ""


class NetworkMode(StrEnum):
    """How an ingress controller is reached from outside, spelled as in cluster.yml."""

    HOST_PORT = "hostPort"
    HOST_NETWORK = "hostNetwork"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingress(Placed):
    """The ingress controller.

    Attributes:
        provider: ``nginx``, ``traefik`` or ``none``.
        http_port, https_port: The nodes' ports in mode hostPort.
        options: The controller's own settings: entries of nginx's ConfigMap, static options of Traefik.
        extra_args: Further flags by their bare name; an empty value makes a flag without one.
        extra_envs, extra_volumes, extra_volume_mounts: Objects of a pod's specification, as written.
        controller_priority_class, backend_priority_class: Empty for none.
    """

    provider: str
    network_mode: NetworkMode = NetworkMode.HOST_PORT
    http_port: int = 80
    https_port: int = 443
    default_backend: bool = False
    default_ingress_class: bool = True
    dns_policy: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    extra_args: Mapping[str, str] = field(default_factory=dict)
    extra_envs: tuple[Mapping[str, object], ...] = field(default=(), repr=False)
    extra_volumes: tuple[Mapping[str, object], ...] = ()
    extra_volume_mounts: tuple[Mapping[str, object], ...] = ()
    controller_priority_class: str = ""
    backend_priority_class: str = ""


NO_INGRESS = Ingress(provider="none")
