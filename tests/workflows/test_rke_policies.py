"""A cluster of RKE's with ``pod_security_policy: true``: what its API servers enforce is neither dropped nor begun."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.sim.left_by_rke import made_by_rke
from tests.sim.operator import Operator, node

LISTED = "enable-admission-plugins"
SERVED = ("policy/v1beta1/podsecuritypolicy=true", "authorization.k8s.io/v1beta1=true")
"""What ``runtime-config`` says with the plugin, and without."""


@pytest.fixture
def person(folder: Path) -> Operator:
    """The operator of a cluster whose API servers enforce policies, as RKE before 1.6 left it."""
    switched = {"kube-api": {"pod_security_policy": True}}
    return made_by_rke(folder, "ec", "c", "w", "", kubernetes_version="v1.24.17-rancher1-1", services=switched)


def enforcing(person: Operator) -> dict[str, bool]:
    """Return by host whether its API server enforces policies."""
    servers = {name: there.containers.get("kube-apiserver") for name, there in person.world.machines.items()}
    return {name: "PodSecurityPolicy" in (found.flag(LISTED) or "") for name, found in servers.items() if found}


def without_plugin(person: Operator) -> None:
    """Let API servers run as RKE from 1.6 on starts them, which does not know the key."""
    for there in person.world.machines.values():
        if found := there.containers.get("kube-apiserver"):
            words = (word.replace(",PodSecurityPolicy", "") for word in found.spec.entrypoint)
            found.spec = replace(found.spec, entrypoint=tuple(word.replace(*SERVED) for word in words))


def test_what_is_enforced_stays_enforced(person: Operator) -> None:
    person.up()
    assert person.script.started == ()
    person.edit(services={"kube-api": {"pod_security_policy": True, "extra_args": {"v": "3"}}})
    person.up()
    assert enforcing(person) == {"n1": True, "n2": True}


def test_it_ends_when_the_key_does(person: Operator) -> None:
    person.up()
    person.edit(services={})
    person.up()
    assert enforcing(person) == {"n1": False, "n2": False}


def test_what_rke_stopped_enforcing_is_not_begun_again_by_another_edit(person: Operator) -> None:
    without_plugin(person)
    person.up()
    assert person.script.started == ()
    person.edit(services={"kube-api": {"pod_security_policy": True, "extra_args": {"v": "3"}}})
    person.up()
    assert enforcing(person) == {"n1": False, "n2": False}


def test_a_host_that_joins_does_as_the_others_do(person: Operator) -> None:
    without_plugin(person)
    person.up()
    person.edit(nodes=[*person.config["nodes"], node(4, "c")])
    person.up()
    assert enforcing(person) == {"n1": False, "n2": False, "n4": False}
