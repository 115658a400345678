"""etcd's own programs, of the line that a member runs: a snapshot is read by the etcdutl of its own line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

PROGRAMS = Path("/usr/local/lib/etcd")
_STATUS_SECONDS = "30s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What a member tells of itself.

    Attributes:
        cluster: The etcd cluster's id, hexadecimal.
        size: Bytes of its database.
    """

    cluster: str
    version: str
    revision: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is in a snapshot.

    Attributes:
        digest: etcdutl's own, over every key and value.
        keys: As etcdutl of a line counts them: 3.5 every entry of every table, 3.6 those of users.
        line: Whose it is.
    """

    digest: str
    revision: int
    keys: int
    line: str


class Etcd(Protocol):
    """A member, and the programs that read what it gives."""

    def member(self) -> Member:
        """Ask the member about itself."""

    def save(self, path: Path) -> None:
        """Stream its database into a file, through its maintenance API."""

    def contents(self, path: Path) -> Contents:
        """Read a snapshot from its first key to its last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdLine:
    """etcdctl and etcdutl of one line (``3.6``) for the member of this host.

    Attributes:
        own: Path of the certificate to show, without its ending; the key is beside it.
        ca: Path of the CA that must have signed the member's.
        save_seconds: How long a snapshot may take.
    """

    line: str
    endpoint: str
    own: str
    ca: str
    save_seconds: int = 900

    def member(self) -> Member:
        """Ask the member about itself."""
        (answer,) = json.loads(self._ctl("--command-timeout", _STATUS_SECONDS, "endpoint", "status"))
        status = answer["Status"]
        return Member(
            cluster=format(int(status["header"]["cluster_id"]), "x"),
            version=str(status["version"]),
            revision=int(status["header"]["revision"]),
            size=int(status["dbSize"]),
        )

    def save(self, path: Path) -> None:
        """Stream its database into a file."""
        self._ctl("--command-timeout", f"{self.save_seconds}s", "snapshot", "save", str(path))

    def place(self) -> int:
        """Ask for the member's place among those of its cluster; see ``place_of``."""
        (answer,) = json.loads(self._ctl("--command-timeout", _STATUS_SECONDS, "endpoint", "status"))
        listed = json.loads(self._ctl("--command-timeout", _STATUS_SECONDS, "member", "list"))
        return place_of(answer["Status"], listed["members"])

    def contents(self, path: Path) -> Contents:
        """Read a snapshot from its first key to its last."""
        return contents(self.line, path)

    def _ctl(self, *words: str) -> str:
        tls = ("--cacert", self.ca, "--cert", f"{self.own}.pem", "--key", f"{self.own}-key.pem")
        return _run(self.line, "etcdctl", "--endpoints", self.endpoint, *tls, "--write-out", "json", *words)


def place_of(status: Mapping[str, Any], members: Iterable[Mapping[str, Any]]) -> int:
    """Return a member's place: 0 leads, the others come by their names; none leads while the member knows no leader.

    Args:
        status: What the member tells of itself; etcdctl leaves out what is 0.
        members: Those of its cluster.
    """
    own, leader = status["header"]["member_id"], status.get("leader", 0)
    others = sorted(
        (member for member in members if member["ID"] != leader), key=lambda each: str(each.get("name", ""))
    )
    return next((place for place, member in enumerate(others, start=1) if member["ID"] == own), 0)


def contents(line: str, path: Path) -> Contents:
    """Read a snapshot from its first key to its last, with the program of etcd's line."""
    told = json.loads(_run(line, "etcdutl", "snapshot", "status", str(path), "--write-out", "json"))
    digest = format(int(told["hash"]), "x")
    return Contents(digest=digest, revision=int(told["revision"]), keys=int(told["totalKey"]), line=line)


def known_line(version: str, default: str) -> str:
    """Return the line of a version whose programs are here, else the other one."""
    line = ".".join(version.split(".")[:2])
    return line if (PROGRAMS / line).is_dir() else default


def _run(line: str, program: str, *words: str) -> str:
    return subprocess.run([str(PROGRAMS / line / program), *words], capture_output=True, text=True, check=True).stdout


Manifest = dict[str, Any]
"""What stands beside a snapshot, JSON-ready."""
