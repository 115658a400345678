"""Which keys API servers are to have next: what cluster.yml asks for, as far as this run may change them."""

from __future__ import annotations

from rke_py.cluster.model import Cluster, Role
from rke_py.config.findings import Finding
from rke_py.errors import ConfigError, Problem
from rke_py.plan.encryption import Run, encrypted, is_asked
from rke_py.state.model import State
from rke_py.workflows.context import Context
from rke_py.workflows.loading import Asked

_LATER = Problem(
    where="",
    what="how Secrets are encrypted is left as it is, since this run leaves API servers out",
    hint="Run rke-py up without --only and --skip.",
    warning=True,
)
_NO_NEW_KEY = Finding(
    path=("rotate_encryption_key",),
    what="this run leaves API servers out, which would not know the new key",
    hint="Run rke-py up without --only and --skip, or leave it out for now.",
    at_key=True,
)


def every_api_server(cluster: Cluster, context: Context) -> bool:
    """Tell whether a run leaves no API server out, so that it may change what all of them read and write with."""
    return not context.only and not any(host.name in context.skip for host in cluster.carrying(Role.CONTROLPLANE))


def is_to_change(asked: Asked, state: State) -> bool:
    """Tell whether Secrets are to be encrypted otherwise than they are, or a change of that is not over."""
    return state.encryption_change is not None or not is_asked(asked.cluster.api.encryption, state.encryption)


def with_encryption(
    asked: Asked, state: State, context: Context, *, new_key: bool
) -> tuple[State, tuple[Problem, ...]]:
    """Return the state with how Secrets are encrypted next, and a warning when this run leaves that as it is.

    Args:
        asked: What cluster.yml asks for.
        state: What is remembered.
        context: Whom the run leaves out, and what time it is.
        new_key: Whether a new key is wished for, whatever cluster.yml says.

    Raises:
        ConfigError: What cluster.yml asks for cannot be done to a cluster that runs.
    """
    wanted, goes = asked.cluster.api.encryption, every_api_server(asked.cluster, context)
    turned_on = _turned_on(asked, state)
    if turned_on and not goes:
        raise _unfit(asked, _NO_NEW_KEY)
    now = f"{context.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    run = Run(now=now, random_bytes=context.random_bytes, rotate=new_key or turned_on, goes=goes)
    found = encrypted(wanted, state, run)
    if isinstance(found, Finding):
        raise _unfit(asked, found)
    return found, (_LATER,) if is_to_change(asked, state) and not goes else ()


def _turned_on(asked: Asked, state: State) -> bool:
    """Tell whether ``rotate_encryption_key`` is on that was off when cluster.yml was last applied in full."""
    before = state.configuration
    return asked.completed.rotate_encryption_key and bool(before) and not before.get("rotateEncryptionKey")


def _unfit(asked: Asked, finding: Finding) -> ConfigError:
    positions = asked.loaded.positions
    return ConfigError(f"{positions.source} does not fit the cluster that runs", [positions.problem(finding)])
