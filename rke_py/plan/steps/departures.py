"""Steps by which a host, or one of its roles, leaves the cluster."""

from __future__ import annotations

from dataclasses import dataclass

from rke_py.plan.steps.on_host import OnHost


@dataclass(frozen=True, slots=True, kw_only=True)
class CordonNode(OnHost):
    """Keep new pods away from a node that is going to be emptied."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "cordon the node"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteNode(OnHost):
    """Delete the Node object of a host whose kubelet is gone."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "delete the node"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProveOtherApiServers(OnHost):
    """Prove that an API server of another host answers, before this host's goes.

    Attributes:
        others: The hosts whose API servers stay.
    """

    others: tuple[str, ...]

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "see that another API server is ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteKubeconfig(OnHost):
    """Let the operator's kubeconfig lead to an API server that stays, before this host's goes."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "write the kubeconfig"


@dataclass(frozen=True, slots=True, kw_only=True)
class DropEtcdData(OnHost):
    """Delete what an etcd member that is gone left on its host: it holds every Secret of the cluster."""

    tools: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "delete etcd's data"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetHost(OnHost):
    """Take a host out of the state.

    Attributes:
        clean: False when it still carries something of the cluster, which is then remembered.
    """

    clean: bool

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "forget the host" if self.clean else "forget the host, which could not be cleaned"
