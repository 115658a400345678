"""State to and from the bytes of cluster.rkestate.

The file is RKE's (``desiredState`` and ``currentState``), which RKE can still read, with everything of our own under
one key ``rkePy``. RKE drops that key when it writes the file, so its absence tells that RKE wrote last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from pydantic import ValidationError

from rke_py.errors import StateError
from rke_py.pki.model import Bundle
from rke_py.state.certificates import bundle_document, read_bundle
from rke_py.state.documents import VERSION, OwnDocument, StateDocument, faults
from rke_py.state.encryption import encryption_document, read_encryption_change, read_retired
from rke_py.state.json_text import JsonObject, checksum, read_object, write_object
from rke_py.state.lineage import lineage_of
from rke_py.state.model import EtcdRecord, HostRecord, Machine, State
from rke_py.state.nodes import remembered_nodes
from rke_py.state.restore import read_restore, restore_document
from rke_py.state.rotation import read_rotation, rotation_document
from rke_py.state.surplus import surplus, with_surplus, without_lost

_OWN = "rkePy"
_CHECKSUM = "checksum"

WAYS_OUT = (
    "Nothing was changed, and no new cluster is made in its place. Ways out: put back the newest generation beside it "
    "(its name with .1 is the file before the last run); make it again from what the cluster has: rke-py state "
    "recover; or put back your own backup."
)


def encode(state: State) -> bytes:
    """Return the file's bytes; they are a function of the state, so equal bytes mean that nothing changed."""
    understood = _document(state)
    extra = without_lost(state.unknown, understood)
    return write_object(_sealed(with_surplus(understood, extra)))


def decode(data: bytes) -> State:
    """Read a file that rke-py wrote last.

    Raises:
        StateError: When it is damaged, cut off, edited, written by RKE, or by a later release of rke-py.
    """
    document = _read(data)
    own = document.get(_OWN)
    if own is None and "desiredState" not in document:
        raise StateError("the state file is damaged: it holds no state", hint=WAYS_OUT)
    if own is None:
        raise StateError(
            "the state file was last written by RKE, not by rke-py",
            hint="When RKE has changed the cluster since, move the generations beside it (its name with .1 and on) to "
            "another folder: its file is then taken over anew. When it has not, put back the newest of them.",
        )
    if isinstance(own, dict) and isinstance(own.get("version"), int) and own["version"] > VERSION:
        raise StateError("the state file was written by a later release of rke-py", hint="Use that release.")
    _check_seal(document)
    return _state(document, _validated(document))


def written_by_rke(data: bytes) -> bool:
    """Tell whether RKE wrote a file last; one that cannot be read was written by nobody."""
    try:
        document = read_object(data)
    except ValueError:
        return False
    return _OWN not in document and {"desiredState", "currentState"} <= document.keys()


def adopt(data: bytes) -> State:
    """Read a file that RKE wrote, as the beginning of a state of our own.

    Its hosts are taken to carry the cluster, so that nobody makes another one on them. The cluster's lineage follows
    from its CA: whoever adopts it gets the same.

    Raises:
        StateError: When it is damaged, not RKE's, holds no CA, or RKE was stopped while it changed the encryption of
            Secrets.
    """
    document = _read(data)
    if _OWN in document:
        raise StateError("the state file was written by rke-py; there is nothing to adopt")
    read = _validated(document)
    desired, current = read.desiredState.encryptionConfig, read.currentState.encryptionConfig
    if desired and current and desired != current:
        raise StateError(
            "RKE was stopped while it changed how Secrets are encrypted",
            hint="Finish that with RKE first: rke encrypt rotate-key.",
        )
    authority = read.desiredState.certificatesBundle.get("kube-ca")
    if authority is None:
        raise StateError("the state file holds no certificate authority", hint=WAYS_OUT)
    lineage = lineage_of(authority.certificatePEM)
    nodes = (*remembered_nodes(read.desiredState.rkeConfig), *remembered_nodes(read.currentState.rkeConfig))
    state = State(lineage=lineage, etcd=EtcdRecord(bootstrapped=True)).with_hosts(node.entry for node in nodes)
    own = _own(state)
    return _state(document, read.model_copy(update={_OWN: OwnDocument.model_validate(own)}))


def _state(document: JsonObject, read: StateDocument) -> State:
    own = read.rkePy
    if own is None:
        raise StateError("rkePy is missing", hint=WAYS_OUT)
    desired, current = read.desiredState, read.currentState
    state = State(
        lineage=own.lineage,
        serial=own.serial,
        bundle=read_bundle(desired.certificatesBundle),
        desired=desired.rkeConfig,
        configuration=current.rkeConfig,
        applied=read_bundle(current.certificatesBundle),
        encryption=current.encryptionConfig or desired.encryptionConfig,
        encryption_change=read_encryption_change(own.encryption.change),
        retired_keys=read_retired(own.encryption),
        etcd=EtcdRecord(
            token=own.etcd.token,
            bootstrapped=own.etcd.bootstrapped,
            first=own.etcd.first,
            cluster_id=own.etcd.clusterId,
            restores=own.etcd.restores,
        ),
        hosts={
            name: HostRecord(
                address=host.address,
                roles=frozenset(host.roles),
                node=host.node,
                forgotten=host.forgotten,
                addons=frozenset(host.addons),
            )
            for name, host in own.hosts.items()
        },
        machines={
            name: Machine(systemd_cgroup=machine.systemdCgroup, resolv_conf=machine.resolvConf)
            for name, machine in own.machines.items()
        },
        taken_over=_moment(own.takenOver),
        supplied=frozenset(own.supplied),
        edited=frozenset(own.edited),
        rotation=read_rotation(own.rotation) if own.rotation else None,
        restore=read_restore(own.restore) if own.restore else None,
    )
    return replace(state, unknown=surplus(document, _sealed(_document(state))))


def _document(state: State) -> JsonObject:
    current = bool(state.configuration or state.applied)
    return {
        "desiredState": _half(state.desired, state.bundle, state.encryption),
        "currentState": _half(state.configuration, state.applied, state.encryption if current else ""),
        _OWN: _own(state),
    }


def _half(configuration: Mapping[str, object], bundle: Bundle, encryption: str) -> JsonObject:
    """Return one half; what is empty is left out, as Go does."""
    half: JsonObject = {
        "rkeConfig": configuration,
        "certificatesBundle": bundle_document(bundle),
        "encryptionConfig": encryption,
    }
    return {key: value for key, value in half.items() if value}


def _own(state: State) -> JsonObject:
    encryption = encryption_document(state.encryption_change, state.retired_keys)
    return {
        "version": VERSION,
        "lineage": state.lineage,
        "serial": state.serial,
        "etcd": {
            "token": state.etcd.token,
            "bootstrapped": state.etcd.bootstrapped,
            "first": state.etcd.first,
            "clusterId": state.etcd.cluster_id,
            **({"restores": state.etcd.restores} if state.etcd.restores else {}),
        },
        "hosts": {name: _host(record) for name, record in sorted(state.hosts.items())},
        "machines": {
            name: {"systemdCgroup": machine.systemd_cgroup, "resolvConf": machine.resolv_conf}
            for name, machine in sorted(state.machines.items())
        },
        **({"takenOver": state.taken_over.isoformat()} if state.taken_over else {}),
        "supplied": sorted(state.supplied),
        **({"edited": sorted(state.edited)} if state.edited else {}),
        **({"rotation": rotation_document(state.rotation)} if state.rotation else {}),
        **({"restore": restore_document(state.restore)} if state.restore else {}),
        **({"encryption": encryption} if encryption else {}),
    }


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise StateError("the state file is damaged: rkePy.takenOver is no time", hint=WAYS_OUT) from None


def _host(record: HostRecord) -> JsonObject:
    forgotten = {"forgotten": True} if record.forgotten else {}
    addons = {"addons": sorted(record.addons)} if record.addons else {}
    return {"address": record.address, "roles": sorted(record.roles), "node": record.node, **forgotten, **addons}


def _sealed(document: JsonObject) -> JsonObject:
    """Return the document with the checksum of all the rest in our own part."""
    own = document[_OWN]
    if not isinstance(own, dict):
        raise TypeError("our own part is an object")
    return {**document, _OWN: {**own, _CHECKSUM: checksum(document)}}


def _read(data: bytes) -> JsonObject:
    try:
        return read_object(data)
    except ValueError as error:
        raise StateError(f"the state file is damaged: {error}", hint=WAYS_OUT) from None


def _check_seal(document: JsonObject) -> None:
    own = document[_OWN]
    if not isinstance(own, dict) or not isinstance(own.get(_CHECKSUM), str):
        raise StateError("the state file is damaged: rkePy.checksum is missing", hint=WAYS_OUT)
    bare = {**document, _OWN: {key: value for key, value in own.items() if key != _CHECKSUM}}
    if checksum(bare) != own[_CHECKSUM]:
        raise StateError("the state file is damaged: its content does not fit its checksum", hint=WAYS_OUT)


def _validated(document: JsonObject) -> StateDocument:
    try:
        return StateDocument.model_validate(document)
    except ValidationError as error:
        raise StateError(f"the state file is damaged: {faults(error)}", hint=WAYS_OUT) from None
