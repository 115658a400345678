"""A cluster whose folders lie below a prefix, with etcd as a user of its own: its whole life on two hosts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from .cluster import pods_not_running
from .kubectl import Kubectl
from .lab import WORKER, Lab
from .operator import Operator, Run
from .operator import operator as make_operator
from .traces import Traces, differences, of_hosts
from .waiting import until

pytestmark = [pytest.mark.lab, pytest.mark.long]

_HOST, _PREFIX, _USER, _LATER = "n2", "/opt/rke", 52034, 52035
_USUAL = "/var/lib/etcd /var/lib/kubelet $(ls -d /etc/kubernetes 2>/dev/null || true)"


@dataclass(frozen=True, slots=True)
class _Life:
    """What was seen from the first ``up`` to ``remove``."""

    before: Mapping[str, Traces]
    usual: str
    owner: str
    second: Run
    moved: Run
    handed: Run
    later: str
    removed: Run


@pytest.fixture(scope="module")
def life(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> _Life:
    """A cluster of a host for all and one that works, from nothing to nothing."""
    person = make_operator(lab, tmp_path_factory.mktemp("prefix"), (_HOST, WORKER), metrics=False)
    before = of_hosts(lab, (_HOST, WORKER))
    _edit(person, _PREFIX, _USER)
    person.up()
    kubectl = Kubectl(lab.kubectl, person.kubeconfig)
    _well(kubectl)
    usual, owner = lab.shell(_HOST, f"find {_USUAL} -mindepth 1 -not -path '*/device-plugins*'"), _owner(lab)
    second = person.up()
    _edit(person, "/data", _USER)
    moved = person.up(status=1)
    _edit(person, _PREFIX, _LATER)
    handed = person.up()
    _well(kubectl)
    return _Life(
        before=before,
        usual=usual,
        owner=owner,
        second=second,
        moved=moved,
        handed=handed,
        later=_owner(lab),
        removed=person.run("remove", "--yes", "--delete-snapshots"),
    )


def _edit(person: Operator, prefix: str, user: int) -> None:
    def change(config: dict[str, Any]) -> None:
        config["prefix_path"] = prefix
        config["services"] = {**config.get("services", {}), "etcd": {"uid": user, "gid": user}}

    person.edit(change)


def _well(kubectl: Kubectl) -> None:
    kubectl.wait_nodes(_HOST, WORKER)
    until(lambda: not pods_not_running(kubectl), "all pods of the system Running", seconds=180)


def _owner(lab: Lab) -> str:
    """Return the users that etcd's process runs as and that own its data, each once."""
    data = lab.run(_HOST, "find", f"{_PREFIX}/var/lib/etcd", "-printf", "%U:%G\\n").split()
    (etcd,) = lab.inspect(_HOST, "etcd")
    process = lab.run(_HOST, "stat", "--format", "%u:%g", f"/proc/{etcd['State']['Pid']}")
    return " ".join(sorted({*data, process.strip()}))


def test_nothing_lies_at_the_usual_places(life: _Life) -> None:
    assert life.usual == ""


def test_etcd_and_its_data_are_the_users(life: _Life) -> None:
    assert life.owner == f"{_USER}:{_USER}"


def test_nothing_is_left_to_do(life: _Life) -> None:
    assert life.second.changed == 0


def test_another_prefix_is_refused(life: _Life) -> None:
    assert f"below {_PREFIX}, not below /data" in life.moved.faults[0]["what"]
    assert life.moved.steps == ()


def test_another_user_is_handed_the_data(life: _Life) -> None:
    assert life.later == f"{_LATER}:{_LATER}"
    assert [(host, step) for host, step in life.handed.steps if host != _HOST] == []


def test_after_remove_the_hosts_are_as_they_were_found(lab: Lab, life: _Life) -> None:
    assert life.removed.status == 0, life.removed.explained()
    assert differences(life.before, of_hosts(lab, (_HOST, WORKER))) == []
