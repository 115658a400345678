"""Containers as values: the one that is wanted, and the one that was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpCheck:
    """Healthy when the port on the host's loopback accepts a connection."""

    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCheck:
    """Healthy when the URL, asked on the host itself, answers 200.

    Attributes:
        client: Name of the certificate to show (pki inventory), empty for none.
        ca: Name of the CA that must have signed the server's certificate; empty for plain HTTP.
        server_name: The name the server's certificate must carry.
        self_signed: True for HTTPS with a certificate that the program signed itself, which nobody can verify: some of
            RKE's have it, on loopback.
        ended: True to take a certificate whose time is over, to learn who signed it.
    """

    port: int
    path: str
    ca: str = ""
    client: str = ""
    server_name: str = "127.0.0.1"
    address: str = "127.0.0.1"
    self_signed: bool = False
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCheck:
    """Healthy when it keeps running."""


Check = TcpCheck | HttpCheck | RunningCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """A long-running container as it is wanted on a host.

    Attributes:
        entrypoint, command: Docker's two lists; the entrypoint is always set, an image's own never relied on.
        env: ``NAME=value`` texts, without those that the image brings.
        binds: Docker's bind syntax, ``host:container[:options]``.
        grace: Seconds between SIGTERM and SIGKILL when it is stopped.
        log_options: Options of Docker's ``json-file`` log driver.
        limits: What it may use of the host, by Docker's names (``Memory``, ``NanoCpus``); components have none.
        check: What proves that it is healthy.
        owns: Host files and folders that are handed over to its user before it starts, where that is not root.
        reads: Host files (absolute paths) that it reads at start only; it is restarted when one is newer than it.
        reloads: Host files that it reads again when it gets ``reload_signal``, without a restart.
        watches: Host files that it reads again by itself when they change.
        reload_signal: The signal's name without ``SIG``; empty when it knows none.
        start_timeout: Seconds it may take to become healthy.
        starts: False for one that is made and never started, whose volume others use.
    """

    name: str
    image: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()
    network_mode: str = "host"
    pid_mode: str = ""
    cgroupns_mode: str = ""
    privileged: bool = False
    user: str = ""
    restart: str = "always"
    labels: Mapping[str, str] = field(default_factory=dict)
    volumes_from: tuple[str, ...] = ()
    security_opt: tuple[str, ...] = ()
    cap_add: tuple[str, ...] = ()
    log_options: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, int | str] = field(default_factory=dict)
    grace: int = 10
    check: Check = RunningCheck()
    owns: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    reloads: tuple[str, ...] = ()
    watches: tuple[str, ...] = ()
    reload_signal: str = ""
    start_timeout: int = 60
    starts: bool = True

    @property
    def files(self) -> frozenset[str]:
        """Every host file that it uses, one way or the other."""
        return frozenset((*self.reads, *self.reloads, *self.watches))


class Status(StrEnum):
    """Docker's word for what a container is doing."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundContainer:
    """A container as ``docker inspect`` shows it.

    Attributes:
        spec: The same fields as the wanted one; ``env`` includes what the image brought. ``check``, ``owns``,
            ``reads``, ``reloads``, ``watches`` and ``start_timeout`` cannot be observed and hold defaults; ``grace`` is
            Docker's StopTimeout.
        image_env: The environment baked into its image, empty when the image is gone.
        created_at: When it was made, by the host's clock; None where that is not known.
        started_at: When it last started, by the host's clock; None when it never did.
    """

    id: str
    spec: ContainerSpec
    status: Status
    image_id: str
    image_env: tuple[str, ...] = ()
    created_at: datetime | None = None
    started_at: datetime | None = None
    exit_code: int = 0
    restart_count: int = 0

    @property
    def name(self) -> str:
        """The container's name without the leading slash."""
        return self.spec.name

    @property
    def running(self) -> bool:
        """True when it runs now."""
        return self.status is Status.RUNNING
