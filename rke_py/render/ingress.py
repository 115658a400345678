"""The ingress controllers: ingress-nginx, as RKE has it, and Traefik."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256

from rke_py.cluster.addon_model import Ingress, NetworkMode
from rke_py.cluster.model import Cluster
from rke_py.pki.model import Bundle
from rke_py.render.definitions import Definition
from rke_py.render.manifests import KubernetesObject, render_objects
from rke_py.render.versions import minor_of
from rke_py.render.workloads import ON_WORKERS, linux_and, on_workers, strategy, system_tolerations

WEBHOOK_CREDENTIAL = "kube-ingress-webhook"
"""Serving certificate of nginx's admission webhook, in the inventory while the provider is nginx."""

_TOLERATE_ALL = ({"operator": "Exists"},)

TRAEFIK_KINDS = tuple(
    Definition(group="traefik.io", version="v1alpha1", kind=kind, namespaced=True)
    for kind in (
        *("IngressRoute", "IngressRouteTCP", "IngressRouteUDP", "Middleware", "MiddlewareTCP", "ServersTransport"),
        *("ServersTransportTCP", "TLSOption", "TLSStore", "TraefikService"),
    )
)
"""What Traefik can be told beyond Ingresses."""

_TRAEFIK = {
    "global.checknewversion": "false",
    "global.sendanonymoususage": "false",
    "ping": "true",
    "entrypoints.traefik.address": ":10254",
    "entrypoints.websecure.http.tls": "true",
    "providers.kubernetescrd": "true",
    "providers.kubernetesingress": "true",
}


def ingress_nginx(
    cluster: Cluster, credentials: Bundle, webhook_of_rke: str | None = None
) -> tuple[KubernetesObject, ...]:
    """Return ingress-nginx's objects.

    Its webhook serves with one of the cluster's own certificates, or with the one that a job of RKE's made in the
    cluster. Where there is neither, there is no webhook.

    Args:
        cluster: The wanted cluster.
        credentials: ``kube-ca`` and the webhook's certificate, where the inventory has it.
        webhook_of_rke: The CA of the certificate that RKE's job made, in PEM, empty where its Secret does not tell;
            None where there is none.
    """
    ingress, version = cluster.ingress, minor_of(cluster.images.ingress)
    given = dict(ingress.extra_args)
    default_class = given.pop(_DEFAULT_CLASS, "") != "false" and ingress.default_ingress_class
    election, lock = _election(version, default=default_class)
    webhook = _webhook(credentials, version) if webhook_of_rke is None else _found_webhook(webhook_of_rke, version)
    flags = {
        "election-id": election,
        **({"controller-class": "k8s.io/ingress-nginx"} if version >= (1, 0) else {}),
        "configmap": "$(POD_NAMESPACE)/ingress-nginx-controller",
        "tcp-services-configmap": "$(POD_NAMESPACE)/tcp-services",
        "udp-services-configmap": "$(POD_NAMESPACE)/udp-services",
        **(_WEBHOOK_FLAGS if webhook else {}),
        **({"default-backend-service": _BACKEND} if ingress.default_backend else {}),
        **({"watch-ingress-without-class": "true"} if version >= (1, 1) else {}),
        **({"enable-metrics": "true"} if version >= (1, 12) else {}),  # its default before, and RKE's
        **given,
    }
    ports = _ports(ingress, int(flags.get("http-port") or 80), int(flags.get("https-port") or 443), "http", "https")
    if webhook:
        ports.append({"name": "webhook", "containerPort": 8443, "protocol": "TCP"})
    restricted = ingress.network_mode is not NetworkMode.NONE
    capabilities = {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}} if restricted else {}
    return render_objects(
        "addons/ingress-nginx.yaml.j2",
        {
            **_shared(cluster, "ingress-nginx"),
            "image": cluster.images.ingress,
            "tolerations": _TOLERATE_ALL,  # as in RKE, whatever cluster.yml says: its tolerations are the back-end's
            "arguments": ["/nginx-ingress-controller", *_flags(flags)],
            "default_class": default_class,
            "classes": version >= (1, 0),  # one before needs none, and a second default would forbid Ingresses
            "election": lock,
            "options": {**(_NO_SNIPPETS if version == (0, 49) else {}), **ingress.options},
            "webhook": webhook,
            "accounts": ("ingress-nginx", *((_OLD_ACCOUNT,) if cluster.minor < (1, 22) else ())),
            "annotations": {**(_SCRAPED if version < (0, 49) else {}), **_digest(webhook)},
            "ports": ports,
            "security": {"runAsUser": 101, "allowPrivilegeEscalation": True, **capabilities},
        },
    )


def traefik(cluster: Cluster) -> tuple[KubernetesObject, ...]:
    """Return Traefik's objects; ``ingress.options`` and ``extra_args`` are its static configuration by dotted name."""
    ingress = cluster.ingress
    on_host = ingress.network_mode is NetworkMode.HOST_NETWORK
    http, https = (80, 443) if on_host else (8000, 8443)
    entry_points = {"entrypoints.web.address": f":{http}", "entrypoints.websecure.address": f":{https}"}
    ports = _ports(ingress, http, https, "web", "websecure")
    ports.append({"name": "ping", "containerPort": 10254, "protocol": "TCP"})
    # In the host's network the ports are below 1024, which takes root without any other right of root's.
    user = {"runAsUser": 0} if on_host else {"runAsUser": 65532, "runAsGroup": 65532, "runAsNonRoot": True}
    capabilities = {"drop": ["ALL"], **({"add": ["NET_BIND_SERVICE"]} if on_host else {})}
    return render_objects(
        "addons/traefik.yaml.j2",
        {
            **_shared(cluster, "traefik"),
            "image": cluster.images.traefik,
            "tolerations": ingress.tolerations or _TOLERATE_ALL,
            "definitions": TRAEFIK_KINDS,
            "resources": [kind.names["plural"] for kind in TRAEFIK_KINDS],
            "arguments": _flags({**_TRAEFIK, **entry_points, **ingress.options, **ingress.extra_args}),
            "ports": ports,
            "security": {
                **user,
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": capabilities,
            },
        },
    )


_BACKEND = "$(POD_NAMESPACE)/default-http-backend"
_DEFAULT_CLASS = "default-ingress-class"
"""In RKE's templates for v1.20 and v1.21 it stands among the flags, and is none of nginx's."""

_NO_SNIPPETS = {"allow-snippet-annotations": "false"}
_SCRAPED = {"prometheus.io/port": "10254", "prometheus.io/scrape": "true"}
"""What RKE's templates for these versions have."""

_OLD_ACCOUNT = "nginx-ingress-serviceaccount"
"""With which pods of RKE's below v0.49 run until ours took the place of the last; v1.22 serves none below v1.0."""

_WEBHOOK_FLAGS = {
    "validating-webhook": ":8443",
    "validating-webhook-certificate": "/usr/local/certificates/cert",
    "validating-webhook-key": "/usr/local/certificates/key",
}


def _shared(cluster: Cluster, namespace: str) -> dict[str, object]:
    """Return what both templates need."""
    ingress = cluster.ingress
    on_host = ingress.network_mode is NetworkMode.HOST_NETWORK
    return {
        "namespace": namespace,
        "default_class": ingress.default_ingress_class,
        "default_backend": ingress.default_backend,
        "backend_image": cluster.images.ingress_backend,
        "backend_priority_class": ingress.backend_priority_class,
        "backend_tolerations": ingress.tolerations or system_tolerations(cluster),
        "priority_class": ingress.controller_priority_class,
        "node_selector": linux_and(ingress.node_selector),
        "workers_only": on_workers(cluster),
        "on_workers": ON_WORKERS,
        "strategy": strategy(ingress.update_strategy, maxUnavailable=1),
        "host_network": on_host,
        "dns_policy": ingress.dns_policy or ("ClusterFirstWithHostNet" if on_host else "ClusterFirst"),
        "extra_envs": _each_once(ingress.extra_envs),
        "named_by_user": {variable["name"] for variable in ingress.extra_envs},
        "extra_volumes": ingress.extra_volumes,
        "extra_volume_mounts": ingress.extra_volume_mounts,
    }


def _each_once(variables: tuple[Mapping[str, object], ...]) -> list[Mapping[str, object]]:
    """Return variables without those that a later one of the same name overrides.

    A pod may have a name twice, but the API server applies no list in which one is.
    """
    last = {variable["name"]: number for number, variable in enumerate(variables)}
    return [variable for number, variable in enumerate(variables) if last[variable["name"]] == number]


def _ports(ingress: Ingress, http: int, https: int, *names: str) -> list[dict[str, object]]:
    """Return the container's ports, with the node's where the mode says so."""
    ports: list[dict[str, object]] = []
    for name, port, outside in zip(names, (http, https), (ingress.http_port, ingress.https_port), strict=True):
        host = {"hostPort": outside} if ingress.network_mode is NetworkMode.HOST_PORT else {}
        if ingress.network_mode is NetworkMode.HOST_NETWORK:
            host = {"hostPort": port}  # the API server fills it in with the container's own
        ports.append({"name": name, "containerPort": port, "protocol": "TCP", **host})
    return ports


def _election(version: tuple[int, int], *, default: bool) -> tuple[str, str]:
    """Return by what name one of all controllers is chosen, and what the object is called that says which.

    One below v1.0 puts the class behind the name itself.
    """
    name, with_class = "ingress-controller-leader", "ingress-controller-leader-nginx"
    if version < (1, 0):
        return name, with_class
    return (with_class, with_class) if default else (name, name)


def _webhook(credentials: Bundle, version: tuple[int, int]) -> Mapping[str, object]:
    serving, ca = credentials.get(WEBHOOK_CREDENTIAL), credentials.get("kube-ca")
    if serving is None or ca is None:
        return {}
    key = serving.key.get_secret_value()
    return {
        **_found_webhook(ca.certificate, version),
        "certificate": _base64(serving.certificate),
        "key": _base64(key),
        "digest": sha256(serving.certificate.encode()).hexdigest()[:16],
    }


def _found_webhook(ca: str, version: tuple[int, int]) -> Mapping[str, object]:
    """Return a webhook whose Secret is in the cluster."""
    return {
        "ca": _base64(ca),
        "api_version": "v1" if version >= (1, 0) else "v1beta1",
        "reviews": ["v1"] if version >= (1, 0) else ["v1", "v1beta1"],
    }


def _digest(webhook: Mapping[str, object]) -> Mapping[str, object]:
    """Return what has pods made anew with another certificate, so that none goes on with the one before."""
    return {"rke-py.io/config": webhook["digest"]} if "digest" in webhook else {}


def _flags(flags: Mapping[str, str]) -> list[str]:
    return [f"--{name}={value}" if value else f"--{name}" for name, value in flags.items()]


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()
