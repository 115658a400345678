"""Kubernetes objects of any kind as the manifests that describe them: find their place in the API, read, write, delete.

Manifests are kept as mappings and not turned into lightkube's models: those drop every field they do not know, which
must not happen to what a user wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rke_py.errors import ApiError
from rke_py.kube.client import FIELD_MANAGER, Api
from rke_py.kube.threads import in_parallel

Manifest = Mapping[str, Any]

_APPLY = "application/apply-patch+yaml"
_MERGE_PATCH = "application/merge-patch+json"
_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind as the API server serves it; ``group`` is empty for the core group."""

    group: str
    version: str
    name: str
    plural: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        """As manifests have it: ``apps/v1``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def path(self) -> str:
        """Where the API serves objects of the kind, of all namespaces."""
        return f"{_root(self.api_version)}/{self.plural}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Ref:
    """Which object: its kind's group and name are what counts, not the version."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class NoSuchKind(ApiError):
    """The API server does not serve the kind, or not yet: its CustomResourceDefinition may be missing."""


class Objects:
    """Objects of any kind, through a cluster's API; safe to use from several threads.

    Two threads may ask for the same kinds at once; both get the same answer.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._served: dict[str, Mapping[str, Kind]] = {}
        self._groups: Mapping[str, str] = {}

    def learn(self, manifests: Sequence[Manifest]) -> None:
        """Ask for the kinds of all manifests at once, before they are needed one by one."""
        versions = {manifest["apiVersion"] for manifest in manifests} - self._served.keys()
        in_parallel(self._discover, sorted(versions))

    def kind_of(self, manifest: Manifest) -> Kind:
        """Return the kind of a manifest; raises NoSuchKind."""
        return self.kind(manifest["apiVersion"], manifest["kind"])

    def kind(self, api_version: str, name: str) -> Kind:
        """Return a kind; what the server serves is remembered, and asked for again when the kind is not there."""
        known = self._served.get(api_version, {})
        if name not in known:
            known = self._discover(api_version)
        if name not in known:
            raise NoSuchKind(
                f"the API server does not know {api_version} {name}",
                status=404,
                reason="NotFound",
                hint="Is the CustomResourceDefinition part of the manifests, and the apiVersion one that it serves?",
            )
        return known[name]

    def preferred(self, group: str, name: str) -> Kind:
        """Return a kind in the version of its group that the server prefers; raises NoSuchKind."""
        if not group:
            return self.kind("v1", name)
        if group not in self._groups:
            groups = self._api.get("/apis")["groups"]
            self._groups = {item["name"]: item["preferredVersion"]["groupVersion"] for item in groups}
        version = self._groups.get(group)
        if version is None:
            raise NoSuchKind(f"the API server does not know the group {group}", status=404, reason="NotFound")
        return self.kind(version, name)

    def ref(self, manifest: Manifest) -> Ref:
        """Return which object a manifest describes; without a namespace it is in ``default``; raises NoSuchKind."""
        kind, metadata = self.kind_of(manifest), manifest["metadata"]
        if not metadata.get("name"):
            raise ApiError(f"a {kind.name} has no metadata.name; what is applied again and again needs one")
        namespace = metadata.get("namespace") or "default" if kind.namespaced else ""
        return Ref(group=kind.group, kind=kind.name, namespace=namespace, name=metadata["name"])

    def read(self, manifest: Manifest) -> dict[str, Any] | None:
        """Return the live object that a manifest describes, None when there is none."""
        try:
            return self._api.get(self._path(manifest))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def apply(self, manifest: Manifest, *, dry_run: bool = False) -> dict[str, Any]:
        """Apply a manifest by server-side apply and return the object as it is then.

        Fields that somebody else manages are taken over: what cluster.yml asks for wins.

        Args:
            manifest: The object; its name has to be set.
            dry_run: Return what would be, and change nothing.
        """
        answer = self._api.request(
            "PATCH",
            self._path(manifest),
            params={"fieldManager": FIELD_MANAGER, "force": "true"} | ({"dryRun": "All"} if dry_run else {}),
            body=manifest,
            content_type=_APPLY,
            what=f"apply {self.ref(manifest)}",
        )
        applied: dict[str, Any] = answer.json()
        return applied

    def replace_managers(self, manifest: Manifest, managers: Sequence[Mapping[str, Any]], version: str) -> None:
        """Write down who manages which fields of a live object, unless somebody changed it meanwhile.

        Args:
            manifest: The object.
            managers: Its ``managedFields``.
            version: The ``resourceVersion`` that they were read with.
        """
        patch = {"metadata": {"managedFields": managers, "resourceVersion": version}}
        what = f"take over {self.ref(manifest)}"
        self._api.request("PATCH", self._path(manifest), body=patch, content_type=_MERGE_PATCH, what=what)

    def delete(self, manifest: Manifest, *, orphan: bool = False) -> None:
        """Delete an object; nothing happens when there is none.

        What it owns goes in the background, or stays and is nobody's with ``orphan``.
        """
        try:
            self._api.request(
                "DELETE",
                self._path(manifest),
                params={"propagationPolicy": "Orphan" if orphan else "Background"},
                what=f"delete {self.ref(manifest)}",
            )
        except ApiError as error:
            if error.status != 404:
                raise

    def labelled(self, kind: Kind, selector: str) -> Iterator[dict[str, Any]]:
        """Yield the objects of a kind in all namespaces that carry a label, page by page."""
        for item in self.listed(kind.path, labelSelector=selector):
            yield {"apiVersion": kind.api_version, "kind": kind.name} | item

    def listed(self, path: str, **params: str) -> Iterator[dict[str, Any]]:
        """Yield the objects of a list, page by page; they do not say their kind."""
        params["limit"] = str(_PAGE)
        while True:
            page = self._api.get(path, **params)
            yield from page["items"]
            if not (more := page["metadata"].get("continue")):
                return
            params["continue"] = more

    def log(self, namespace: str, pod: str, container: str, lines: int) -> tuple[str, ...]:
        """Return the last lines that a container wrote, before its last restart when it wrote none since."""
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
        for previous in ("false", "true"):
            params = {"container": container, "tailLines": str(lines), "previous": previous}
            try:
                written = self._api.request("GET", path, params=params).text.splitlines()
            except ApiError:  # nothing written yet, or its kubelet is away: there is no log to show
                continue
            if written:
                return tuple(written)
        return ()

    def _path(self, manifest: Manifest) -> str:
        kind, ref = self.kind_of(manifest), self.ref(manifest)
        place = f"namespaces/{ref.namespace}/{kind.plural}" if kind.namespaced else kind.plural
        return f"{_root(kind.api_version)}/{place}/{ref.name}"

    def _discover(self, api_version: str) -> Mapping[str, Kind]:
        """Ask which kinds an API version has, and remember them; none when the server does not serve it."""
        group, _, version = api_version.rpartition("/")
        try:
            resources = self._api.get(_root(api_version))["resources"]
        except ApiError as error:
            if error.status != 404:
                raise
            resources = ()
        kinds = {
            resource["kind"]: Kind(
                group=group,
                version=version,
                name=resource["kind"],
                plural=resource["name"],
                namespaced=resource["namespaced"],
            )
            for resource in resources
            if "/" not in resource["name"]  # a subresource
        }
        if kinds:
            self._served[api_version] = kinds
        return kinds


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
