"""The authorities of a cluster that RKE made have ended too: new ones bring it back as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.plan.rke.recorded import HOSTS

from .cluster import Cluster
from .operator import Run
from .rke.aged import let_certificates_end
from .rke.reenact import reenacted, tools_of

pytestmark = [pytest.mark.lab, pytest.mark.rke, pytest.mark.long]

_COMMAND = ("cert", "rotate", "--rotate-ca")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """What was seen.

    Attributes:
        refused: ``up`` before anything was done.
        last: One more ``up``.
        members: The ids of etcd's members before and afterwards.
    """

    cluster: Cluster
    met: Run
    refused: Run
    rotated: Run
    last: Run
    members: tuple[str, str]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Story]:
    """A cluster whose authorities ended, looked at and brought back."""
    cluster = reenacted("rke", tmp_path_factory.mktemp("rke"))
    person = cluster.operator
    try:
        cluster.kubectl("create", "configmap", "kept", "--from-literal=word=yes")
        before = _members(cluster)
        let_certificates_end(cluster, authorities=True)
        person.edit(lambda config: config["system_images"].update(tools=tools_of(cluster.lab)))
        met, refused = person.run("adopt"), person.up(status=1)
        rotated = person.agreed(*_COMMAND, "--restart-workloads")
        cluster.kubectl.wait_nodes(*HOSTS)
        yield _Story(
            cluster=cluster,
            met=met,
            refused=refused,
            rotated=rotated,
            last=person.up(),
            members=(before, _members(cluster)),
        )
    finally:
        cluster.lab.down()


def _members(cluster: Cluster) -> str:
    host = next(iter(HOSTS))
    listed = cluster.lab.docker(host, "exec", "etcd", "etcdctl", "member", "list")
    return "\n".join(sorted(line.split(",")[0] for line in listed.splitlines()))


def test_the_look_and_up_name_the_authority_its_end_and_the_command(story: _Story) -> None:
    assert story.met.status == 1
    for told in (story.met.out, story.refused.error["what"]):
        assert "kube-ca ended on 2021-01-01" in told
        assert f"rke-py {' '.join(_COMMAND)}" in told


def test_every_component_works_again_with_what_was_stored(story: _Story) -> None:
    assert story.rotated.changed > 0
    before, after = story.members
    assert before == after
    told = story.cluster.kubectl("get", "configmap", "kept", "--output", "jsonpath={.data.word}")
    assert told == "yes"


def test_one_authority_is_left_and_no_rotation(story: _Story) -> None:
    state = story.cluster.operator.state
    assert state.rotation is None
    assert state.bundle["kube-ca"].certificate.count("BEGIN") == 1


def test_pods_of_every_namespace_are_given_the_new_authority(story: _Story) -> None:
    wanted = story.cluster.operator.state.bundle["kube-ca"].certificate.strip()
    found = story.cluster.kubectl.items("configmaps", "--all-namespaces")
    given = [one["data"]["ca.crt"].strip() for one in found if one["metadata"]["name"] == "kube-root-ca.crt"]
    assert given
    assert set(given) == {wanted}


def test_afterwards_there_is_nothing_to_do(story: _Story) -> None:
    assert story.last.changed == 0, story.last.steps
