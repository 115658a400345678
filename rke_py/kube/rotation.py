"""What a rotation asks of the API: whether pods are given the new CA, who still runs with the old one, new tokens."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Set
from datetime import datetime
from typing import Any

from rke_py.errors import ApiError, ApiUnavailable
from rke_py.kube.apply.working import wait
from rke_py.kube.client import Api
from rke_py.kube.objects import Objects
from rke_py.kube.waiting import wait_until
from rke_py.pki.inspect import certificates_in
from rke_py.plan.steps import Workload

_CLIENT_CAS = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication"
_ROOT_CA = "kube-root-ca.crt"
_MERGE = "application/merge-patch+json"
_MARK = "rke-py.io/rotation"
_TOKENS = "type=kubernetes.io/service-account-token"
_TOKEN_SECONDS = 60.0
_OVER = frozenset({"Succeeded", "Failed"})


class _NotYet(ApiError):
    """Something was not done yet."""


def await_root_ca(api: Api, ca: str, timeout: float) -> None:
    """Wait until every namespace's pods are given these CA certificates; raises ApiError that names those that are not.

    kube-controller-manager writes them into a ConfigMap of each namespace, and into token Secrets. Others beside them
    do no harm: a rotation's last roll takes the old ones away.
    """
    wanted = certificates_in(ca)

    def given(text: str) -> bool:
        return wanted <= certificates_in(text)

    def attempt() -> None:
        namespaces = {item["metadata"]["name"] for item in _items(api, "/api/v1/namespaces") if _lives(item)}
        maps = _items(api, "/api/v1/configmaps", fieldSelector=f"metadata.name={_ROOT_CA}")
        new = {item["metadata"]["namespace"] for item in maps if given(item["data"].get("ca.crt", ""))}
        if namespaces - new:
            raise _NotYet(f"{_ROOT_CA} is not the new one in: {', '.join(sorted(namespaces - new))}")
        secrets = {_key(item) for item in _token_secrets(api) if not given(_decoded(item, "ca.crt"))}
        old = [f"{namespace}/{name}" for namespace, name in sorted(secrets) if namespace in namespaces]
        if old:
            raise _NotYet(f"these token Secrets have not the new CA: {', '.join(old)}")

    wait_until(attempt, timeout=timeout, retry=(_NotYet, ApiUnavailable))


def client_cas(api: Api) -> Mapping[str, str]:
    """Return the CA certificates by which API servers of extensions believe clients, by the flag they are of."""
    try:
        data: Mapping[str, str] = api.get(_CLIENT_CAS).get("data") or {}
    except ApiError as error:
        if error.status != 404:
            raise
        return {}  # the first API server has just started, and writes it soon
    return data


def set_client_cas(api: Api, bundles: Mapping[str, str]) -> None:
    """Have them believe clients of these CAs alone, by flag."""
    body = {"data": dict(bundles)}
    api.request("PATCH", _CLIENT_CAS, body=body, content_type=_MERGE, what="drop CAs that are not trusted any more")


def workloads_before(api: Api, moment: datetime) -> tuple[Workload, ...]:
    """Return whose pods, with a service account's credentials, were made before a moment of the API server's clock.

    Pods that end do not count: others were made in their place, or none are wanted.
    """
    owners = {_key(item): item for item in _items(api, "/apis/apps/v1/replicasets")}
    secrets = frozenset(map(_key, _token_secrets(api)))
    found = dict.fromkeys(
        _workload(pod, owners)
        for pod in _items(api, "/api/v1/pods")
        if _stays(pod) and _created(pod) < moment and _has_credentials(pod, secrets)
    )
    return tuple(sorted(found, key=str))


def restart(api: Api, workload: Workload, mark: str, timeout: float) -> None:
    """Have a workload's pods made anew in its own way, and wait until they work; once for each mark."""
    path = f"/apis/apps/v1/namespaces/{workload.namespace}/{workload.kind.lower()}s/{workload.name}"
    patch = {"spec": {"template": {"metadata": {"annotations": {_MARK: mark}}}}}
    params = {"fieldManager": "rke-py-rotation"}
    api.request("PATCH", path, params=params, body=patch, content_type=_MERGE, what=f"restart {workload}")
    manifest = {
        "apiVersion": "apps/v1",
        "kind": workload.kind,
        "metadata": {"namespace": workload.namespace, "name": workload.name},
    }
    wait(Objects(api), str(workload), (manifest,), timeout)


def renew_tokens(api: Api, key_id: str) -> tuple[str, ...]:
    """Have every token Secret filled anew whose token another key signed; return which, as ``namespace/name``.

    kube-controller-manager fills a Secret whose token is gone. The Secret stays, so pods that mount it follow.
    """
    old = [item for item in _token_secrets(api) if _key_id(item) != key_id]
    for item in old:
        metadata = item["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/secrets/{metadata['name']}"
        api.request("PATCH", path, body={"data": {"token": None}}, content_type=_MERGE, what="renew a token Secret")

    def attempt() -> None:
        left = [name for name, key in token_keys(api).items() if key != key_id]
        if left:
            raise _NotYet(f"these token Secrets have no new token: {', '.join(left)}")

    wait_until(attempt, timeout=_TOKEN_SECONDS, retry=(_NotYet, ApiUnavailable))
    return tuple("/".join(_key(item)) for item in old)


def token_keys(api: Api) -> dict[str, str]:
    """Return which key signed the token of each token Secret, by ``namespace/name``.

    Empty while it has none, for a token from before Kubernetes 1.16, which does not say, and for what is no token.
    """
    return {"/".join(_key(item)): _key_id(item) for item in _token_secrets(api)}


def _items(api: Api, path: str, **params: str) -> Iterator[dict[str, Any]]:
    return Objects(api).listed(path, **params)


def _token_secrets(api: Api) -> Iterator[dict[str, Any]]:
    return _items(api, "/api/v1/secrets", fieldSelector=_TOKENS)


def _lives(namespace: Mapping[str, Any]) -> bool:
    return bool(namespace.get("status", {}).get("phase") != "Terminating")


def _stays(pod: Mapping[str, Any]) -> bool:
    return "deletionTimestamp" not in pod["metadata"] and pod.get("status", {}).get("phase") not in _OVER


def _created(item: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(item["metadata"]["creationTimestamp"])


def _key(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]


def _has_credentials(pod: Mapping[str, Any], token_secrets: Set[tuple[str, str]]) -> bool:
    """Tell whether a pod is given a service account's token or the CA, in any of the ways there are.

    Up to Kubernetes 1.21 every pod mounts a token Secret; later those do whose owner made one.
    """
    volumes = pod["spec"].get("volumes", ())
    sources = [source for volume in volumes for source in (volume.get("projected") or {}).get("sources", ())]
    maps = [source.get("configMap", {}).get("name") for source in sources]
    maps += [(volume.get("configMap") or {}).get("name") for volume in volumes]
    secrets = [source.get("secret", {}).get("name") for source in sources]
    secrets += [(volume.get("secret") or {}).get("secretName") for volume in volumes]
    return (
        _ROOT_CA in maps
        or any("serviceAccountToken" in source for source in sources)
        or any((pod["metadata"]["namespace"], name) in token_secrets for name in secrets)
    )


def _workload(pod: Mapping[str, Any], owners: Mapping[tuple[str, str], Mapping[str, Any]]) -> Workload:
    """Return what makes a pod anew: its owner, a ReplicaSet's owner, or nobody but the pod itself."""
    namespace, metadata = pod["metadata"]["namespace"], pod["metadata"]
    owner = _controller(metadata)
    if owner and owner["kind"] == "ReplicaSet" and (above := owners.get((namespace, owner["name"]))):
        owner = _controller(above["metadata"]) or owner
    if owner is None:
        return Workload(namespace=namespace, kind="Pod", name=metadata["name"])
    return Workload(namespace=namespace, kind=owner["kind"], name=owner["name"])


def _controller(metadata: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return next((owner for owner in metadata.get("ownerReferences", ()) if owner.get("controller")), None)


def _key_id(secret: Mapping[str, Any]) -> str:
    """Return which key signed a token Secret's token; empty where it has none, or its owner wrote something else."""
    head = _decoded(secret, "token").partition(".")[0]
    try:
        told = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except ValueError:
        return ""
    return str(told.get("kid", "")) if isinstance(told, dict) else ""


def _decoded(secret: Mapping[str, Any], key: str) -> str:
    """Return a value of a Secret; empty while it has none."""
    return base64.b64decode((secret.get("data") or {}).get(key, "")).decode(errors="replace")
