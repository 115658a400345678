"""What RKE itself made on a real machine differs in nothing from what is planned for it.

``made/`` has the cluster.yml that was given to RKE (branch release/v1.7) and ``docker inspect`` of one of its three
hosts, as far as it is compared; the cluster is gone.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rke_py.cluster.resolve import resolve
from rke_py.config.load import load
from rke_py.plan.compare import differences
from rke_py.plan.offline import planned_hosts
from rke_py.transport.container_json import found_container

MADE = Path(__file__).parent / "made"
IMAGE_ENV = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",)
INSPECTED = {found["Name"].lstrip("/"): found for found in json.loads((MADE / "inspect-r1.json").read_text())}


@pytest.mark.parametrize("name", INSPECTED)
def test_a_container_that_rke_made_would_be_left_alone(name):
    cluster = resolve(load((MADE / "cluster.yml").read_text()).config)
    wanted = {spec.name: spec for spec in planned_hosts(cluster)[0].containers}
    assert differences(wanted[name], found_container(INSPECTED[name], IMAGE_ENV)) == ()


def test_it_has_the_containers_that_are_planned():
    cluster = resolve(load((MADE / "cluster.yml").read_text()).config)
    assert {spec.name for spec in planned_hosts(cluster)[0].containers} == INSPECTED.keys()
