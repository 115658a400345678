"""Years in the life of a cluster that RKE made: in its releases, on the way out of them, and after."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from rke_py.catalog.rke import RELEASE_MARK
from rke_py.errors import PreflightError
from rke_py.plan.containers import FoundContainer
from rke_py.plan.migration import of_rke
from tests.sim.left_by_rke import VERSION
from tests.workflows.migrating import NEW, NEXT
from tests.workflows.years import BEGINNINGS, EDITS, Years

LATER = "v1.32.6-rancher1-1"
WAY = (VERSION, LATER, NEW, NEXT)
JOINED = {"system_images": {"etcd": "rancher/mirrored-coreos-etcd:v3.5.21"}}
"""Members join no etcd as old as RKE's: it forgets that they were promoted."""

OF_RKE: dict[str, Callable[[int], dict[str, Any]]] = {
    **{name: edit for name, edit in EDITS.items() if name != "newer"},
    "later": lambda _: {"kubernetes_version": LATER},
    "out": lambda _: {"kubernetes_version": NEW, "system_images": {}},
    "newest": lambda _: {"kubernetes_version": NEXT, "system_images": {}},
}


class YearsAfterRke(Years):
    """A cluster that was taken over."""

    @initialize(roles=st.sampled_from(BEGINNINGS))
    def made(self, roles: tuple[str, ...]) -> None:
        """As RKE left it, then taken over, then with an etcd that members can join."""
        self.begin(*roles, kubernetes_version=VERSION)
        self.person.up()
        self.person.edit(**JOINED)
        self.person.up()

    @rule(edits=st.sets(st.sampled_from(sorted(OF_RKE)), min_size=1, max_size=3))
    def somebody_edits(self, edits: set[str]) -> None:
        """Edit cluster.yml; nobody asks for an older version."""
        self.edits += 1
        for name in sorted(edits):
            change = OF_RKE[name](self.edits)
            version = change.get("kubernetes_version", self.person.config["kubernetes_version"])
            if WAY.index(version) >= WAY.index(self.person.config["kubernetes_version"]):
                self.merge(change)

    def go_on(self) -> None:
        """Take the way out of RKE's releases a minor at a time; do first what a refusal says has to be done first."""
        if self.person.config["kubernetes_version"] == NEXT and self.of_rke_are_left():
            self.person.edit(kubernetes_version=NEW)
        try:
            super().go_on()
        except PreflightError:
            if self.person.config["kubernetes_version"] != NEW or not self.of_rke_are_left():
                raise
            wanted = copy.deepcopy(self.person.config)
            self.person.edit(**self.as_it_was())
            super().go_on()
            self.person.edit(**wanted)

    def as_it_was(self) -> dict[str, Any]:
        """Return what has to wait as it was: the new version, or once a host has it what may not change beside it."""
        state = self.person.state
        if not self.ours_serve():
            begun, finished = (str(asked["kubernetesVersion"]) for asked in (state.desired, state.configuration))
            return {"kubernetes_version": begun if RELEASE_MARK in begun else finished, **JOINED}
        nodes = [
            {**node, "role": sorted(record.roles)}
            for node in self.person.config["nodes"]
            if (record := state.hosts.get(node["hostname_override"])) is not None
        ]
        return {"nodes": nodes, "monitoring": {"provider": state.configuration["monitoring"]["provider"]}}

    def of_rke_are_left(self) -> bool:
        """Tell whether a machine carries a container of RKE's."""
        return any(of_rke(one) for one in self.containers())

    def ours_serve(self) -> bool:
        """Tell whether an API server is ours already: nobody goes back from there."""
        return any(one.name == "kube-apiserver" and not of_rke(one) for one in self.containers())

    def containers(self) -> Iterator[FoundContainer]:
        """Yield the containers of all machines."""
        for machine in self.world.machines.values():
            yield from (one.found() for one in machine.containers.values() if one.spec.labels)
