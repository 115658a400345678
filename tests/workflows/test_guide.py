"""The guide out of RKE's releases, done on the simulated fleet as it stands: each of its commands, in its order."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from rke_py.errors import Interrupted
from rke_py.pki.rotation import Kind
from rke_py.workflows.adoption import adoption
from rke_py.workflows.context import never
from tests.docs.pages import blocks
from tests.sim.expect import store_of
from tests.sim.left_by_rke import made_by_rke
from tests.sim.operator import Operator
from tests.workflows.changes import assert_settled
from tests.workflows.guides import Story, elsewhere, is_healthy, plan, told
from tests.workflows.migrating import ROLES, moved

GUIDE = "docs/how-to/migrate.md"
OLD = "v1.31.6-rancher1-1"

pytestmark = pytest.mark.thorough


def adopt(person: Operator) -> None:
    assert adoption(person.context()).ready


def take_over(person: Operator) -> None:
    assert person.up().plan.empty


def to_the_last_of_rke(person: Operator) -> None:
    looked_at(person, "v1.32.6-rancher1-1")
    person.edit(kubernetes_version="v1.32.6-rancher1-1")
    person.up()
    assert person.up().plan.empty


def as_the_file_says(person: Operator) -> None:
    (file,) = (block for block in blocks() if block.page == GUIDE and block.title == "cluster.yml")
    person.edit(**yaml.safe_load(file.text))
    looked_at(person, "v1.33.13")


def looked_at(person: Operator, version: str) -> None:
    assert person.upgrade(version).wanted == version


def all_but_one(person: Operator) -> None:
    """Run ``up`` and let it rest before the last host."""
    script = person.next_script()
    person.stops = lambda: ("n4", "uncordon the node") in script.started
    with pytest.raises(Interrupted):
        person.up()
    person.stops = never
    assert moved(person) == ["n1", "n2", "n3", "n4"]


def the_last_one(person: Operator) -> None:
    person.next_script()
    person.only = frozenset({"n5"})
    person.up()
    person.only = frozenset()
    assert moved(person) == ["n5"]
    person.up()
    assert store_of(person).left_by_rke == set()


def to_the_newest(person: Operator) -> None:
    looked_at(person, "v1.34.4")
    person.edit(kubernetes_version="v1.34.4")
    person.up()


STORY: Story = (
    ("rke-py adopt", adopt),
    ("rke-py up", take_over),
    ("rke-py status", is_healthy),
    ("rke-py config versions --newest", elsewhere),
    ("rke-py upgrade --to v1.32.6-rancher1-1", to_the_last_of_rke),
    ("rke-py images build --load-all", elsewhere),
    ("rke-py upgrade --to v1.33.13 --diff", as_the_file_says),
    ("rke-py etcd snapshot save --name before-v1.33", lambda person: person.snapshot("before-v1.33")),
    ("rke-py plan", plan),
    ("rke-py up", all_but_one),
    ("rke-py up --only node-7", the_last_one),
    ("rke-py doctor", lambda person: person.doctor()),
    ("rke-py cert rotate --rotate-ca", lambda person: person.rotate(Kind.AUTHORITIES)),
    ("rke-py upgrade --to v1.34.4", to_the_newest),
    ("rke-py state recover", elsewhere),
)
"""Every command of the guide, and what an operator does with it and with what the text beside it says."""


TAKEN_OVER: Story = (
    ("rke-py adopt", adopt),
    ("rke-py cert rotate", lambda person: person.rotate()),
    ("rke-py cert rotate --rotate-ca", elsewhere),
    ("rke-py up", take_over),
    ("rke-py status", is_healthy),
    ("rke-py plan --diff", plan),
    ("rke-py etcd snapshot restore 2026-11-26T03:00:00Z_etcd", elsewhere),
    ("rke-py up --clean-leftovers", lambda person: person.up(leftovers=True)),
    ("rke-py upgrade --to v1.32.6-rancher1-1", to_the_last_of_rke),
)


def test_a_cluster_is_taken_over_and_lives_on_in_rkes_releases(folder: Path) -> None:
    person = made_by_rke(folder, *ROLES, kubernetes_version=OLD)
    told("docs/how-to/take-over.md", TAKEN_OVER, person)
    assert_settled(person)


def test_the_guide_leads_from_rke_to_the_newest_release(folder: Path) -> None:
    plugins = {"network": {"plugin": "canal"}, "ingress": {"provider": "nginx"}}
    person = made_by_rke(folder, *ROLES, kubernetes_version=OLD, **plugins)
    told(GUIDE, STORY, person)
    assert {node.kubelet_version for node in store_of(person).nodes.values()} == {"v1.34.4"}
    assert_settled(person)
