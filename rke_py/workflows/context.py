"""What every workflow is given from outside: where things are, who watches, who agrees, what time it is."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from rke_py.progress import Reporter, Silent
from rke_py.workflows.clock import Clock
from rke_py.workflows.edges import Edges, RealEdges


class Consent(Protocol):
    """Asks whether something that destroys or interrupts may be done."""

    def __call__(self, question: str, costs: Sequence[str]) -> bool:
        """Return the answer; raises ConsentMissing where nobody can be asked."""


def refuse(question: str, costs: Sequence[str]) -> bool:
    """Agree to nothing."""
    return False


def no_passphrase(_label: str) -> SecretStr | None:
    """Know no passphrase of any key file."""
    return None


def forget(_secrets: Iterable[str]) -> None:
    """Show nothing that would have to be masked."""


def never() -> bool:
    """Tell that nobody asked to stop."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a workflow works with.

    Attributes:
        config: The cluster.yml; state, kubeconfig and journal lie beside it.
        text: What is in it, when a program made it: then the file need not be there. None reads it.
        reporter: Is told what happens, from several threads.
        consent: Is asked before what destroys or interrupts; by default nothing is agreed to.
        stop: Tells whether the operator asked to stop.
        accept_new_host_keys: Trust and remember the key of a host that was never seen.
        ssh_agent_auth: Show every host the SSH agent's keys first, whatever cluster.yml says.
        skip: Hosts to do without in this run.
        only: Hosts to work on in this run; none means all of them, and the add-ons.
        port_checks: Whether hosts that are new are asked if they reach one another's ports.
        leftovers: Whether ``up`` also removes what RKE left behind.
        saved_plan: A plan that was saved: ``up`` does what it says or nothing.
        own_certificates: Folder of the owner's own certificates that this run takes over; None when it takes none.
        passphrase: Asks for the passphrase of a private key file.
        edges: Reaches hosts and the cluster's APIs.
        random_id: Makes random hexadecimal ids.
        random_bytes: Makes so many random bytes for a key.
        protect: Is told every secret as soon as it is known, so that no log or message ever shows one.
        state_key: Encrypts the copy of the state in the cluster; None keeps it readable for its administrators.
    """

    config: Path
    text: str | None = field(default=None, repr=False)
    reporter: Reporter = field(default_factory=Silent)
    consent: Consent = refuse
    stop: Callable[[], bool] = never
    accept_new_host_keys: bool = False
    ssh_agent_auth: bool = False
    skip: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    port_checks: bool = True
    leftovers: bool = False
    saved_plan: Path | None = None
    own_certificates: Path | None = None
    passphrase: Callable[[str], SecretStr | None] = no_passphrase
    clock: Clock = field(default_factory=Clock)
    edges: Edges = field(default_factory=RealEdges)
    protect: Callable[[Iterable[str]], None] = forget
    state_key: SecretStr | None = None
    random_id: Callable[[], str] = field(default=lambda: secrets.token_hex(16))
    random_bytes: Callable[[int], bytes] = secrets.token_bytes

    def look_id(self) -> str:
        """Return a new id for the names of containers that look at hosts for this run, while others may as well."""
        return self.random_id()[-8:]

    @property
    def state_path(self) -> Path:
        """Where the state is kept: ``cluster.rkestate`` for cluster.yml."""
        return self.config.with_name(f"{self.config.stem}.rkestate")

    @property
    def journal_path(self) -> Path:
        """Where the journal is kept: ``cluster.rkestate.journal`` for cluster.yml."""
        return self.state_path.with_name(f"{self.state_path.name}.journal")

    @property
    def log_path(self) -> Path:
        """Where the command line keeps the log: ``cluster.log`` for cluster.yml."""
        return self.config.with_suffix(".log")

    @property
    def certificates_path(self) -> Path:
        """Where the owner's own certificates are looked for by default: ``cluster_certs`` for cluster.yml."""
        return self.config.with_name(f"{self.config.stem}_certs")

    @property
    def snapshots_path(self) -> Path:
        """Where snapshots of etcd are downloaded to: ``cluster_snapshots`` for cluster.yml."""
        return self.config.with_name(f"{self.config.stem}_snapshots")

    @property
    def kubeconfig_path(self) -> Path:
        """Where the administrator's kubeconfig is written: ``kube_config_cluster.yml`` for cluster.yml."""
        return self.config.with_name(f"kube_config_{self.config.name}")
