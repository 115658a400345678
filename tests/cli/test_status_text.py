import json

from rke_py.cli.status_text import aligned, status_json, status_lines
from rke_py.plan.observed import EtcdMember
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
)
WELL = HostStatus(
    name="n1", address="10.0.0.1", roles=("controlplane", "etcd"), ready=True, version="v1.34.4", components=(ETCD,)
)
HEALTHY = ClusterStatus(name="demo", version="v1.34.4", api=True, hosts=(WELL,), etcd=(MEMBER,))


def test_a_healthy_cluster_is_two_tables():
    assert list(status_lines(HEALTHY)) == [
        "cluster demo, Kubernetes v1.34.4: healthy, the API answers",
        "",
        "HOST  ADDRESS   ROLES              NODE   VERSION  COMPONENTS",
        "n1    10.0.0.1  controlplane,etcd  Ready  v1.34.4  1/1 healthy",
        "",
        "ETCD MEMBER  ROLE    VERSION  SIZE    HEALTH",
        "n1           leader  3.6.16   2.1 MB  healthy",
    ]


def test_what_is_wrong_is_spelled_out_below():
    hosts = (
        HostStatus(name="n1", address="10.0.0.1", roles=("worker",), ready=False, components=(ETCD, KUBELET)),
        HostStatus(name="n2", address="10.0.0.2", roles=("worker",), fault="connection refused"),
        HostStatus(name="n3", address="10.0.0.3", roles=("worker",), ready=True, schedulable=False),
        HostStatus(name="n4", address="10.0.0.4", roles=("worker",)),
    )
    member = EtcdMember(id="a1", name="", peer_urls=(), learner=True, fault="no answer", alarms=("NOSPACE",))
    sick = ClusterStatus(name="demo", version="v1.34.4", api=False, hosts=hosts, etcd=(member,))
    head, _, _, first, second, third, fourth, *_, kubelet, unreachable, silent, alarm = status_lines(sick)
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
    assert list(data) == ["healthy", "name", "version", "api", "hosts", "etcd", "external_etcd"]
    assert data["healthy"] is True
    assert data["hosts"][0]["ready"] is True
    assert data["hosts"][0]["components"] == [{"name": "etcd", "container": "running", "healthy": True, "detail": ""}]
    assert data["etcd"][0]["leader"] is True


def test_columns_are_as_wide_as_their_widest_cell():
    assert list(aligned([("a", "bb"), ("cccc", "d")])) == ["a     bb", "cccc  d"]
