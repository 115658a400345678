"""Encryption of Secrets ends and begins under those who use them, and they notice nothing.

That a new key is noticed by nobody is tried on the cluster of ``test_91_rotation.py``.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest

from .cluster import Cluster, assert_well
from .encryption import asking, changed, values
from .killing import drawn
from .lab import FULL, Lab
from .scenarios.encryption import ENCRYPTION_KEY
from .scenarios.scenario import new_cluster

pytestmark = [pytest.mark.lab, pytest.mark.long]

_FILE = "/etc/kubernetes/ssl/encryption.yaml"


@pytest.fixture(scope="module")
def cluster(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of all hosts that encrypts nothing, removed at the end."""
    made = new_cluster()(lab, tmp_path_factory.mktemp("encryption"))
    yield made
    made.operator.remove()


def _hosts_with_keys(cluster: Cluster) -> list[str]:
    return [host for host in FULL if cluster.lab.succeeds(host, "test", "-e", _FILE)]


def test_it_begins_on_a_cluster_that_runs(cluster: Cluster) -> None:
    cluster.operator.edit(asking(enabled=True))
    done = changed(cluster, "encrypt", "enable")
    assert done.report.kept, done.report
    assert set(done.before) == {""}
    assert "" not in done.after
    assert len(done.after) == 1
    assert _hosts_with_keys(cluster) == list(FULL)
    assert cluster.operator.up().changed == 0


def test_a_run_that_was_killed_is_continued_by_up(cluster: Cluster, seed: int) -> None:
    (move,) = ENCRYPTION_KEY.moves
    done = changed(cluster, *move.words, kill=drawn(random.Random(seed), move.steps))
    assert done.report.kept, done.report
    (old,), (new,) = done.before, done.after
    assert old != new
    assert cluster.operator.up().changed == 0


def test_it_ends(cluster: Cluster) -> None:
    cluster.operator.edit(asking(enabled=False))
    done = changed(cluster, "encrypt", "disable")
    assert done.report.kept, done.report
    assert set(done.after) == {""}
    assert _hosts_with_keys(cluster) == []
    assert cluster.operator.up().changed == 0
    assert_well(cluster.operator, cluster.kubectl)


def test_retired_keys_are_kept_and_shown_by_name_alone(cluster: Cluster) -> None:
    retired = cluster.operator.state.retired_keys
    told = json.loads(cluster.operator.run("encrypt", "status", "--output", "json").out)
    assert [key["key"] for key in told["keys"] if key["use"] == "retired"] == list(map(str, retired))
    assert [key["values"] for key in told["keys"] if key["use"] == "writes"] == [sum(values(cluster).values())]
    secrets = [key["secret"] for old in retired for key in json.loads(old.section)["keys"]]
    assert len(secrets) == 2
    shown = "\n".join(cluster.operator.shown)
    assert not [secret for secret in secrets if secret in shown]
