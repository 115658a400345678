"""Files for machines on which nothing of ours runs yet, on all of them at once."""

from __future__ import annotations

from rke_py.plan.model import Stage, Turn
from rke_py.plan.wanted import PLUGINS, PREPARE, Wanted


def prepare_stage(wanted: Wanted) -> Stage:
    """Plan the files of fresh hosts; elsewhere files are written in the turn of the container that reads them.

    etcd and client-go read certificates live, so files for running components are never written fleet-wide first.
    """
    turns = tuple(
        Turn(stage=PREPARE, host=host.name, steps=steps, disrupts=False)
        for host in wanted.reachable()
        if wanted.fresh(host) and (steps := wanted.write_all(host))
    )
    return Stage(name=PREPARE, turns=turns, limit=0)


def plugins_stage(wanted: Wanted) -> Stage:
    """Plan the standard CNI plugins of hosts that lack some; no pod uses what is absent, so all at once."""
    turns = tuple(
        Turn(stage=PLUGINS, host=host.name, steps=steps, disrupts=False)
        for host in wanted.reachable()
        if (steps := wanted.install_cni(host))
    )
    return Stage(name=PLUGINS, turns=turns, limit=0)
