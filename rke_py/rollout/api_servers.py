"""What has to hold before an API server is taken down: another one answers meanwhile."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.errors import ProofFailed
from rke_py.plan.components.apiserver import READY
from rke_py.rollout.proof import wait_for
from rke_py.rollout.site import Site

_READY_TIMEOUT = 60


def prove_another(host: str, others: Iterable[str], site: Site) -> None:
    """Wait until one of the other API servers is ready; one that is away for a moment comes back.

    Args:
        host: Whose API server is to be taken down.
        others: Hosts with an API server.
        site: The run's hosts.

    Raises:
        ProofFailed: None became ready in time.
    """

    def none_ready() -> str:
        said = []
        for other in others:
            result = site.access.check(other, READY)
            if result.ok:
                return ""
            said.append(f"{other}: {result.detail}")
        return "; ".join(said) or "no other host has one"

    missing = wait_for(site, none_ready, _READY_TIMEOUT)
    if missing:
        hint = "Mend one of them first (rke-py up --only HOST); this host's API server was left as it is."
        raise ProofFailed(host, f"no other API server is ready: {missing}", hint=hint)
