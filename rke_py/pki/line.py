"""What one line of the inventory's table says about a kind of certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from rke_py.cluster.model import Cluster, Host
from rke_py.pki.placement import Placement, nowhere


class Usage(StrEnum):
    """What a certificate is for."""

    AUTHORITY = "authority"
    SERVER = "server"
    CLIENT = "client"
    PEER = "peer"
    """Server and client at once."""
    KEY_PAIR = "key pair"
    """Only the key matters; the certificate authenticates nobody."""

    @property
    def serves(self) -> bool:
        """True when a server shows it."""
        return self in (Usage.SERVER, Usage.PEER)

    @property
    def calls(self) -> bool:
        """True when a client shows it."""
        return self in (Usage.CLIENT, Usage.PEER)


class KubeconfigKind(StrEnum):
    """Whether a kubeconfig goes with a certificate, and which."""

    NONE = "none"
    NODE = "node"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One kind of certificate.

    Attributes:
        name: Name in the state and of its files.
        common_name, organization: The subject: Kubernetes' user and group. where each host has its own, ``{node}``
            stands for the node's name and ``{slug}`` for the end of the certificate's; a CA's gets digits of its own.
        issuer: Name of the CA that signs it, empty when it signs itself.
        sans: DNS names and IP addresses that a server must carry, as a function of the cluster.
        unused_sans: Those among them that RKE puts in and nobody calls the server by: the owner's may lack them.
        host_sans: The same as a function of the host, where each has its own.
        wanted: Tells which clusters need it; all when there is none.
        each: Makes one certificate for each host it holds for, named ``NAME-SLUG``; it goes to no other host.
        certificate_on, key_on: Which hosts get the certificate and the key; ``nowhere`` keeps them in the state.
        kubeconfig: Which kubeconfig goes with it.
        readers: Containers that use certificate and kubeconfig, and the key unless ``key_readers`` says otherwise;
            it is the first one's, others use it as well.
        live: True when they read certificate and key again while they run, so that none of them restarts for a new one.
        port: Where the only one of them shows it on its host; 0 for one that no server shows.
    """

    name: str
    common_name: str
    organization: str = ""
    usage: Usage
    issuer: str = ""
    sans: Callable[[Cluster], frozenset[str]] | None = None
    unused_sans: Callable[[Cluster], frozenset[str]] | None = None
    host_sans: Callable[[Host], frozenset[str]] | None = None
    wanted: Callable[[Cluster], bool] | None = None
    each: Placement | None = None
    certificate_on: Placement = nowhere
    key_on: Placement = nowhere
    kubeconfig: KubeconfigKind = KubeconfigKind.NONE
    readers: tuple[str, ...] = ()
    key_readers: tuple[str, ...] | None = None
    live: bool = False
    port: int = 0

    @property
    def service(self) -> str:
        """The component whose it is; empty for one that no component uses."""
        return next(iter(self.readers), "")

    @property
    def kept(self) -> bool:
        """True for what a cluster cannot do without: once there is a cluster it is never made anew by itself."""
        return self.usage in (Usage.AUTHORITY, Usage.KEY_PAIR)

    def name_on(self, host: Host) -> str:
        """Return the name of the certificate that the host uses."""
        return f"{self.name}-{host.slug}" if self.each else self.name
