"""A cluster that RKE made on Azure, whose containers complete the cloud-config on their hosts at each start."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rke_py.workflows.adoption import adoption
from tests.sim.left_by_rke import made_by_rke
from tests.sim.machine import Machine
from tests.sim.operator import Operator
from tests.workflows.changes import assert_settled

CLOUD_CONFIG = "/etc/kubernetes/cloud-config"
FILLED = {"location": "westeurope", "resourceGroup": "shop", "vnetName": "shop-net", "useInstanceMetadata": True}
GIVEN = {"tenantId": "t", "subscriptionId": "s", "aadClientId": "i", "aadClientSecret": "secret"}


def complete(machine: Machine) -> None:
    """Do what the entrypoint of RKE's containers does: fill in what is empty, and write the file once more."""
    file = machine.files[CLOUD_CONFIG]
    given = {key: value for key, value in json.loads(file.content).items() if value}
    text = json.dumps(json.loads(file.content) | FILLED | given | {"useInstanceMetadata": True}, indent=2)
    machine.files[CLOUD_CONFIG] = replace(file, content=text.encode(), modified=machine.world.now + machine.skew)


@pytest.fixture
def azure(folder: Path) -> Callable[..., Operator]:
    """Make the operator of a cluster whose hosts have completed their files."""

    def make(**more: Any) -> Operator:
        cloud = {"name": "azure", "azureCloudProvider": GIVEN | more}
        person = made_by_rke(folder, "ecw", "w", kubernetes_version="v1.26.15-rancher1-1", cloud_provider=cloud)
        for machine in person.world.machines.values():
            complete(machine)
        person.world.time.pass_time(60)
        return person

    return make


def edit(person: Operator, **cloud: Any) -> None:
    person.edit(cloud_provider={"name": "azure", "azureCloudProvider": GIVEN | cloud})


def settings(person: Operator, host: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(person.world.machines[host].files[CLOUD_CONFIG].content)
    return found


def test_taking_it_over_touches_nothing(azure: Callable[..., Operator]) -> None:
    person = azure()
    assert adoption(person.context()).drift.steps == ()
    person.up()
    assert person.script.started == ()
    assert_settled(person)


def test_a_host_that_started_again_is_left_alone(azure: Callable[..., Operator]) -> None:
    person = azure()
    person.up()
    person.world.time.pass_time(3600)
    person.world.machines["n2"].reboot()
    complete(person.world.machines["n2"])
    person.world.time.pass_time(60)
    assert person.up().plan.empty


def test_what_somebody_changed_on_a_host_is_put_back(azure: Callable[..., Operator]) -> None:
    person = azure()
    machine = person.world.machines["n2"]
    file = machine.files[CLOUD_CONFIG]
    machine.files[CLOUD_CONFIG] = replace(file, content=file.content.replace(b'"tenantId": "t"', b'"tenantId": "x"'))
    person.up()
    assert {host for host, _ in person.script.changes} == {"n2"}
    assert settings(person, "n2")["tenantId"] == "t"


@pytest.mark.parametrize("more", [{"location": "northeurope"}, {"vmType": "vmss"}], ids=["filled in", "not"])
def test_what_cluster_yml_says_anew_reaches_every_host(azure: Callable[..., Operator], more: dict[str, str]) -> None:
    person = azure()
    edit(person, **more)
    person.up()
    for host in ("n1", "n2"):
        assert more.items() <= settings(person, host).items()
        complete(person.world.machines[host])
    person.world.time.pass_time(60)
    assert person.up().plan.empty


def test_what_is_taken_out_of_cluster_yml_goes_from_every_host(azure: Callable[..., Operator]) -> None:
    person = azure(routeTableName="routes")
    edit(person)
    person.up()
    assert [settings(person, host)["routeTableName"] for host in ("n1", "n2")] == ["", ""]
