"""A member that is to join anew while it still serves as it was, and another one fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest

from rke_py.errors import EtcdError
from rke_py.plan.components.etcd import NAME
from rke_py.plan.steps import JoinEtcd
from rke_py.rollout.site import Site
from rke_py.rollout.steps.etcd import JOIN
from rke_py.stores.statefile import StateStore
from rke_py.workflows.holder import this_process
from rke_py.workflows.loading import load_cluster
from rke_py.workflows.pulls import images_of
from rke_py.workflows.work import site_of
from tests.sim.operator import Operator


@contextmanager
def sited(person: Operator) -> Iterator[Site]:
    context = person.context()
    cluster = load_cluster(context.config).cluster
    with ExitStack() as stack:
        saved = stack.enter_context(StateStore(context.state_path).locked(this_process(context)))
        fleet = stack.enter_context(context.edges.fleet(cluster, context))
        images = stack.enter_context(images_of(cluster, fleet, context))
        access = stack.enter_context(context.edges.access(cluster, fleet, lambda: saved.state.bundle))
        yield site_of(cluster, fleet, access, saved, images, context)


@pytest.fixture
def readdressed(running) -> Operator:
    """The operator of three members, one of which does not answer."""
    person = running("ecw", "ecw", "ecw", "w")
    person.world.machines["n3"].power_off()
    return person


def join(person: Operator) -> JoinEtcd:
    """Return the step by which n2 joins under another address in the place of the member that it is."""
    old = next(member.id for member in person.world.groups[0].members.values() if member.name == "etcd-n2")
    spec = person.world.machines["n2"].containers[NAME].spec
    moved = tuple(word.replace("2380", "2390") for word in spec.command)
    return JoinEtcd(host="n2", spec=replace(spec, command=moved), stale=(old,))


def test_it_is_not_begun_while_the_others_cannot_go_on_alone(readdressed):
    with sited(readdressed) as site, pytest.raises(EtcdError, match="1 of the 2 others are healthy"):
        JOIN.require(join(readdressed), site)
    assert readdressed.world.machines["n2"].running(NAME)


def test_one_that_etcd_still_has_is_left_as_it_is(readdressed):
    with sited(readdressed) as site:
        assert JOIN.undo(join(readdressed), site, EtcdError("etcd refuses", where="n2")) is None
    assert readdressed.world.machines["n2"].running(NAME)
    assert readdressed.world.machines["n2"].etcd_data is not None
