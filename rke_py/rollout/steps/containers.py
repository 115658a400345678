"""Steps on containers: create, replace with put-back, start, restart, reload, remove."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from rke_py.errors import EngineError, ProofFailed, RkeError
from rke_py.plan.compare import differences
from rke_py.plan.components.apiserver import NAME as API_SERVER
from rke_py.plan.components.etcd import NAME as ETCD
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.reconcile import old_name
from rke_py.plan.steps import (
    CreateContainer,
    CreateTogether,
    ProveContainer,
    ReloadContainer,
    RemoveContainer,
    ReplaceContainer,
    RestartContainer,
    RestorePolicy,
    StartContainer,
)
from rke_py.rollout.api_servers import prove_another
from rke_py.rollout.carrier import carrier
from rke_py.rollout.gate import Deed
from rke_py.rollout.leftovers import discard
from rke_py.rollout.needed_images import images_there
from rke_py.rollout.owners import start
from rke_py.rollout.proof import last_lines, prove_container, prove_lasting
from rke_py.rollout.put_back import proved_again, put_back, write_before
from rke_py.rollout.quorum import LAST_WORDS, spare_member
from rke_py.rollout.readiness import prove_ready
from rke_py.rollout.site import Site
from rke_py.transport.interface import Engine

_GRACE_OF_PROXIES = 5

_OnContainer = CreateContainer | ReplaceContainer | StartContainer | RestartContainer


def _engine(step: _OnContainer | RemoveContainer | RestorePolicy | ReloadContainer, site: Site) -> Engine:
    return site.fleet[step.host].engine


def _may_replace(step: ReplaceContainer, site: Site) -> None:
    images_there(step, site)
    _may_go_down(step, site)


def _may_go_down(step: ReplaceContainer | RestartContainer, site: Site) -> None:
    """An etcd member goes down only while the others can do without it; one that is down already costs nothing."""
    if not _runs(step, site):
        return
    if step.name == ETCD and step.spared:
        spare_member(step.host, site)
    if step.others:
        prove_another(step.host, step.others, site)


def _runs(step: ReplaceContainer | RestartContainer, site: Site) -> bool:
    found = _engine(step, site).inspect(step.name)
    return found is not None and found.running


def _grace(step: ReplaceContainer | RestartContainer, site: Site) -> int:
    """Return how long the container that is there may take to stop, which need not be one of the wanted form.

    RKE's API server closes its port at once and would wait a minute for its watches.
    """
    if step.name == ETCD:
        return LAST_WORDS
    found = _engine(step, site).inspect(step.name)
    return found.spec.grace if found else step.spec.grace


def _prove(step: _OnContainer, site: Site) -> None:
    """Prove that it is healthy and stays so; etcd's check, a read through the quorum, says that by itself."""
    prove = prove_container if step.name == ETCD else prove_lasting
    prove(step.spec, step.host, site)
    if isinstance(step, ReplaceContainer | RestartContainer) and step.node is not None:
        prove_ready(step.node, site)


def _prove_created(step: CreateContainer, site: Site) -> None:
    """Prove what was not there before; an API server's ``/readyz`` comes after its real work has begun."""
    prove = prove_container if step.name in (ETCD, API_SERVER) else prove_lasting
    prove(step.spec, step.host, site)
    if step.instead:
        discard(step.instead, step.host, site)


def _create(step: CreateContainer, site: Site) -> None:
    engine = _engine(step, site)
    if step.instead and engine.inspect(step.instead) is not None:
        engine.stop(step.instead, _GRACE_OF_PROXIES)
    if engine.inspect(step.name) is None:
        engine.create(step.spec)
    start(step.spec, step.host, site)


def _undo_create(step: CreateContainer, site: Site, fault: RkeError) -> RkeError:
    """Remove what never worked: the next run starts it anew and proves it. What it took the place of serves again."""
    evidence = fault.evidence or last_lines(step.name, step.host, site)
    engine = _engine(step, site)
    engine.remove(step.name)
    if step.instead and engine.inspect(step.instead) is not None:
        engine.start(step.instead)
    return ProofFailed(step.host, fault.what, evidence=evidence, hint=fault.hint)


def _create_together(step: CreateTogether, site: Site) -> None:
    for single in _singles(step):
        _create(single, site)


def _prove_together(step: CreateTogether, site: Site) -> None:
    """Prove that they are healthy; whether they stay so is seen when the node is, for a new host need not wait."""
    for spec in step.specs:
        prove_container(spec, step.host, site)


def _undo_together(step: CreateTogether, site: Site, fault: RkeError) -> RkeError:
    """Remove all of them: those that work are started anew and proved together with the one that failed."""
    evidence = fault.evidence
    for single in _singles(step):
        site.fleet[step.host].engine.remove(single.name)
    return ProofFailed(step.host, fault.what, evidence=evidence, hint=fault.hint)


def _singles(step: CreateTogether) -> tuple[CreateContainer, ...]:
    return tuple(CreateContainer(host=step.host, spec=spec, why=step.why) for spec in step.specs)


def _replace(step: ReplaceContainer, site: Site) -> None:
    """Move the old container aside and start the new one; continues from wherever a killed run stopped.

    The old one's restart policy goes first: after a reboot Docker would otherwise start both.
    """
    engine, old = _engine(step, site), old_name(step.name)
    if engine.inspect(old) is None:
        engine.set_restart(step.name, "no")
        engine.stop(step.name, _grace(step, site))
        engine.rename(step.name, old)
    elif not _as_wanted(engine, step.spec):
        if engine.inspect(step.name) is not None:  # it may serve by now
            engine.stop(step.name, _grace(step, site))
        engine.remove(step.name)
    if engine.inspect(step.name) is None:
        engine.create(step.spec)
    start(step.spec, step.host, site)


def _as_wanted(engine: Engine, spec: ContainerSpec) -> bool:
    found = engine.inspect(spec.name)
    return found is not None and not differences(spec, found)


def _prove_replaced(step: ReplaceContainer, site: Site) -> None:
    _prove(step, site)
    discard(old_name(step.name), step.host, site)


def _files_back(step: RestartContainer, site: Site, fault: RkeError) -> RkeError | None:
    """Put back the files that it ran with, restart it with them and prove it; None when it is not for files of its own.

    Each file goes back to what this run found: the next one writes and tries again.
    """
    if not step.before:
        return None
    evidence = fault.evidence or last_lines(step.name, step.host, site)
    evidence = (*evidence, *write_before(step, site))
    _restart(step, site)
    what = f"{fault.what}; {', '.join(file.path for file in step.before)} was put back and {step.name} restarted"
    return proved_again(step, site, what, evidence, fault.hint)


def _start(step: StartContainer, site: Site) -> None:
    start(step.spec, step.host, site)


def _restart(step: RestartContainer, site: Site) -> None:
    _engine(step, site).restart(step.name, _grace(step, site))


def _reload(step: ReloadContainer, site: Site) -> None:
    """Send the signal, then date the files back to before the container's start: this signal needs no repeating."""
    engine = _engine(step, site)
    engine.signal(step.name, step.spec.reload_signal)
    found = engine.inspect(step.name)
    if found is None or found.started_at is None:
        raise ProofFailed(step.host, f"{step.name} was reloaded and is gone")
    with carrier(step.host, step.carrier, (file.path for file in step.files), site) as window:
        engine.write_files(window, step.files, found.started_at - timedelta(seconds=1))


def _prove_as_it_runs(step: ReloadContainer | ProveContainer, site: Site) -> None:
    prove_container(step.spec, step.host, site)


def _restore_policy(step: RestorePolicy, site: Site) -> None:
    _engine(step, site).set_restart(step.name, step.spec.restart)


def _remove(step: RemoveContainer, site: Site) -> None:
    engine = _engine(step, site)
    if engine.inspect(step.name) is not None:
        # Docker refuses that of a container which ends in this very moment, as etcd does once its member is removed
        with suppress(EngineError):
            engine.set_restart(step.name, "no")
        engine.stop(step.name, step.grace)
    engine.remove(step.name)


CREATE = Deed(require=images_there, do=_create, prove=_prove_created, undo=_undo_create)
CREATE_TOGETHER = Deed(require=images_there, do=_create_together, prove=_prove_together, undo=_undo_together)
REPLACE = Deed(require=_may_replace, do=_replace, prove=_prove_replaced, undo=put_back)
START = Deed(do=_start, prove=_prove)
RESTART = Deed(require=_may_go_down, do=_restart, prove=_prove, undo=_files_back)
PROVE = Deed(do=_prove_as_it_runs)
RELOAD = Deed(do=_reload, prove=_prove_as_it_runs)
RESTORE_POLICY = Deed(do=_restore_policy)
REMOVE = Deed(do=_remove)
