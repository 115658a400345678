"""Whether a snapshot can be restored, found before anything is touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rke_py.catalog.order import minor_of
from rke_py.cluster.model import Cluster, Host, Role
from rke_py.config.versions import numbers_of_image
from rke_py.errors import HostError, Problem
from rke_py.plan.checks.etcd import folder_problems
from rke_py.plan.checks.words import amount, listed
from rke_py.plan.encryption import known_names, known_prefixes
from rke_py.plan.observed import Observed
from rke_py.plan.restore.model import FoundData, Snapshot
from rke_py.state.model import State
from rke_py.state.restore import Restore, put_back

_SPARE = 192 << 20
"""Bytes beside the database: a write-ahead log is made 64 MiB at a time, and etcd makes the next one in advance."""

_GONE = "Bring it back; or take it out of cluster.yml, when it is gone for good, and"
_OTHERS_LEFT = "restore onto the others."


def reach_faults(cluster: Cluster, observed: Observed, under_way: Restore | None) -> Iterator[Problem]:
    """Name hosts with etcd or the control plane that do not answer: all of them take part, or none.

    Data that an earlier run prepared are those of members of then: with fewer hosts the old ones come back first.
    """
    bring_back = f"{_GONE} put the old data back: {put_back(under_way)}" if under_way else f"{_GONE} {_OTHERS_LEFT}"
    for host in cluster.hosts:
        fault = observed.hosts[host.name].fault
        if fault is not None and not host.only_worker:
            yield Problem(where=host.name, what=f"it does not answer: {fault.what}", hint=bring_back)
        elif fault is not None:
            hint = "Its kubelet takes up the restored data by itself once it is back."
            yield Problem(where=host.name, what=f"it does not answer: {fault.what}", hint=hint, warning=True)


def missing_faults(name: str, found: Mapping[str, FoundData | HostError]) -> Iterator[Problem]:
    """Say why there is no snapshot of that name to restore."""
    for host, data in found.items():
        if isinstance(data, FoundData) and data.fault:
            yield Problem(where=host, what=f"its snapshot {name} cannot be used: {data.fault}")
        elif isinstance(data, FoundData) and data.sha256:
            yield Problem(where=host, what=f"its snapshot {name} has no manifest, so nobody ever verified it")
    yield Problem(where="", what=f"no member has a snapshot {name} that can be restored", hint=_OTHERS)


_OTHERS = "Look what there is with: rke-py etcd snapshot list; or give the path of a file."


def restore_problems(
    cluster: Cluster, state: State, snapshot: Snapshot, found: Mapping[str, FoundData], running: tuple[int, ...]
) -> Iterator[Problem]:
    """Name everything that speaks against restoring a snapshot, and what an operator should know.

    Args:
        cluster: The cluster.
        state: What is remembered of it.
        snapshot: The snapshot.
        found: What each member's host has.
        running: etcd's version that is going to run.
    """
    yield from folder_problems(cluster)
    yield from _lineage(state, snapshot)
    yield from _kubernetes(cluster, snapshot)
    yield from _etcd(snapshot, running)
    yield from _encryption(state, snapshot)
    for host in cluster.with_role(Role.ETCD):
        yield from _room(host, snapshot, found[host.name])


def _lineage(state: State, snapshot: Snapshot) -> Iterable[Problem]:
    theirs = snapshot.told("lineage")
    if not theirs:
        what = "nothing tells of which cluster the snapshot is, as no manifest lies beside it"
        yield Problem(where="", what=what, hint="Make sure that it is of this one.", warning=True)
    elif theirs != state.lineage:
        what = f"the snapshot is of another cluster (lineage {theirs}) than this one ({state.lineage})"
        yield Problem(where="", what=what, hint="Look which cluster.yml, with its state, belongs to it.")


def _kubernetes(cluster: Cluster, snapshot: Snapshot) -> Iterable[Problem]:
    """API servers read what their own minor release and the one before it wrote."""
    theirs, ours = minor_of(snapshot.told("kubernetes")), minor_of(cluster.version)
    if theirs is None or ours is None:
        return
    what = f"the snapshot is of Kubernetes {snapshot.told('kubernetes')}, and the cluster is {cluster.version}"
    if theirs > ours:
        yield Problem(where="", what=what, hint="Upgrade the cluster to that release first.")
    elif theirs[1] < ours[1] - 1:
        hint = "Between the two is more than one minor release: these API servers may not read what is in it."
        yield Problem(where="", what=what, hint=hint)


def _etcd(snapshot: Snapshot, running: tuple[int, ...]) -> Iterable[Problem]:
    theirs = minor_of(snapshot.told("etcd"))
    if theirs is not None and running and theirs > running[:2]:
        what = (
            f"the snapshot is of etcd {snapshot.told('etcd')}, and data do not go back to {'.'.join(map(str, running))}"
        )
        yield Problem(where="", what=what, hint="Let the members run that version first.")


def _encryption(state: State, snapshot: Snapshot) -> Iterable[Problem]:
    missing = sorted(_unknown(state, snapshot))
    if missing:
        what = f"its Secrets are encrypted with keys that the state does not have: {listed(missing)}"
        hint = (
            "The state that lies beside it, encrypted, has them and adds them to the one here, with RKE_PY_STATE_KEY: "
            f"rke-py state recover --from snapshot --snapshot {snapshot.name}. Or put back a state file of that time."
        )
        yield Problem(where="", what=what, hint=hint)


def _unknown(state: State, snapshot: Snapshot) -> Iterable[str]:
    """Return the keys that nobody remembers, by provider and name where the manifest tells both."""
    if snapshot.encrypted is None:
        return snapshot.names("encryption_keys") - known_names(state)
    needed = {each for begin in snapshot.encrypted.values() for each in begin}
    return {" ".join(each.split(":")[2:5:2]) for each in needed - known_prefixes(state)}


def _room(host: Host, snapshot: Snapshot, data: FoundData) -> Iterable[Problem]:
    """Compare the free bytes with the new data, and with the snapshot where it has to be brought."""
    if data.prepared or data.in_place:
        return
    brought = 0 if host.name in snapshot.holders else snapshot.size + _SPARE // 3
    needed = snapshot.size + _SPARE + (brought if data.one_disk else 0)
    rooms = [("/var/lib/etcd", data.room, needed)]
    if brought and not data.one_disk:
        rooms.append(("/opt/rke/etcd-snapshots", data.snapshot_room, brought))
    for folder, free, wanted in rooms:
        if free < wanted:
            what = f"{amount(free)} are free for {folder}, and the restore needs {amount(wanted)}"
            yield Problem(where=host.name, what=what, hint="Make room there.")


def running_version(cluster: Cluster, observed: Observed) -> tuple[int, ...]:
    """Return etcd's lowest version that is going to run: that of the containers there, else of the wanted image."""
    found = (observed.hosts[host.name].containers.get("etcd") for host in cluster.with_role(Role.ETCD))
    images = [container.spec.image for container in found if container is not None]
    versions = [version for image in images or [cluster.images.etcd] if (version := numbers_of_image(image))]
    return min(versions, default=())
