"""The guides to a cluster's life, done on the simulated fleet as they stand: each command, in its order."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import yaml
from pydantic import SecretStr

from rke_py.errors import RotationWaits
from rke_py.pki.rotation import Kind
from rke_py.plan.steps import Workload
from rke_py.workflows.encryption import Wish
from rke_py.workflows.list_nodes import Standing
from rke_py.workflows.loading import check_config
from rke_py.workflows.recovery import Source
from tests.sim.expect import store_of
from tests.sim.operator import Operator
from tests.workflows.changes import assert_settled, dead, wants
from tests.workflows.guides import Act, Story, elsewhere, plan, told, up

pytestmark = pytest.mark.thorough

ROLES = ("ecw", "ecw", "ecw", "w", "", "", "")
ENCRYPTED = {"kube-api": {"secrets_encryption_config": {"enabled": True}}}
SNAPSHOT = "monday"


@pytest.fixture
def person(running) -> Operator:
    return running(*ROLES)


def as_written(person: Operator) -> None:
    """A host comes, another one changes its roles."""
    wants(person, "ecw", "ecw", "ecw", "ew", "w", "", "")
    person.plan()


def dies_and_is_replaced(person: Operator) -> None:
    dead(person, "n3")
    wants(person, "ecw", "ecw", "", "ew", "w", "ecw", "")
    person.replace("n3", "n6")


def is_known_as_not_clean(person: Operator) -> None:
    assert [listed.name for listed in person.nodes() if listed.standing is Standing.NOT_CLEAN] == ["n3"]


def is_cleaned(person: Operator) -> None:
    person.world.machines["n3"].power_on()
    person.clean("n3")


def a_strangers_machine(person: Operator) -> None:
    wants(person, "ecw", "ecw", "", "ew", "", "ecw", "")
    person.up()
    person.clean(person.world.machines["n5"].address, user="ubuntu")


NODES: Story = (
    ("rke-py plan", as_written),
    ("rke-py up", up),
    ("rke-py node replace node-3 node-7", dies_and_is_replaced),
    ("rke-py node list", is_known_as_not_clean),
    ("rke-py node clean node-3", is_cleaned),
    ("rke-py node clean 192.0.2.7 --user ubuntu --ssh-key-path ~/.ssh/id_ed25519", a_strangers_machine),
)


def looked_at(person: Operator) -> None:
    assert person.upgrade("v1.34.4").wanted == "v1.34.4"


def upgraded(person: Operator) -> None:
    person.edit(kubernetes_version="v1.34.4", upgrade_strategy={"drain": True, "max_unavailable_worker": "10%"})
    person.up()


UPGRADE: Story = (("rke-py upgrade --to v1.34.4", looked_at), ("rke-py up", upgraded))


def rotated(kind: Kind = Kind.LEAVES, **wish: object) -> Act:
    return lambda person: person.rotate(kind, **wish)


def once_more(person: Operator) -> None:
    person.rotate(Kind.AUTHORITIES, restart_workloads=True)
    person.rotate(finish=True)


def given_up(person: Operator) -> None:
    web = Workload(namespace="shop", kind="Deployment", name="web")
    store_of(person).workloads = {web: person.world.now - timedelta(hours=1)}
    with pytest.raises(RotationWaits) as caught:
        person.rotate(Kind.AUTHORITIES)
    assert caught.value.hint.endswith("rke-py cert rotate --abandon.")
    person.rotate(abandon=True)
    store_of(person).workloads.clear()


ROTATION: Story = (
    ("rke-py cert rotate", rotated()),
    ("rke-py cert rotate --service kubelet --service kube-proxy", rotated(services=("kubelet", "kube-proxy"))),
    ("rke-py cert rotate --rotate-ca", rotated(Kind.AUTHORITIES)),
    ("rke-py cert rotate --finish", rotated(finish=True)),
    ("rke-py cert rotate --rotate-ca --restart-workloads", once_more),
    ("rke-py cert rotate --abandon", given_up),
    ("rke-py cert rotate --rotate-ca", elsewhere),
    ("rke-py cert rotate --service-account-key", rotated(Kind.SERVICE_ACCOUNT)),
    ("rke-py cert rotate --finish", rotated(finish=True)),
)


def encrypted(person: Operator) -> None:
    person.edit(services=ENCRYPTED)
    person.plan()


def encrypted_no_more(person: Operator) -> None:
    person.edit(services={"kube-api": {"secrets_encryption_config": {"enabled": False}}})
    person.encrypt(Wish.DISABLE)


SECRETS: Story = (
    ("rke-py plan", encrypted),
    ("rke-py up", up),
    ("rke-py encrypt rotate-key", lambda person: person.encrypt(Wish.ROTATE_KEY)),
    ("rke-py encrypt disable", encrypted_no_more),
    ("rke-py encrypt status", lambda person: person.encryption()),
    (
        "docker exec etcd etcdctl get /registry/secrets/default/mine --print-value-only | head -c 40",
        elsewhere,
    ),
)


def is_gone(person: Operator) -> None:
    (person.folder / "cluster.rkestate").unlink()
    person.recover()


def with_what_lies_beside_a_snapshot(person: Operator) -> None:
    person.state_key = SecretStr("a state key")
    person.up()
    person.snapshot(SNAPSHOT)
    (person.folder / "cluster.rkestate").unlink()
    person.recover(Source.SNAPSHOT, SNAPSHOT)


def with_its_file_alone(person: Operator) -> None:
    person.download(SNAPSHOT)
    (person.folder / "cluster.rkestate").unlink()
    person.recover(Source.SNAPSHOT, str(person.context().snapshots_path / f"{SNAPSHOT}.rkestate"))


def with_cluster_yml_gone_as_well(person: Operator) -> None:
    """Recover beside hosts and version alone, then write cluster.yml of what the state remembers."""
    hosts = ("address", "internal_address", "hostname_override", "user", "role")
    nodes = [{key: node[key] for key in hosts if key in node} for node in person.config["nodes"]]
    version = person.state.configuration["kubernetesVersion"]
    (person.folder / "cluster.rkestate").unlink()
    person.path.write_text(yaml.safe_dump({"kubernetes_version": version, "nodes": nodes}))
    person.recover()
    found = json.loads((person.folder / "cluster.rkestate").read_text())
    person.path.write_text(json.dumps({"rancherKubernetesEngineConfig": found["currentState"]["rkeConfig"]}))


def nothing_to_do(person: Operator) -> None:
    assert not any(step.host for step in person.plan().steps)


RECOVERY: Story = (
    ("rke-py state pull", lambda person: person.pull()),
    ("rke-py state recover", is_gone),
    ("rke-py plan", plan),
    (
        "RKE_PY_STATE_KEY=... rke-py state recover --from snapshot --snapshot monday",
        with_what_lies_beside_a_snapshot,
    ),
    ("RKE_PY_STATE_KEY=... rke-py state recover --from snapshot --snapshot ./monday.rkestate", with_its_file_alone),
    ("rke-py state recover", with_cluster_yml_gone_as_well),
    ("rke-py config validate", lambda person: check_config(person.path)),
    ("rke-py plan", nothing_to_do),
    ("rke-py state push", lambda person: person.push()),
)


@pytest.mark.parametrize(
    ("page", "story"), [("nodes", NODES), ("rotate-certificates", ROTATION), ("recover-state", RECOVERY)]
)
def test_a_guide_leads_where_it_says(person, page, story):
    person.preload()
    told(f"docs/how-to/{page}.md", story, person)
    person.up()
    assert_settled(person)


def test_secrets_are_encrypted_get_a_new_key_and_are_plain_again_as_the_guide_says(person):
    told("docs/how-to/encrypt-secrets.md", SECRETS, person)
    assert_settled(person)


def test_the_guide_leads_to_the_next_release(running):
    person = running(*ROLES, kubernetes_version="v1.33.13")
    told("docs/how-to/upgrade.md", UPGRADE, person)
    assert {seen.kubelet_version for seen in store_of(person).nodes.values()} == {"v1.34.4"}
    assert_settled(person)
