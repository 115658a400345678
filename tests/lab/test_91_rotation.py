"""Certificates, CAs and keys are rotated under a cluster's users, who notice nothing, though runs are killed."""

from __future__ import annotations

import random
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from .cluster import Cluster, assert_well
from .encryption import changed
from .killing import drawn
from .kubectl import Kubectl
from .lab import ALL, FULL, WORKER, Lab
from .pods import pod
from .scenarios.encryption import ENCRYPTION_KEY
from .scenarios.playing import Played, play
from .scenarios.rotation import CA, FINISH, KEY_ROTATION, LEAVES
from .scenarios.scenario import Move, Users
from .scenarios.troubles import Killed

pytestmark = pytest.mark.lab

_OLD_POD = pod("of-old", host=WORKER)
_TOKENS = "kube-service-account-token"
_USERS = Users(service=())
"""Pods of a Service would be in the second roll's way."""


@dataclass(frozen=True, slots=True)
class _Rotated:
    """A rotation, what it restarted and what users noticed of it."""

    played: Played
    restarted: set[tuple[str, str]]

    @property
    def unavoidable(self) -> float:
        """Seconds of the restarts in it, one after the other."""
        ended = (event for event in self.played.run.events if event["event"] == "step-ended")
        return sum(event["seconds"] for event in ended if event["step"].startswith("restart "))

    @property
    def seconds(self) -> float:
        """How long all of it took."""
        return float(
            next(event["seconds"] for event in reversed(self.played.run.events) if event["event"] == "finished")
        )


@pytest.fixture(scope="module")
def cluster(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of all hosts that encrypts Secrets from the first one on, removed at the end."""
    made = ENCRYPTION_KEY.make(lab, tmp_path_factory.mktemp("rotation"))
    yield made
    made.operator.remove()


def _starts(cluster: Cluster) -> Mapping[tuple[str, str], str]:
    return {(host, found["Name"]): found["State"]["StartedAt"] for host in ALL for found in cluster.lab.inspect(host)}


def _rotate(cluster: Cluster, move: Move, kill: random.Random | None = None) -> _Rotated:
    """Rotate while the cluster is used; ``kill`` draws where the run is killed, after which it is run again."""
    before = _starts(cluster)
    played = play(cluster, _USERS, (move,), Killed.drawn((move,), kill) if kill else None)
    after = _starts(cluster)
    return _Rotated(played, {key for key in after if after[key] != before.get(key)})


def _certificate(cluster: Cluster, host: str, port: int) -> str:
    return ssl.get_server_certificate((cluster.lab.address(host), port))


def test_every_server_shows_a_new_certificate_and_only_kubelets_restart(cluster: Cluster, seed: int) -> None:
    ports = {"kube-apiserver": 6443, "kubelet": 10250}
    before = {(host, name): _certificate(cluster, host, port) for host in FULL for name, port in ports.items()}
    done = _rotate(cluster, LEAVES, random.Random(seed))
    after = {(host, name): _certificate(cluster, host, port) for host in FULL for name, port in ports.items()}
    assert {key for key in after if after[key] == before[key]} == set()
    assert {name for _, name in done.restarted} == {"/kubelet"}
    assert done.played.report.kept, done.played.report
    assert_well(cluster.operator, cluster.kubectl)
    assert cluster.operator.up().changed == 0


def test_a_new_key_for_secrets_is_noticed_by_nobody_though_the_run_is_killed(cluster: Cluster, seed: int) -> None:
    (move,) = ENCRYPTION_KEY.moves
    done = changed(cluster, *move.words, kill=drawn(random.Random(seed), move.steps))
    assert done.report.kept, done.report
    (old,), (new,) = done.before, done.after
    assert "" not in (old, new)
    assert old != new
    assert [key.prefix for key in cluster.operator.state.retired_keys] == [old]
    assert cluster.operator.up().changed == 0


@pytest.mark.long
def test_a_new_key_for_tokens_is_noticed_by_nobody_though_a_run_is_killed(cluster: Cluster, seed: int) -> None:
    moves = KEY_ROTATION.moves
    before = cluster.operator.state.bundle[_TOKENS]
    done = play(cluster, _USERS, moves, Killed.drawn(moves, random.Random(seed)))
    assert done.report.kept, done.report
    assert cluster.operator.state.rotation is None
    assert cluster.operator.state.bundle[_TOKENS] != before
    assert_well(cluster.operator, cluster.kubectl)


@pytest.fixture(scope="module")
def old_kubeconfig(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    """What somebody has who was handed the kubeconfig before."""
    path: Path = tmp_path_factory.mktemp("old") / "kubeconfig"
    path.write_text(cluster.operator.kubeconfig.read_text())
    return Kubectl(cluster.kubectl.program, path)


@pytest.fixture(scope="module")
def first(cluster: Cluster, old_kubeconfig: Kubectl) -> _Rotated:
    """The first roll, at whose end a pod of somebody's is in the way."""
    cluster.kubectl.apply(_OLD_POD)
    cluster.kubectl.wait_pods("of-old")
    return _rotate(cluster, replace(CA, status=1))


@pytest.fixture(scope="module")
def second(cluster: Cluster, first: _Rotated) -> _Rotated:
    cluster.kubectl.delete(_OLD_POD)
    return _rotate(cluster, CA)


@pytest.fixture(scope="module")
def third(cluster: Cluster, second: _Rotated) -> _Rotated:
    return _rotate(cluster, FINISH)


@pytest.mark.long
def test_the_first_roll_names_the_pod_that_it_waits_for(first: _Rotated) -> None:
    assert first.played.run.error["evidence"] == ["Pod default/of-old"]
    assert first.played.report.kept, first.played.report


@pytest.mark.long
def test_the_second_roll_is_noticed_by_nobody_but_old_kubeconfigs(second: _Rotated, old_kubeconfig: Kubectl) -> None:
    assert second.played.report.kept, second.played.report
    refused = old_kubeconfig.attempt("get", "nodes")
    assert "x509" in refused.stderr or "certificate" in refused.stderr


@pytest.mark.long
def test_the_third_roll_drops_the_old_ca_everywhere(cluster: Cluster, third: _Rotated) -> None:
    assert third.played.report.kept, third.played.report
    assert cluster.operator.state.rotation is None
    assert cluster.operator.state.bundle["kube-ca"].certificate.count("BEGIN") == 1
    assert_well(cluster.operator, cluster.kubectl)


@pytest.mark.long
def test_a_roll_takes_little_more_than_its_restarts(
    third: _Rotated, record_testsuite_property: Callable[[str, object], None]
) -> None:
    record_testsuite_property("seconds of the third roll", third.seconds)
    record_testsuite_property("seconds of its restarts", third.unavoidable)
    assert third.unavoidable > 0
