"""What hosts are to carry, as JSON in the shape in which RKE itself prints it.

Flags are sorted, so that two such texts can be compared line by line. Secrets are not in it: ``sha256:`` and the first
digits of a value's digest stand for it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256

from rke_py.cluster.images_model import Registry
from rke_py.cluster.model import Cluster, Family
from rke_py.config.rke_json import Hiding, to_rke_json
from rke_py.config.schema import ClusterConfig
from rke_py.pki.names import bracketed
from rke_py.plan.containers import Check, ContainerSpec, HttpCheck
from rke_py.plan.offline import PlannedFile, PlannedHost
from rke_py.plan.registries import registry_of
from rke_py.plan.rke.components.kubelet import DOCKER_CONFIG
from rke_py.render.apiserver import admission_text, audit_text
from rke_py.render.rke import checksum, registry_auth

_SECRET_NAME = re.compile(r"PASS|SECRET|TOKEN|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY", re.IGNORECASE)
_LOGIN = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_DIGITS = 12
_UNKNOWN = "sha256:made-by-up"
"""Stands for what is random and made together with the cluster."""


def offline_json(cluster: Cluster, config: ClusterConfig, hosts: Iterable[PlannedHost]) -> dict[str, object]:
    """Return what cluster.yml asks for, the plan of every host, and the texts whose checksums are in environments.

    Args:
        cluster: The cluster as wanted.
        config: It as it is written, with every default beside it.
        hosts: What every host is to carry.
    """
    asked = to_rke_json(config, Hiding(secret=digest, variable=_variable))
    plan = {"nodes": [_node(cluster, host) for host in hosts]}
    whole = {"config": asked, "plan": plan}
    return whole | {"texts": _texts(cluster)} if cluster.family is Family.RKE else whole


def digest(value: str | bytes) -> str:
    """Return what stands for a secret."""
    content = value.encode() if isinstance(value, str) else value
    return f"sha256:{sha256(content).hexdigest()[:_DIGITS]}"


def _node(cluster: Cluster, planned: PlannedHost) -> dict[str, object]:
    address = planned.host.address
    node: dict[str, object] = {
        "address": address,
        "annotations": dict(planned.annotations),
        "files": [_file(file) for file in planned.files],
        "labels": dict(sorted(planned.labels.items())),
        "portChecks": [{"address": address, "port": port, "protocol": "TCP"} for port in planned.ports],
        "processes": {
            spec.name: _process(cluster, spec) for spec in sorted(planned.containers, key=lambda spec: spec.name)
        },
    }
    taints = [_kept({"effect": taint.effect, "key": taint.key, "value": taint.value}) for taint in planned.taints]
    return node | ({"taints": taints} if taints else {})


def _file(file: PlannedFile) -> dict[str, str]:
    if file.content is None:
        return {"contents": _UNKNOWN, "name": file.name}
    if not file.content:
        return {"name": file.name}
    shown = digest(file.content) if file.secret else b64encode(file.content).decode()
    return {"contents": shown, "name": file.name}


def _process(cluster: Cluster, spec: ContainerSpec) -> dict[str, object]:
    """Return a container as RKE prints it: what Docker calls entrypoint is its command, and the command its args."""
    return {"healthCheck": _health(cluster, spec.check)} | _kept(
        {
            "args": _sorted_flags(spec.command),
            "binds": list(spec.binds),
            "capAdd": list(spec.cap_add),
            "cgroupnsMode": spec.cgroupns_mode,
            "command": _sorted_flags(spec.entrypoint),
            "env": [_variable(variable) for variable in spec.env],
            "image": spec.image,
            "imageRegistryAuthConfig": _login(spec.image, cluster.registries),
            "labels": dict(spec.labels),
            "logOptions": dict(spec.log_options),
            "name": spec.name,
            "networkMode": spec.network_mode,
            "pidMode": spec.pid_mode,
            "privileged": spec.privileged,
            "restartPolicy": spec.restart,
            "securityOpt": list(spec.security_opt),
            "user": spec.user,
            "volumesFrom": list(spec.volumes_from),
        }
    )


def _kept(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value}


def _sorted_flags(elements: tuple[str, ...]) -> list[str]:
    first = next((at for at, element in enumerate(elements) if element.startswith("--")), len(elements))
    return [*elements[:first], *sorted(elements[first:])]


def _health(cluster: Cluster, check: Check) -> dict[str, str]:
    """Return where a container's health is asked for; RKE asks etcd without leaving any alarm out."""
    if not isinstance(check, HttpCheck):
        return {}
    scheme = "https" if check.ca or check.self_signed else "http"
    path = check.path if cluster.rke is None else check.path.partition("?")[0]
    return {"url": f"{scheme}://{bracketed(check.address)}:{check.port}{path}"}


def _variable(variable: str) -> str:
    name, sign, value = variable.partition("=")
    if value and (name == DOCKER_CONFIG or _SECRET_NAME.search(name)):
        return f"{name}{sign}{digest(value)}"
    return name + sign + _LOGIN.sub(lambda login: digest(login[0]), value)


def _login(image: str, registries: tuple[Registry, ...]) -> str:
    """Return what stands for the registry's login; nothing is secret of a registry that has none."""
    registry = registry_of(image, registries)
    if registry is None or (registry.ecr and not registry.user):
        return ""
    login = registry_auth(registry)
    return digest(login) if registry.user or registry.password.get_secret_value() else login


def _texts(cluster: Cluster) -> dict[str, str]:
    if cluster.rke is None:
        return {}
    admission, audit = admission_text(cluster.api), audit_text(cluster.api)
    cloud = cluster.cloud
    config = cloud.config.get_secret_value()
    texts = {"cloud": digest(config) if cloud.secret and config else config}
    for name, text in (("admission", admission), ("audit", audit)):
        if text is not None:
            texts |= {name: text, f"{name}_sum": checksum(text)}
    return dict(sorted(texts.items()))
