"""A small Kubernetes API in memory: objects by path, resource versions, server-side apply, dry run, discovery."""

from __future__ import annotations

import copy
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from rke_py.kube.client import Api
from rke_py.kube.failover import Endpoint

from .server import Pki, Server, serving

DATE = "Sat, 21 Nov 2026 06:00:00 GMT"
SERVED: Mapping[str, tuple[tuple[str, str, bool], ...]] = {
    "v1": (
        ("configmaps", "ConfigMap", True),
        ("namespaces", "Namespace", False),
        ("nodes", "Node", False),
        ("pods", "Pod", True),
        ("pods/log", "Pod", True),
        ("secrets", "Secret", True),
    ),
    "apps/v1": (
        ("deployments", "Deployment", True),
        ("daemonsets", "DaemonSet", True),
        ("replicasets", "ReplicaSet", True),
    ),
    "coordination.k8s.io/v1": (("leases", "Lease", True),),
    "apiextensions.k8s.io/v1": (("customresourcedefinitions", "CustomResourceDefinition", False),),
}
_ITEM = re.compile(r"^(?P<collection>/(?:api|apis/[^/]+)/[^/]+(?:/namespaces/[^/]+)?/[a-z]+)/(?P<name>[^/]+)$")


class Fault(Exception):
    def __init__(self, status: int, reason: str, message: str, causes: tuple[dict[str, str], ...] = ()) -> None:
        self.status = status
        self.body = {"kind": "Status", "message": message, "reason": reason, "details": {"causes": list(causes)}}


class FakeApi:
    """The API server's memory; ``log`` has every request that was not a read.

    Attributes:
        served: Plural, kind and whether it is namespaced, of every kind by API version.
        before: Called with (method, path) before each request; may raise Fault or change the objects.
    """

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.log: list[tuple[str, str]] = []
        self.asked: list[tuple[str, str]] = []
        self.bodies: list[Mapping[str, Any]] = []
        self.before: Callable[[str, str], None] = lambda method, path: None
        self.served = dict(SERVED)
        self.texts: dict[str, tuple[int, str]] = {"/readyz": (200, "ok")}
        self._version = 0
        self._lock = threading.RLock()

    def put(self, path: str, item: Mapping[str, Any]) -> dict[str, Any]:
        """Store an object as the server would, with a new resource version."""
        with self._lock:
            self._version += 1
            stored = copy.deepcopy(dict(item))
            metadata = stored.setdefault("metadata", {})
            metadata.setdefault("name", path.rsplit("/", 1)[1])
            if match := re.search(r"/namespaces/([^/]+)/", path):
                metadata.setdefault("namespace", match[1])
            metadata["resourceVersion"] = str(self._version)
            self.objects[path] = stored
            return stored

    def answer(self, method: str, url: str, body: Any, content_type: str) -> tuple[int, Any]:
        path, query = urlsplit(url).path, dict(parse_qsl(urlsplit(url).query))
        with self._lock:
            self.asked.append((method, url))
            if isinstance(body, Mapping):
                self.bodies.append(body)
            try:
                self.before(method, path)
                if method == "GET":
                    return self._read(path, query)
                if "dryRun" not in query:
                    self.log.append((method, path))
                return self._write(method, path, query, body, content_type)
            except Fault as fault:
                return fault.status, fault.body

    def _read(self, path: str, query: Mapping[str, str]) -> tuple[int, Any]:
        if path in self.texts:
            return self.texts[path]
        if path == "/version":
            return 200, {"gitVersion": "v1.34.4"}
        if path == "/apis":
            groups = [version.split("/") for version in self.served if "/" in version]
            return 200, {
                "groups": [
                    {"name": group, "preferredVersion": {"groupVersion": f"{group}/{version}"}}
                    for group, version in groups
                ]
            }
        version = path.removeprefix("/apis/").removeprefix("/api/")
        if version in self.served:
            known = {"verbs": ["get", "list", "update"]}
            resources = [{"name": n, "kind": k, "namespaced": space, **known} for n, k, space in self.served[version]]
            return 200, {"resources": resources}
        if path in self.objects:
            return 200, self.objects[path]
        if self._is_collection(path):
            return 200, self._page(path, query)
        if (group := path.removeprefix("/apis/")) in {name.split("/")[0] for name in self.served if "/" in name}:
            versions = [{"groupVersion": name} for name in self.served if name.startswith(f"{group}/")]
            return 200, {"name": group, "versions": versions, "preferredVersion": versions[0]}
        raise Fault(404, "NotFound", f"{path} not found")

    def _page(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Return a page of a list; ``continue`` is the number of its first item."""
        items = [{k: v for k, v in item.items() if k != "kind"} for item in self._selected(path, query)]
        first, limit = int(query.get("continue", 0)), int(query.get("limit", 0)) or len(items)
        version, plural = (
            re.sub("^/(api|apis)/", "", path).split("/namespaces/")[0].rsplit("/", 1)[0],
            path.rsplit("/", 1)[1],
        )
        kinds = {name: kind for name, kind, _ in self.served.get(version, ())}
        more = {"continue": str(first + limit)} if first + limit < len(items) else {}
        page = {"apiVersion": version, "kind": f"{kinds.get(plural, 'Event')}List", "metadata": more}
        return page | {"items": items[first : first + limit]}

    def _selected(self, path: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        prefix, plural = path.rsplit("/", 1)
        key, _, value = query.get("labelSelector", "").partition("=")
        field, _, wanted = query.get("fieldSelector", "").partition("=")
        for place, item in self.objects.items():
            labels = item["metadata"].get("labels", {})
            if not re.fullmatch(rf"{re.escape(prefix)}(/namespaces/[^/]+)?/{plural}/[^/]+", place):
                continue
            if field and _at(item, field) not in (wanted, None):
                continue
            if not key or (key in labels and value in ("", labels[key])):
                yield item

    def _write(self, method: str, path: str, query: Mapping[str, str], body: Any, content_type: str) -> tuple[int, Any]:
        if method == "POST":
            path = f"{path}/{body['metadata']['name']}"
            if path in self.objects:
                raise Fault(409, "AlreadyExists", "already exists")
            return 201, self.put(path, body)
        path = path.removesuffix("/status")
        found = self.objects.get(path)
        if method == "DELETE":
            if found is None:
                raise Fault(404, "NotFound", f"{path} not found")
            return 200, self.objects.pop(path)
        if found is None and "apply" not in content_type:
            raise Fault(404, "NotFound", f"{path} not found")
        if found is not None and "strategic" in content_type:
            body = with_all_conditions(found, body)
        version = body.get("metadata", {}).get("resourceVersion")
        if found is not None and version is not None and version != found["metadata"]["resourceVersion"]:
            raise Fault(409, "Conflict", "the object has been modified")
        wanted = body if method == "PUT" else merged(found or {}, body)
        if "apply" in content_type:
            fields = [{"manager": query.get("fieldManager", ""), "operation": "Apply"}]
            wanted = {**wanted, "metadata": {**wanted["metadata"], "managedFields": fields}}
        if found is not None and wanted == found:
            return 200, found
        return 200, (wanted if "dryRun" in query else self.put(path, wanted))

    def _is_collection(self, path: str) -> bool:
        plurals = {name for resources in self.served.values() for name, _, _ in resources} | {"events"}
        return path.rsplit("/", 1)[1] in plurals


def _at(item: Mapping[str, Any], field: str) -> Any:
    """Return a field of an object by its path (``spec.nodeName``), None where it has none."""
    for key in field.split("."):
        item = item.get(key, {})
    return item or None


def with_all_conditions(found: Mapping[str, Any], change: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a strategic merge patch as one of RFC 7386: conditions of a status are told apart by their type."""
    asked = change.get("status", {}).get("conditions")
    if asked is None:
        return change
    named = {one["type"]: one for one in (*found.get("status", {}).get("conditions", ()), *asked)}
    return {**change, "status": {**change["status"], "conditions": list(named.values())}}


def merged(found: Any, change: Any) -> Any:
    """Merge as RFC 7386 has it."""
    if not isinstance(change, Mapping):
        return change
    result = dict(found) if isinstance(found, Mapping) else {}
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def handler(fake: FakeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args) -> None:
            pass

        def date_time_string(self, timestamp=None) -> str:
            return DATE

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            status, answer = fake.answer(self.command, self.path, body, self.headers.get("Content-Type", ""))
            content = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain" if isinstance(answer, str) else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self.handle_any()

        def do_POST(self) -> None:
            self.handle_any()

        def do_PUT(self) -> None:
            self.handle_any()

        def do_PATCH(self) -> None:
            self.handle_any()

        def do_DELETE(self) -> None:
            self.handle_any()

    return Handler


PKI = Pki()


@contextmanager
def running(fake: FakeApi, folder: Path) -> Iterator[Server]:
    """Serve the memory over TLS that asks for a client certificate."""
    with serving(handler(fake), PKI.server(folder)) as server:
        yield server


@contextmanager
def connected(*servers: Server) -> Iterator[Api]:
    """An Api over these servers, as if each were the API server of a host."""
    endpoints = [Endpoint(name=f"node-{number}", dial=server.dial) for number, server in enumerate(servers, 1)]
    with Api(endpoints, PKI.tls(), timeout=30) as api:
        yield api
