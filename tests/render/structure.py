"""What every rendered object has to be, beyond being accepted one by one: names that meet, ports that do not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lightkube import codecs

Object = Mapping[str, Any]

CLUSTER_WIDE = frozenset(
    {
        *("APIService", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "IngressClass", "Namespace"),
        *("PriorityClass", "ValidatingWebhookConfiguration"),
    }
)
BUILT_IN_ROLES = frozenset(
    {"system:node", "system:auth-delegator", "system:kubelet-api-admin", "extension-apiserver-authentication-reader"}
)
BUILT_IN_NAMESPACES = frozenset({"kube-system"})
_DNS_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_RBAC_NAME = re.compile(r"[A-Za-z0-9:._-]+")
_PORT_NAME = re.compile(r"[a-z0-9-]{1,15}")


def faults(objects: Iterable[Object]) -> list[str]:
    """Return everything that is wrong with the objects of one cluster."""
    everything = tuple(objects)
    return [*_identities(everything), *(fault for item in everything for fault in _of(item, everything))]


def _identities(objects: Sequence[Object]) -> Iterator[str]:
    named = Counter(_title(item) for item in objects)
    yield from (f"{title}: rendered {count} times" for title, count in named.items() if count > 1)


def _of(item: Object, objects: Sequence[Object]) -> Iterator[str]:
    yield from (f"{_title(item)}: {fault}" for fault in (*_metadata(item, objects), *_unknown_fields(item)))
    look = _BY_KIND.get(item["kind"])
    if look:
        yield from (f"{_title(item)}: {fault}" for fault in look(item, objects))


def _unknown_fields(item: Object) -> Iterator[str]:
    """Read the object as the API does and look at what it lost: fields that Kubernetes does not know."""
    if item["apiVersion"] != "policy/v1beta1":  # older than the models
        yield from _lost(item, codecs.from_dict(dict(item)).to_dict(), "")


def _lost(given: object, kept: object, path: str) -> Iterator[str]:
    if isinstance(given, Mapping) and isinstance(kept, Mapping):
        for key, value in given.items():
            yield from _lost(value, kept.get(key), f"{path}.{key}" if path else key)
    elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        for index, (value, other) in enumerate(zip(given, kept, strict=True)):
            yield from _lost(value, other, f"{path}[{index}]")
    elif given != kept:
        yield f"{path} is not known to Kubernetes"


def _metadata(item: Object, objects: Sequence[Object]) -> Iterator[str]:
    metadata = item["metadata"]
    if not item.get("apiVersion"):
        yield "no apiVersion"
    rbac = item["kind"].endswith(("Role", "RoleBinding"))
    if not (_RBAC_NAME if rbac else _DNS_NAME).fullmatch(metadata["name"]):
        yield "its name is not one"
    if ("namespace" in metadata) is (item["kind"] in CLUSTER_WIDE):
        yield "a namespace where there is none, or none where there is one"
    namespaces = BUILT_IN_NAMESPACES | {found["metadata"]["name"] for found in objects if found["kind"] == "Namespace"}
    if metadata.get("namespace", "kube-system") not in namespaces:
        yield f"there is no namespace {metadata['namespace']}"
    for key in ("labels", "annotations"):
        yield from _texts(metadata.get(key, {}), key)


def _texts(values: Mapping[str, object], what: str) -> Iterator[str]:
    yield from (f"{what}.{key} is not a text" for key, value in values.items() if not isinstance(value, str))


def _workload(item: Object, objects: Sequence[Object]) -> Iterator[str]:
    spec, template = item["spec"], item["spec"]["template"]
    labels, pod = template["metadata"]["labels"], template["spec"]
    if not spec["selector"]["matchLabels"].items() <= labels.items():
        yield "its selector does not match its pods"
    yield from _texts(labels, "labels")
    yield from _texts(template["metadata"].get("annotations", {}), "annotations")
    yield from _texts(pod["nodeSelector"], "nodeSelector")
    yield from _strategy(spec.get("updateStrategy") or spec.get("strategy") or {})
    account = pod.get("serviceAccountName")
    if account and not _find(objects, "ServiceAccount", item["metadata"]["namespace"], account):
        yield f"there is no ServiceAccount {account}"
    yield from _containers(item, pod, objects)
    yield from _volumes(item, pod, objects)


def _strategy(strategy: Mapping[str, Any]) -> Iterator[str]:
    parameters = strategy.get("rollingUpdate")
    if parameters and all(parameters.get(key) in (0, "0%", None) for key in ("maxUnavailable", "maxSurge")):
        yield "its update strategy never replaces a pod"
    if parameters and strategy["type"] != "RollingUpdate":
        yield "parameters of a rolling update with another strategy"


def _containers(item: Object, pod: Mapping[str, Any], objects: Sequence[Object]) -> Iterator[str]:
    containers = _all_containers(pod)
    yield from _doubled("container", (container["name"] for container in containers))
    ports = [port for container in pod["containers"] for port in container.get("ports", ())]
    yield from _doubled("port", (port["name"] for port in ports))
    yield from _doubled("port", ((port["containerPort"], port["protocol"]) for port in ports))
    yield from _doubled("host port", ((port["hostPort"], port["protocol"]) for port in ports if "hostPort" in port))
    for port in ports:
        if not _PORT_NAME.fullmatch(port["name"]):
            yield f"port {port['name']}: not a name"
        if pod.get("hostNetwork") and port.get("hostPort", port["containerPort"]) != port["containerPort"]:
            yield f"port {port['name']}: in the host's network it cannot be another one outside"
    for container in containers:
        yield from (f"{container['name']}: {fault}" for fault in _container(item, container, objects))


def _container(item: Object, container: Mapping[str, Any], objects: Sequence[Object]) -> Iterator[str]:
    if not container["image"]:
        yield "no image"
    yield from (f"argument {word!r} is not a text" for word in _words(container) if not isinstance(word, str))
    entries = container.get("env", ())
    yield from _doubled("variable", (entry["name"] for entry in entries))
    for entry in entries:
        if not isinstance(entry.get("value", ""), str):
            yield f"variable {entry['name']} is not a text"
        for kind, key in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
            reference = entry.get("valueFrom", {}).get(key)
            if reference:
                found = _find(objects, kind, item["metadata"]["namespace"], reference["name"])
                if found is None or reference["key"] not in found.get("data", {}):
                    yield f"variable {entry['name']}: there is no {kind} {reference['name']} with {reference['key']}"
    yield from _doubled("mount", (mount["mountPath"] for mount in container.get("volumeMounts", ())))
    names = {port["name"] for port in container.get("ports", ())}
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        port = container.get(probe, {}).get("httpGet", {}).get("port")
        if isinstance(port, str) and port not in names:
            yield f"{probe}: there is no port {port}"


def _words(container: Mapping[str, Any]) -> Iterator[object]:
    for key in ("command", "args"):
        yield from container.get(key, ())


def _volumes(item: Object, pod: Mapping[str, Any], objects: Sequence[Object]) -> Iterator[str]:
    volumes = pod.get("volumes", ())
    yield from _doubled("volume", (volume["name"] for volume in volumes))
    there = {volume["name"] for volume in volumes}
    used = {mount["name"] for container in _all_containers(pod) for mount in container.get("volumeMounts", ())}
    yield from (f"there is no volume {name}" for name in sorted(used - there))
    yield from (f"volume {name} is not used" for name in sorted(there - used))
    for volume in volumes:
        for kind, key, field in (("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName")):
            source = volume.get(key, {"optional": True})
            if not source.get("optional") and not _find(objects, kind, item["metadata"]["namespace"], source[field]):
                yield f"volume {volume['name']}: there is no {kind} {source[field]}"


def _service(item: Object, objects: Sequence[Object]) -> Iterator[str]:
    yield from _doubled("port", (port["name"] for port in item["spec"]["ports"]))
    yield from _doubled("port", ((port["port"], port["protocol"]) for port in item["spec"]["ports"]))
    pods = tuple(_selected(item["spec"]["selector"], item["metadata"]["namespace"], objects))
    if not pods:
        yield "nothing answers its selector"
    named = {port["name"] for pod in pods for one in pod["containers"] for port in one.get("ports", ())}
    for port in item["spec"]["ports"]:
        if isinstance(port["targetPort"], str) and port["targetPort"] not in named:
            yield f"its pods have no port {port['targetPort']}"


def _budget(item: Object, objects: Sequence[Object]) -> Iterator[str]:
    if not any(_selected(item["spec"]["selector"]["matchLabels"], item["metadata"]["namespace"], objects)):
        yield "nothing answers its selector"


def _binding(item: Object, objects: Sequence[Object]) -> Iterator[str]:
    role = item["roleRef"]
    namespace = item["metadata"].get("namespace", "") if role["kind"] == "Role" else ""
    if role["name"] not in BUILT_IN_ROLES and not _find(objects, role["kind"], namespace, role["name"]):
        yield f"there is no {role['kind']} {role['name']}"
    for subject in item["subjects"]:
        if subject["kind"] == "ServiceAccount" and not _find(
            objects, "ServiceAccount", subject["namespace"], subject["name"]
        ):
            yield f"there is no ServiceAccount {subject['name']}"


def _config_map(item: Object, _objects: Sequence[Object]) -> Iterator[str]:
    yield from _texts(item.get("data", {}), "data")


def _definition(item: Object, _objects: Sequence[Object]) -> Iterator[str]:
    spec = item["spec"]
    if item["metadata"]["name"] != f"{spec['names']['plural']}.{spec['group']}":
        yield "its name does not follow from its group and plural"
    if spec["names"]["plural"] != spec["names"]["plural"].lower():
        yield "its plural is not in lower case"


def _serving(item: Object, objects: Sequence[Object]) -> Iterator[str]:
    """Look at whatever names a Service that the API server calls."""
    services = [item["spec"]["service"]] if item["kind"] == "APIService" else []
    services += [webhook["clientConfig"]["service"] for webhook in item.get("webhooks", ())]
    for service in services:
        if not _find(objects, "Service", service["namespace"], service["name"]):
            yield f"there is no Service {service['name']}"


def _ingress(item: Object, objects: Sequence[Object]) -> Iterator[str]:
    name = item["spec"]["defaultBackend"]["service"]["name"]
    if not _find(objects, "Service", item["metadata"]["namespace"], name):
        yield f"there is no Service {name}"
    if not _find(objects, "IngressClass", "", item["spec"]["ingressClassName"]):
        yield "there is no such IngressClass"


_BY_KIND = {
    "APIService": _serving,
    "ClusterRoleBinding": _binding,
    "ConfigMap": _config_map,
    "CustomResourceDefinition": _definition,
    "DaemonSet": _workload,
    "Deployment": _workload,
    "Ingress": _ingress,
    "PodDisruptionBudget": _budget,
    "RoleBinding": _binding,
    "Secret": _config_map,
    "Service": _service,
    "ValidatingWebhookConfiguration": _serving,
}


def _all_containers(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*pod.get("initContainers", ()), *pod["containers"]]


def _doubled(what: str, values: Iterable[object]) -> Iterator[str]:
    yield from (f"{what} {value} is there twice" for value, count in Counter(values).items() if count > 1)


def _find(objects: Sequence[Object], kind: str, namespace: str, name: str) -> Object | None:
    wanted = (kind, namespace, name)
    return next((item for item in objects if wanted == _key(item)), None)


def _selected(selector: Mapping[str, str], namespace: str, objects: Sequence[Object]) -> Iterator[Mapping[str, Any]]:
    for item in objects:
        template = item.get("spec", {}).get("template")
        here = template and item["metadata"]["namespace"] == namespace
        if here and selector.items() <= template["metadata"]["labels"].items():
            yield template["spec"]


def _key(item: Object) -> tuple[str, str, str]:
    return item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]


def _title(item: Object) -> str:
    return "/".join(filter(None, _key(item)))
