import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rke_py.cli.status_text import aligned, coloured_status, look_json, look_lines, status_json, status_lines
from rke_py.errors import ApiUnavailable, Problem
from rke_py.pki.expiry import Expiry
from rke_py.plan.observed_etcd import EtcdMember
from rke_py.rollout.history import Ending, LastRun
from rke_py.workflows.drift import Difference, Drift
from rke_py.workflows.status import ClusterStatus, ComponentStatus, HostStatus

ETCD = ComponentStatus(name="etcd", container="running", healthy=True)
KUBELET = ComponentStatus(name="kubelet", container="exited", healthy=False, detail="exit status 1")
MEMBER = EtcdMember(
    id="a1",
    name="n1",
    peer_urls=("https://10.0.0.1:2380",),
    healthy=True,
    leader=True,
    version="3.6.16",
    db_size=2_100_000,
    raft_index=50,
)
WELL = HostStatus(
    name="n1", address="10.0.0.1", roles=("controlplane", "etcd"), ready=True, version="v1.34.4", components=(ETCD,)
)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=300)
HEALTHY = ClusterStatus(
    name="demo",
    version="v1.34.4",
    api=True,
    at=NOW,
    hosts=(WELL,),
    etcd=(MEMBER,),
    ending=(Expiry(name="kube-proxy", not_after=LATER, days=300),),
    last_run=LastRun(run="a1", began=NOW, ended=NOW, ending=Ending.DONE, steps=1),
)


def test_a_healthy_cluster_is_two_tables():
    assert list(status_lines(HEALTHY)) == [
        "cluster demo, Kubernetes v1.34.4: healthy, the API answers",
        "",
        "HOST  ADDRESS   ROLES              NODE   VERSION  COMPONENTS",
        "n1    10.0.0.1  controlplane,etcd  Ready  v1.34.4  1/1 healthy",
        "",
        "ETCD MEMBER  ROLE    VERSION  SIZE    LAG  HEALTH",
        "n1           leader  3.6.16   2.1 MB  0    healthy",
        "",
        "certificate kube-proxy ends on 2027-09-17, in 300 days",
        "it is as cluster.yml wants it",
        "last run: 2026-11-21 12:00 UTC, 1 step, done",
    ]


def test_what_is_wrong_is_spelled_out_below():
    hosts = (
        HostStatus(name="n1", address="10.0.0.1", roles=("worker",), ready=False, components=(ETCD, KUBELET)),
        HostStatus(name="n2", address="10.0.0.2", roles=("worker",), fault="connection refused"),
        HostStatus(name="n3", address="10.0.0.3", roles=("worker",), ready=True, schedulable=False),
        HostStatus(name="n4", address="10.0.0.4", roles=("worker",)),
    )
    member = EtcdMember(id="a1", name="", peer_urls=(), learner=True, fault="no answer", alarms=("NOSPACE",))
    sick = ClusterStatus(name="demo", version="v1.34.4", api=False, at=NOW, hosts=hosts, etcd=(member,))
    head, _, _, first, second, third, fourth, *_, kubelet, unreachable, silent, alarm, _, _, _ = status_lines(sick)
    assert head == "cluster demo, Kubernetes v1.34.4: NOT healthy, the API does not answer"
    assert first.split()[3:] == ["NotReady", "-", "1/2", "healthy"]
    assert second.split()[3:] == ["unreachable", "-", "-"]
    assert third.split()[3] == "Ready,cordoned"
    assert fourth.split()[3] == "unknown"
    assert kubelet == "n1: kubelet is exited, not healthy: exit status 1"
    assert unreachable == "n2: connection refused"
    assert silent == "etcd member a1: no answer"
    assert alarm == "etcd member a1 raised NOSPACE"


def test_the_json_says_first_whether_all_is_well():
    data = json.loads(json.dumps(status_json(HEALTHY)))
    assert list(data)[:7] == ["healthy", "name", "version", "api", "hosts", "etcd", "external_etcd"]
    assert data["at"] == "2026-11-21T12:00:00Z"
    assert data["ending"] == [{"name": "kube-proxy", "not_after": "2027-09-17T12:00:00Z", "days": 300}]
    assert data["last_run"]["ending"] == "done"
    assert data["healthy"] is True
    assert data["hosts"][0]["ready"] is True
    assert data["hosts"][0]["components"] == [{"name": "etcd", "container": "running", "healthy": True, "detail": ""}]
    assert data["etcd"][0]["leader"] is True


STEPS = tuple(Difference(host=f"n{number}", step="replace kubelet") for number in range(1, 13))
FAILED = LastRun(
    run="a1", began=NOW, ended=NOW, ending=Ending.FAILED, steps=2, at="n2 replace etcd", error="n2: no space left"
)
AT_WORK = replace(FAILED, ending=Ending.UNDER_WAY, by="me@desk, process 7, since then", error="")
BEHIND = replace(MEMBER, id="a2", name="n2", leader=False, raft_index=20)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"drift": Drift(steps=STEPS[:1])}, "it differs from cluster.yml, 1 step for rke-py up", id="one"),
        pytest.param({"drift": Drift(steps=STEPS[:1])}, "  n1 replace kubelet", id="step"),
        pytest.param({"drift": Drift(steps=STEPS)}, "  and 2 more", id="many"),
        pytest.param({"drift": Drift(unseen=("n4",))}, "wants it, as far as can be told without n4", id="unseen"),
        pytest.param({"drift": Drift(unknown="no CA")}, "cannot be told: no CA", id="unknown"),
        pytest.param(
            {"drift": Drift(refused=(Problem(where="dns", what="is another"),))},
            "rke-py up refuses: dns: is another",
            id="refused",
        ),
        pytest.param({"last_run": FAILED}, "2 steps, failed at: n2 replace etcd: n2: no space left", id="failed"),
        pytest.param({"last_run": AT_WORK}, "under way, by me@desk, process 7, since then at: n2", id="at work"),
        pytest.param({"last_run": None}, "last run: the journal has none", id="no journal"),
        pytest.param({"under_way": ("CA rotation",)}, "under way: CA rotation", id="under way"),
        pytest.param({"warnings": (Problem(where="kube-ca", what="ends soon"),)}, "warning: kube-ca: ends", id="warn"),
        pytest.param({"etcd": (MEMBER, BEHIND)}, "2.1 MB  30   healthy", id="lag"),
        pytest.param({"ending": (Expiry(name="x", not_after=NOW, days=-1),)}, "which is over", id="ended"),
    ],
)
def test_what_is_to_come_is_said(change, said):
    assert said in "\n".join(status_lines(replace(HEALTHY, **change)))


def test_a_look_of_a_watch_that_failed_says_why():
    fault = ApiUnavailable("list nodes: no API server answered")
    assert list(look_lines(fault)) == ["Error: kube-apiserver: list nodes: no API server answered"]
    told = look_json(fault)
    assert (told["healthy"], told["error"]["type"]) == (False, "ApiUnavailable")


def test_what_is_ill_is_red_unless_the_environment_says_otherwise(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert coloured_status("n1  NotReady") == "n1  NotReady"
    monkeypatch.delenv("NO_COLOR")
    assert coloured_status("n1  NotReady").startswith("\x1b[31m")


def test_columns_are_as_wide_as_their_widest_cell():
    assert list(aligned([("a", "bb"), ("cccc", "d")])) == ["a     bb", "cccc  d"]
