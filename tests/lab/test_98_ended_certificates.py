"""The certificates of a cluster that RKE made have ended, and nothing answers: new ones bring it back as it was."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """What was seen.

    Attributes:
        pods: The containers of each pod before and afterwards.
        last: One more ``up``.
    """

    met: Run
    rotated: Run
    pods: tuple[set[str], set[str]]
    last: Run


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Story]:
    """A cluster whose certificates ended, looked at and brought back."""
    cluster = reenacted("rke", tmp_path_factory.mktemp("rke"))
    person = cluster.operator
    try:
        before = _containers(cluster)
        let_certificates_end(cluster)
        person.edit(lambda config: config["system_images"].update(tools=tools_of(cluster.lab)))
        met = person.run("adopt")
        rotated = person.agreed("cert", "rotate")
        cluster.kubectl.wait_nodes(*HOSTS)
        yield _Story(met=met, rotated=rotated, pods=(before, _containers(cluster)), last=person.up())
    finally:
        cluster.lab.down()


def _containers(cluster: Cluster) -> set[str]:
    pods = cluster.kubectl.items("pods", "--all-namespaces", "--field-selector", "status.phase=Running")
    return {found["containerID"] for pod in pods for found in pod["status"]["containerStatuses"]}


def test_the_look_says_what_has_to_be_done_first(story: _Story) -> None:
    assert story.met.status == 1
    assert "expired" in story.met.out
    assert "rke-py cert rotate" in story.met.out


def test_every_component_works_again(story: _Story) -> None:
    assert story.rotated.changed > 0


def test_pods_went_on_meanwhile(story: _Story) -> None:
    before, after = story.pods
    assert before == after


def test_afterwards_there_is_nothing_to_do(story: _Story) -> None:
    assert story.last.changed == 0, story.last.steps
