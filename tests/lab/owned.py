"""Everything that rke-py made, with what would tell that it was touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .cluster import Cluster
from .kubectl import Kubectl, Object
from .lab import ALL, Lab
from .operator import Operator

_MANAGER = "rke-py"
_ITS_OWN = {("Lease", _MANAGER)}
"""The lock of a run, which every run writes."""

_NOT_KEPT = ("events", "metrics.k8s.io", "componentstatuses")
"""Resources that are no objects of anybody's."""

_CONTAINERS = "{{.Name}} {{.Id}} started {{.State.StartedAt}} {{.HostConfig.RestartPolicy.Name}}"
_FILES = "find /etc/kubernetes /opt/cni /etc/cni -type f -printf '%p %T@ %C@\\n'"


def everything(cluster: Cluster) -> Mapping[str, str]:
    """Return the marks of containers and files on hosts, of objects in the cluster and of the operator's own files."""
    on_hosts = dict(containers(cluster.lab)) | dict(_files(cluster.lab))
    return on_hosts | dict(in_cluster(cluster.kubectl)) | dict(_beside_cluster_yml(cluster.operator))


def containers(lab: Lab) -> Mapping[str, str]:
    """Return id and start of each container: ``n1/kubelet``."""
    found = {}
    for host in ALL:
        names = lab.docker(host, "ps", "-aq").split()
        for line in lab.docker(host, "inspect", "--format", _CONTAINERS, *names).splitlines():
            name, _, mark = line.partition(" ")
            found[host + name] = mark
    return found


def touched(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """Return what came, went or was started anew."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def _files(lab: Lab) -> Iterator[tuple[str, str]]:
    for host in ALL:
        for line in lab.shell(host, _FILES).splitlines():
            name, _, mark = line.partition(" ")
            yield host + name, mark


def in_cluster(kubectl: Kubectl) -> Iterator[tuple[str, str]]:
    """Yield each object that rke-py has written a field of, with what tells whether it did so again."""
    kinds = [kind for kind in kubectl("api-resources", "--verbs=list", "-o", "name").split() if not _fleeting(kind)]
    for found in kubectl.items("--all-namespaces", "--show-managed-fields", ",".join(kinds)):
        meta = found["metadata"]
        times = [entry["time"] for entry in meta.get("managedFields", ()) if entry["manager"].startswith(_MANAGER)]
        if times and (found["kind"], meta["name"]) not in _ITS_OWN:
            yield _title(found), _mark(found, max(times))


def _mark(found: Object, written: str) -> str:
    """Return the object's version; where controllers write a status at any time, our last write and what is asked."""
    meta = found["metadata"]
    return f"{written} generation {meta.get('generation')}" if "status" in found else meta["resourceVersion"]


def _fleeting(kind: str) -> bool:
    return any(word in kind for word in _NOT_KEPT)


def _title(found: Object) -> str:
    meta = found["metadata"]
    return f"{found['kind']} {meta.get('namespace', '')}/{meta['name']}"


def _beside_cluster_yml(operator: Operator) -> Iterator[tuple[str, str]]:
    for path in operator.folder.glob("*"):
        if path.is_file() and path.suffix != ".log":
            seen = path.stat()
            yield path.name, f"{seen.st_mtime_ns} {seen.st_ino} {seen.st_size}"
