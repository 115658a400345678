"""What interrupts nobody, on all hosts at once: files where nothing of ours runs yet, what killed runs left over."""

from __future__ import annotations

from rke_py.cluster.model import Host
from rke_py.plan.conventions import left_over
from rke_py.plan.converge import install_cni, write_all
from rke_py.plan.model import Stage, Turn
from rke_py.plan.stage_names import ETCD, PLUGINS, PREPARE, prepared
from rke_py.plan.steps import RemoveContainer, Step
from rke_py.plan.wanted import Wanted


def prepare_stage(wanted: Wanted) -> Stage:
    """Plan the files of fresh hosts, and the end of helpers that a killed run left over.

    On other hosts files are written in the turn of the container that reads them:
    etcd and client-go read certificates live, so files for running components are never written fleet-wide first.
    """
    turns = tuple(
        Turn(stage=PREPARE, host=host.name, steps=steps, disrupts=False, worker=host.only_worker)
        for host in wanted.reachable()
        if (steps := (*_left_over(wanted, host), *(write_all(wanted, host) if wanted.fresh(host) else ())))
    )
    return Stage(name=PREPARE, turns=turns, limit=0)


def _left_over(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    why = ("an earlier run was interrupted while it used it",)
    names = left_over(wanted.found(host).containers.values())
    return tuple(RemoveContainer(host=host.name, name=name, why=why) for name in names)


def plugins_stage(wanted: Wanted) -> Stage:
    """Plan the standard CNI plugins of hosts that lack some; no pod uses what is absent, so all at once.

    In a new cluster the files and the first etcd member go first: an API server waits for those, and only kubelets,
    which come after it, wait for this.
    """
    first = frozenset({f"{ETCD}/{wanted.first_member}"} if wanted.quiet else ())
    turns = tuple(
        Turn(
            stage=PLUGINS,
            host=host.name,
            steps=steps,
            after=first | prepared(host),
            disrupts=False,
            worker=host.only_worker,
        )
        for host in wanted.reachable()
        if (steps := install_cni(wanted, host))
    )
    return Stage(name=PLUGINS, turns=turns, limit=0)
