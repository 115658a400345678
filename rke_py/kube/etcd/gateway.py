"""One etcd member's JSON gateway (``/v3/...`` on its client port); ids are hexadecimal text as etcdctl shows them.

The gateway speaks the gRPC API as JSON: 64-bit numbers are decimal texts, bytes are base64, false and 0 are left out.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx2

from rke_py.errors import EtcdError, EtcdUnavailable
from rke_py.kube.etcd.metrics import disk_of
from rke_py.kube.etcd.snapshot import verified
from rke_py.kube.http import http_client
from rke_py.kube.model import CheckResult, MemberList, MemberStatus
from rke_py.kube.streams import Dial
from rke_py.kube.tls import Tls
from rke_py.plan.observed_etcd import EtcdDisk, EtcdMember

CLIENT_PORT = 2379
_DEFRAGMENT_SECONDS = 300.0

# gRPC status codes, https://grpc.io/docs/guides/status-codes/
_DEADLINE_EXCEEDED = 4
_UNAVAILABLE = 14
# Refused for now although the code says "failed precondition": api/v3rpc/rpctypes/error.go of etcd.
_NOT_YET = (
    "can only promote a learner member which is in sync with leader",
    "re-configuration failed due to not enough started members",
)


class Gateway:
    """A member of etcd, asked over a Dial.

    Every call raises EtcdError with etcd's own message, EtcdUnavailable when it is worth asking again.

    Args:
        dial: Streams from the member's host.
        tls: The etcd CA and a client certificate.
        name: What errors call the member: its host's name.
        address: Where it listens, as seen from its host.
        timeout: Seconds for each connect, read and write.
    """

    def __init__(
        self,
        dial: Dial,
        tls: Tls,
        *,
        name: str,
        address: str = "127.0.0.1",
        port: int = CLIENT_PORT,
        timeout: float = 10.0,
    ) -> None:
        self.name = name
        host = f"[{address}]" if ":" in address else address
        self._http = http_client(dial, tls=tls, timeout=timeout, base_url=f"https://{host}:{port}")

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def members(self, *, linearizable: bool = True) -> MemberList:
        """List the members; ``linearizable`` needs a quorum, otherwise the member tells what it knows."""
        answer = self._ask("cluster/member/list", {"linearizable": linearizable})
        return MemberList(
            cluster_id=_hex(answer["header"]["cluster_id"]),
            members=tuple(_member(member) for member in answer.get("members", ())),
        )

    def status(self) -> MemberStatus:
        """Ask the member about itself."""
        answer = self._ask("maintenance/status")
        header = answer["header"]
        return MemberStatus(
            cluster_id=_hex(header["cluster_id"]),
            member_id=_hex(header["member_id"]),
            version=answer["version"],
            db_size=int(answer.get("dbSize", 0)),
            db_size_in_use=int(answer.get("dbSizeInUse", 0)),
            leader=_hex(answer["leader"]) if int(answer.get("leader", 0)) else "",
            raft_index=int(answer.get("raftIndex", 0)),
            raft_applied_index=int(answer.get("raftAppliedIndex", 0)),
            learner=answer.get("isLearner", False),
            raft_term=int(answer.get("raftTerm", 0)),
            errors=tuple(answer.get("errors", ())),
        )

    def health(self, *, serializable: bool = False) -> CheckResult:
        """Ask ``/health``: a read through the quorum, or of the member's own data when ``serializable``.

        A learner answers both (seen with 3.5.35 and 3.6.16). A member that does not answer is a result, not an error.
        A full database is an alarm of its own (``alarms``) and keeps no member from being spared, or mended.
        """
        params = {"exclude": "NOSPACE"} | ({"serializable": "true"} if serializable else {})
        try:
            answer = self._http.get("/health", params=params)
        except httpx2.TransportError as error:
            return CheckResult(ok=False, detail=str(error))
        return CheckResult(ok=answer.status_code == httpx2.codes.OK, detail=answer.text.strip())

    def disk(self) -> EtcdDisk:
        """Return what the member counted of its writes, from its metrics."""
        with self._translated():
            answer = self._http.get("/metrics")
        return disk_of(answer.text)

    def add_learner(self, peer_urls: Sequence[str]) -> str:
        """Add a member that does not vote yet; return its id.

        EtcdUnavailable ("unhealthy cluster") while etcd has not been connected to all its members for 5 s.
        """
        answer = self._ask("cluster/member/add", {"peerURLs": list(peer_urls), "isLearner": True})
        return _hex(answer["member"]["ID"])

    def promote(self, member: str) -> None:
        """Let a learner vote; EtcdUnavailable while it has not caught up with the leader."""
        self._ask("cluster/member/promote", {"ID": _decimal(member)})

    def remove(self, member: str) -> None:
        """Remove a member for good."""
        self._ask("cluster/member/remove", {"ID": _decimal(member)})

    def transfer_leadership(self, to: str) -> None:
        """Hand leadership to another member; this one has to be the leader."""
        self._ask("maintenance/transfer-leadership", {"targetID": _decimal(to)})

    def alarms(self) -> Mapping[str, tuple[str, ...]]:
        """Return the alarms (``NOSPACE``, ``CORRUPT``) by member id."""
        answer = self._ask("maintenance/alarm", {"action": "GET"})
        found: dict[str, tuple[str, ...]] = {}
        for alarm in answer.get("alarms", ()):
            member = _hex(alarm.get("memberID", "0"))
            found[member] = (*found.get(member, ()), str(alarm["alarm"]))
        return found

    def disarm(self, member: str, alarm: str) -> None:
        """Take back a member's alarm, once what raised it is mended."""
        self._ask("maintenance/alarm", {"action": "DEACTIVATE", "memberID": _decimal(member), "alarm": alarm})

    def defragment(self) -> None:
        """Give free pages back to the disk; the member answers nobody meanwhile."""
        self._ask("maintenance/defragment", timeout=_DEFRAGMENT_SECONDS)

    def values(self, folder: str, page: int = 20) -> Iterator[tuple[str, bytes]]:
        """Yield every key below another one (``/registry/secrets/``) with its value, page by page, in their order."""
        first, end = folder.encode(), _after(folder.encode())
        while True:
            body = {"key": _base64(first), "range_end": _base64(end), "limit": str(page)}
            answer = self._ask("kv/range", body)
            found = [
                (base64.b64decode(kv["key"]), base64.b64decode(kv.get("value", ""))) for kv in answer.get("kvs", ())
            ]
            yield from ((key.decode(errors="replace"), value) for key, value in found)
            if not answer.get("more") or not found:
                return
            first = found[-1][0] + b"\0"

    def snapshot(self) -> Iterator[bytes]:
        """Stream the member's database, followed by its SHA-256 as ``etcdutl snapshot restore`` expects it.

        EtcdError at the end when the stream was cut off or does not fit its own checksum: write to a temporary file.
        """
        with self._translated(), self._http.stream("POST", "/v3/maintenance/snapshot", content=b"{}") as answer:
            if answer.is_error:
                answer.read()
                self._refuse(answer)
            yield from verified(answer.iter_bytes(), self.name)

    def _ask(self, path: str, body: Mapping[str, Any] | None = None, *, timeout: float | None = None) -> dict[str, Any]:
        with self._translated():
            answer = self._http.post(
                f"/v3/{path}",
                json=dict(body or {}),
                timeout=httpx2.USE_CLIENT_DEFAULT if timeout is None else timeout,
            )
        if answer.is_error:
            self._refuse(answer)
        result: dict[str, Any] = answer.json()
        return result

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except httpx2.TransportError as error:
            raise EtcdUnavailable(f"etcd does not answer: {error}", where=self.name) from error

    def _refuse(self, answer: httpx2.Response) -> None:
        """Raise what etcd says: ``{"code": 9, "message": "etcdserver: ..."}``."""
        try:
            told = answer.json()
            code, message = int(told["code"]), str(told["message"])
        except (json.JSONDecodeError, KeyError, TypeError):
            code, message = 0, f"{answer.status_code} {answer.text.strip()[:200]}"
        not_yet = code in (_UNAVAILABLE, _DEADLINE_EXCEEDED) or any(words in message for words in _NOT_YET)
        raise (EtcdUnavailable if not_yet else EtcdError)(message, code=code, where=self.name)


def _member(listed: Mapping[str, Any]) -> EtcdMember:
    return EtcdMember(
        id=_hex(listed["ID"]),
        name=listed.get("name", ""),
        peer_urls=tuple(listed.get("peerURLs", ())),
        client_urls=tuple(listed.get("clientURLs", ())),
        learner=listed.get("isLearner", False),
    )


def _after(folder: bytes) -> bytes:
    """Return the first key behind all that begin with this one."""
    return folder[:-1] + bytes((folder[-1] + 1,))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _hex(number: str) -> str:
    return format(int(number), "x")


def _decimal(member: str) -> str:
    return str(int(member, 16))
