"""Steps of a rotation: new certificates are shown, pods and tokens follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rke_py.plan.steps.on_host import OnHost


@dataclass(frozen=True, slots=True, kw_only=True)
class ProveCertificate(OnHost):
    """Wait until a running server shows the certificate that was written for it.

    Attributes:
        name: The container's.
        certificate: The certificate's name in the inventory.
    """

    name: str
    port: int
    certificate: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"wait until {self.name} shows its new certificate"


@dataclass(frozen=True, slots=True, kw_only=True)
class DropOldCas(OnHost):
    """Let API servers of extensions believe no client any more whose CA was given up.

    Attributes:
        bundles: CA certificates by their key in the ConfigMap ``extension-apiserver-authentication``.
    """

    bundles: Mapping[str, str]

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "drop old CAs from those that extensions believe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What makes pods anew: a Deployment, a DaemonSet, ...; kind ``Pod`` for one that nobody would."""

    namespace: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    @property
    def restarts(self) -> bool:
        """True when its pods can be had anew by changing its template."""
        return self.kind in ("Deployment", "DaemonSet", "StatefulSet")


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartWorkload(OnHost):
    """Have a workload's pods made anew, in its own way of updating itself, and wait until they work.

    Attributes:
        mark: What the restart is for; the same one is done once.
        timeout: Seconds it may take.
    """

    workload: Workload
    mark: str
    timeout: int

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"restart {self.workload}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitRootCa(OnHost):
    """Wait until the pods of every namespace are given the CA certificates as they are wanted."""

    timeout: int = 120

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "wait until every namespace has the new CA"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewTokens(OnHost):
    """Have the tokens in Secrets signed by the service-account key that is wanted."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "renew the tokens in Secrets"
