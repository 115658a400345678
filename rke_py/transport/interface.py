"""The small protocols between what a step needs and how a host is reached.

``ssh.py`` and ``engine.py`` implement them over real machines, ``tests/sim`` over a simulated fleet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

from pydantic import SecretStr

from rke_py.cluster.model import Host
from rke_py.plan.containers import ContainerSpec, FoundContainer
from rke_py.plan.files import FileSpec, FoundFile
from rke_py.plan.observed import HostFacts


class Stream(Protocol):
    """A byte stream to a port on, or beyond, a host: a socket or a paramiko channel."""

    def recv(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes; empty at the end; TimeoutError when none came in time."""

    def sendall(self, data: bytes, /) -> None:
        """Send everything; TimeoutError when the peer does not take it in time."""

    def settimeout(self, seconds: float | None, /) -> None:
        """Set how long recv and sendall wait."""

    def close(self) -> None:
        """Close both directions."""


class PortState(StrEnum):
    """What a connection attempt from a host found."""

    OPEN = "open"
    REFUSED = "refused"
    TIMED_OUT = "timed out"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a one-shot container or a command in one left behind."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryLogin:
    """What a pull shows to a registry."""

    user: str
    password: SecretStr


class Engine(Protocol):
    """A host's Docker, behind the verbs that steps need.

    Every call raises EngineError with Docker's own words, NotFound for a missing container, Unreachable when the
    connection is lost and cannot be opened again.
    """

    def facts(self) -> HostFacts:
        """Ask for version and info."""

    def containers(self) -> tuple[FoundContainer, ...]:
        """Inspect every container of the host, running or not."""

    def inspect(self, name: str) -> FoundContainer | None:
        """Inspect one; None when there is none."""

    def images(self) -> frozenset[str]:
        """Return the references of all images that are present."""

    def pull(self, image: str, login: RegistryLogin | None, progress: Callable[[int, int], None] | None = None) -> None:
        """Pull an image; ``progress`` is told bytes done and total; raises ImageMissing."""

    def load(self, archive: Iterable[bytes]) -> None:
        """Load images from a ``docker save`` archive."""

    def create(self, spec: ContainerSpec) -> None:
        """Create a container without starting it."""

    def start(self, name: str) -> None:
        """Start it; nothing happens when it runs already."""

    def stop(self, name: str, grace: int) -> None:
        """Send SIGTERM, and SIGKILL after ``grace`` seconds; nothing happens when it does not run."""

    def restart(self, name: str, grace: int) -> None:
        """Stop and start it."""

    def signal(self, name: str, signal: str) -> None:
        """Send a signal such as ``HUP`` to its first process."""

    def rename(self, name: str, new: str) -> None:
        """Rename it."""

    def remove(self, name: str) -> None:
        """Remove it with its anonymous volumes, running or not; nothing happens when there is none."""

    def set_restart(self, name: str, policy: str) -> None:
        """Change its restart policy: ``no`` or ``always``."""

    def logs(self, name: str, lines: int) -> tuple[str, ...]:
        """Return the last lines it wrote."""

    def run(self, spec: ContainerSpec, *, timeout: float, stdin: bytes | None = None) -> Output:
        """Run a one-shot container to its end and remove it; one of that name left over is removed first."""

    def read_files(self, container: str, folder: str, near: Collection[datetime] = ()) -> Mapping[str, FoundFile]:
        """Read every regular file below ``folder`` as the container sees it; empty when there is no such folder.

        When they were modified is cut to the second, and exact within a second of one of ``near``.
        """

    def write_files(self, container: str, files: Sequence[FileSpec], modified: datetime) -> None:
        """Write files through the container's mounts, in order, with that modification time, parents included."""

    def read_large(self, container: str, path: str) -> Iterator[bytes]:
        """Read one file as the container sees it, piece by piece; raises NotFound when there is none."""

    def write_large(self, container: str, path: str, size: int, pieces: Iterable[bytes]) -> None:
        """Write one file of root's alone through the container's mounts, piece by piece; its folder has to be there.

        One that ends early is left as it is: half a file.
        """


class HostConnection(Protocol):
    """One verified SSH connection to one host."""

    @property
    def host(self) -> Host:
        """The host it leads to."""

    @property
    def engine(self) -> Engine:
        """The host's Docker."""

    @property
    def clock_offset(self) -> timedelta:
        """The host's clock minus ours, as measured when Docker was first asked."""

    @property
    def operating_system(self) -> str:
        """The host's system as Docker calls it, as told when Docker was first asked."""

    def dial(self, address: str, port: int, timeout: float) -> Stream:
        """Open a stream from the host to an address and port; raises Unreachable, ConnectionError or TimeoutError."""

    def port(self, address: str, port: int, timeout: float) -> PortState:
        """Tell what a connection attempt from the host finds."""

    def close(self) -> None:
        """Close the connection."""


class Fleet(Protocol):
    """Connections to all hosts of a cluster; hosts that could not be reached are kept with their fault."""

    def __enter__(self) -> Self:
        """Connect to all hosts at once."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""

    def __getitem__(self, name: str) -> HostConnection:
        """Return the connection of a host by node name; raises its own Unreachable when there is none."""

    @property
    def reachable(self) -> tuple[str, ...]:
        """Names of the hosts that answered, in the cluster's order."""

    @property
    def faults(self) -> Mapping[str, Exception]:
        """Why the others did not."""
