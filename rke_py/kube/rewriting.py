"""Objects that API servers write anew, as they are, with the key that encrypts them now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from rke_py.errors import ApiError
from rke_py.kube.client import FIELD_MANAGER, Api
from rke_py.kube.threads import in_parallel

_PAGE = 250
_NOT_NEEDED = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT})
"""It is gone, or somebody wrote it since it was listed: with the new key, as every API server does."""


def rewrite(api: Api, resource: str) -> int:
    """Write every object of a resource back as it was read, page by page; return how many there are.

    An API server writes an unchanged object only when what etcd holds is not under its first key. There are none of a
    resource that it does not have: a name that is wrong, or a CustomResourceDefinition that is gone.

    Args:
        api: The cluster's API, every server of which writes with that key.
        resource: As an EncryptionConfiguration has it: ``secrets``, ``deployments.apps``.
    """
    plural, _, group = resource.partition(".")
    root = _root(api, plural, group)
    while root:
        try:
            return sum(_write(api, root, plural, page) for page in _pages(api, f"{root}/{plural}"))
        except ApiError as error:
            if error.status != HTTPStatus.GONE:
                raise
        # The list expired between two pages: it begins anew, and what was written is not written again.
    return 0


def _pages(api: Api, path: str) -> Iterator[Mapping[str, Any]]:
    params = {"limit": str(_PAGE)}
    while True:
        page = api.get(path, **params)
        yield page
        if not (more := page["metadata"].get("continue")):
            return
        params["continue"] = more


def _write(api: Api, root: str, plural: str, page: Mapping[str, Any]) -> int:
    kind = {"apiVersion": page["apiVersion"], "kind": page["kind"].removesuffix("List")}

    def write(item: Mapping[str, Any]) -> None:
        metadata = item["metadata"]
        space, name = metadata.get("namespace"), metadata["name"]
        path = f"{root}/namespaces/{space}/{plural}/{name}" if space else f"{root}/{plural}/{name}"
        what = f"write {kind['kind']} {f'{space}/' if space else ''}{name} anew"
        try:
            api.request("PUT", path, params={"fieldManager": FIELD_MANAGER}, body={**kind, **item}, what=what)
        except ApiError as error:
            if error.status not in _NOT_NEEDED:
                raise

    in_parallel(write, page["items"])
    return len(page["items"])


def _root(api: Api, plural: str, group: str) -> str:
    """Return the root of a version that has a resource, the preferred one if it does; empty where none has it."""
    return next((root for root in _versions(api, group) if plural in _listed(api, root)), "")


def _versions(api: Api, group: str) -> tuple[str, ...]:
    """Return the roots of a group's versions, the preferred one first; none where the group is not there."""
    if not group:
        return ("/api/v1",)
    found = _found(api, f"/apis/{group}")
    versions = (found["preferredVersion"], *found["versions"]) if found else ()
    return tuple(dict.fromkeys(f"/apis/{version['groupVersion']}" for version in versions))


def _listed(api: Api, root: str) -> frozenset[str]:
    """Return the resources of a version of which there are lists; others are not kept anywhere."""
    resources = _found(api, root).get("resources", ())
    return frozenset(resource["name"] for resource in resources if "list" in resource["verbs"])


def _found(api: Api, path: str) -> Mapping[str, Any]:
    """Return what the API answers at a path, nothing where there is nothing."""
    try:
        return api.get(path)
    except ApiError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return {}
