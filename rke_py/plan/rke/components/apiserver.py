"""The API server of a control-plane host."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.cluster.apiserver_model import POD_SECURITY_POLICY, ApiServer
from rke_py.cluster.model import Role
from rke_py.pki.names import bracketed, is_address
from rke_py.pki.paths import FOLDER, certificate_path, key_path
from rke_py.plan.containers import ContainerSpec, HttpCheck
from rke_py.plan.conventions import CLOUD_CONFIG
from rke_py.plan.external_etcd import EXTERNAL_CA, EXTERNAL_CLIENT, external_files
from rke_py.plan.rke.place import Place
from rke_py.plan.rke.shape import (
    CLOUD_CHECKSUM,
    SIDEKICK,
    binds,
    cloud_files,
    command_line,
    distinct,
    entrypoint,
    finished,
    kubernetes_bind,
    overlaid,
)
from rke_py.render.apiserver import admission_text, audit_text
from rke_py.render.rke import checksum

NAME = "kube-apiserver"
PORT = 6443
ADMISSION_FILE = "/etc/kubernetes/admission.yaml"
AUDIT_FILE = "/etc/kubernetes/audit-policy.yaml"
AUDIT_FOLDER = "/var/log/kube-audit"
ENCRYPTION_FILE = f"{FOLDER}/encryption.yaml"
WEBHOOK_FILE = "/etc/kubernetes/kube-api-authn-webhook.yaml"

LIST_OF_PLUGINS = "enable-admission-plugins"
_PLUGINS = (LIST_OF_PLUGINS, "admission-control")
"""The flag that lists admission plugins, by its names from the newest to the oldest."""


def kube_apiserver(place: Place) -> ContainerSpec:
    """Return the host's API server."""
    service, api = place.cluster.services.kube_api, place.cluster.api
    flags = overlaid(_built_in(place), place.settings.options["kubeapi"]) | _computed(place) | _audit(api)
    flags = {**_with_plugins(flags, api.plugins), **_policies(api), **service.extra_args}
    logs = (f"{place.on_host(AUDIT_FOLDER)}:{AUDIT_FOLDER}",) if api.audit and api.audit.enabled else ()
    return finished(
        place,
        ContainerSpec(
            name=NAME,
            image=place.cluster.images.kube_apiserver,
            entrypoint=(*entrypoint(place, NAME), *command_line(flags, service.extra_args_array)),
            env=distinct((*_checksums(place), *service.extra_env)),
            binds=binds(place, (kubernetes_bind(place), *logs), service.extra_binds),
            volumes_from=(SIDEKICK,),
            reads=_reads(place),
            check=HttpCheck(port=PORT, path="/healthz", address="localhost", ca="kube-ca", client=NAME),
        ),
    )


def _built_in(place: Place) -> dict[str, str]:
    settings, services = place.settings, place.cluster.services
    return (
        {
            "admission-control-config-file": ADMISSION_FILE,
            "client-ca-file": certificate_path("kube-ca"),
            "cloud-provider": place.cluster.cloud.flag,
            "kubelet-client-certificate": certificate_path(NAME),
            "kubelet-client-key": key_path(NAME),
            "proxy-client-cert-file": certificate_path("kube-apiserver-proxy-client"),
            "proxy-client-key-file": key_path("kube-apiserver-proxy-client"),
            "requestheader-allowed-names": "kube-apiserver-proxy-client",
            "requestheader-client-ca-file": certificate_path("kube-apiserver-requestheader-ca"),
            "service-account-key-file": key_path("kube-service-account-token"),
            "service-cluster-ip-range": settings.service_range,
            "service-node-port-range": services.service_node_port_range,
            "tls-cert-file": certificate_path(NAME),
            "tls-private-key-file": key_path(NAME),
        }
        | _etcd(place)
        | _asked_for(place)
    )


def _etcd(place: Place) -> dict[str, str]:
    """Return where etcd is and what to show there: the host's own member first, or the owner's etcd."""
    external = place.cluster.external_etcd
    if external is not None:
        ca, client, urls, path = EXTERNAL_CA, EXTERNAL_CLIENT, external.urls, external.path
    else:
        members = place.cluster.with_role(Role.ETCD)
        ordered = sorted(members, key=lambda member: member.internal_address != place.host.internal_address)
        urls = tuple(f"https://{bracketed(member.internal_address)}:2379" for member in ordered)
        ca, client, path = "kube-ca", "kube-node", "/registry"
    return {
        "etcd-cafile": certificate_path(ca),
        "etcd-certfile": certificate_path(client),
        "etcd-keyfile": key_path(client),
        "etcd-prefix": path,
        "etcd-servers": ",".join(urls),
    }


def _asked_for(place: Place) -> dict[str, str]:
    """Return the flags of what cluster.yml switches on."""
    settings, api = place.settings, place.cluster.api
    flags = {"cloud-config": CLOUD_CONFIG} if place.cluster.cloud.name else {}
    if api.webhook is not None:
        flags["authentication-token-webhook-config-file"] = WEBHOOK_FILE
        flags["authentication-token-webhook-cache-ttl"] = api.webhook.cache_timeout
    if api.encryption is not None:
        flags["encryption-provider-config"] = ENCRYPTION_FILE
    if settings.serving_certificates:
        flags["kubelet-certificate-authority"] = certificate_path("kube-ca")
    return flags


def _computed(place: Place) -> dict[str, str]:
    address = place.host.internal_address
    mode = {"authorization-mode": "Node,RBAC"} if place.cluster.api.rbac else {}
    return mode | ({"advertise-address": address} if is_address(address) else {})


def _audit(api: ApiServer) -> dict[str, str]:
    if api.audit is None:
        return {}
    return {
        "audit-log-format": api.audit.format,
        "audit-log-maxage": str(api.audit.max_age),
        "audit-log-maxbackup": str(api.audit.max_backup),
        "audit-log-maxsize": str(api.audit.max_size),
        "audit-log-path": api.audit.path,
        "audit-policy-file": AUDIT_FILE,
    }


def _with_plugins(flags: dict[str, str], plugins: tuple[str, ...]) -> dict[str, str]:
    """Return the flags with the plugins that cluster.yml switches on; a list in ``extra_args`` replaces them all."""
    name = next((name for name in _PLUGINS if name in flags), _PLUGINS[0])
    enabled = [plugin for plugin in flags.get(name, "").split(",") if plugin]
    missing = [plugin for plugin in plugins if plugin not in enabled]
    return flags | {name: ",".join((*enabled, *missing))} if missing else flags


def _policies(api: ApiServer) -> dict[str, str]:
    """Return what else RKE passes beside the plugin, in the place of its own ``runtime-config``."""
    served = POD_SECURITY_POLICY in api.plugins
    return {"runtime-config": "policy/v1beta1/podsecuritypolicy=true"} if served else {}


def _reads(place: Place) -> tuple[str, ...]:
    """Return the files beside certificates that it reads at its start."""
    api = place.cluster.api
    asked = {
        ADMISSION_FILE: admission_text(api) is not None,
        AUDIT_FILE: audit_text(api) is not None,
        ENCRYPTION_FILE: api.encryption is not None,
        WEBHOOK_FILE: api.webhook is not None,
    }
    return (*(path for path, there in asked.items() if there), *external_files(place.cluster), *cloud_files(place))


def _checksums(place: Place) -> Iterable[str]:
    """Yield what makes a change of a file restart the API server."""
    cloud, api = place.cluster.cloud, place.cluster.api
    if cloud.name:
        yield f"{CLOUD_CHECKSUM}={checksum(cloud.config.get_secret_value())}"
    admission, audit = admission_text(api), audit_text(api)
    if admission is not None:
        yield f"RKE_ADMISSION_CONFIG_CHECKSUM={checksum(admission)}"
    if audit is not None:
        yield f"RKE_AUDITLOG_CONFIG_CHECKSUM={checksum(audit)}"
