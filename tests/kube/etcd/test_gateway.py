from __future__ import annotations

import pytest

from rke_py.errors import EtcdError, EtcdUnavailable
from rke_py.kube.etcd.gateway import Gateway
from rke_py.kube.etcd.look import look
from rke_py.plan.observed_etcd import ObservedEtcd

from .fake_member import BIG, FakeMember, member, serving_member


@pytest.fixture
def fake():
    return FakeMember(own=1, listed=[member(1, "etcd-node-1"), member(BIG, "etcd-node-2")])


@pytest.fixture
def gateway(fake, tmp_path):
    with serving_member(fake, tmp_path) as gateway:
        yield gateway


def test_members_have_hexadecimal_ids(gateway):
    listed = gateway.members()
    assert listed.cluster_id == "abc"
    assert [(item.id, item.name, item.learner) for item in listed.members] == [
        ("1", "etcd-node-1", False),
        ("f2266956884e2d65", "etcd-node-2", False),
    ]
    assert listed.members[0].peer_urls == ("https://10.0.0.1:2380",)


def test_status_tells_who_leads(gateway, fake):
    status = gateway.status()
    assert (status.member_id, status.version, status.is_leader) == ("1", "3.6.16", True)
    fake.leader = 0
    assert gateway.status().leader == ""
    assert not gateway.status().is_leader


@pytest.mark.parametrize(
    ("call", "path", "body"),
    [
        (lambda g: g.promote("f2266956884e2d65"), "cluster/member/promote", {"ID": str(BIG)}),
        (lambda g: g.remove("f2266956884e2d65"), "cluster/member/remove", {"ID": str(BIG)}),
        (lambda g: g.transfer_leadership("a"), "maintenance/transfer-leadership", {"targetID": "10"}),
        (
            lambda g: g.add_learner(["https://10.0.0.3:2380"]),
            "cluster/member/add",
            {"peerURLs": ["https://10.0.0.3:2380"], "isLearner": True},
        ),
        (
            lambda g: g.disarm("a", "NOSPACE"),
            "maintenance/alarm",
            {"action": "DEACTIVATE", "memberID": "10", "alarm": "NOSPACE"},
        ),
        (lambda g: g.defragment(), "maintenance/defragment", {}),
    ],
)
def test_what_is_asked_of_etcd(gateway, fake, call, path, body):
    call(gateway)
    assert fake.asked[-1] == (f"/v3/{path}", body)


def test_a_new_learner_has_an_id(gateway):
    assert gateway.add_learner(["https://10.0.0.3:2380"]) == "2a"


def test_alarms_are_told_by_member(gateway, fake):
    fake.alarms = [{"memberID": "10", "alarm": "NOSPACE"}, {"memberID": "10", "alarm": "CORRUPT"}]
    assert gateway.alarms() == {"a": ("NOSPACE", "CORRUPT")}


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        (14, "etcdserver: unhealthy cluster", EtcdUnavailable),
        (14, "etcdserver: no leader", EtcdUnavailable),
        (9, "etcdserver: can only promote a learner member which is in sync with leader", EtcdUnavailable),
        (9, "etcdserver: re-configuration failed due to not enough started members", EtcdUnavailable),
        (9, "etcdserver: too many learner members in cluster", EtcdError),
        (5, "etcdserver: member not found", EtcdError),
    ],
)
def test_a_refusal_carries_etcds_words_and_whether_to_ask_again(gateway, fake, code, message, error):
    fake.refusal = {"code": code, "message": message}
    with pytest.raises(EtcdError) as refused:
        gateway.promote("1")
    assert type(refused.value) is error
    assert (refused.value.code, str(refused.value)) == (code, f"node-1: {message}")


def test_a_member_that_is_not_there_is_unavailable(fake, tmp_path):
    with serving_member(fake, tmp_path, there=False) as gateway:
        assert not gateway.health().ok
        with pytest.raises(EtcdUnavailable, match="node-1: etcd does not answer"):
            gateway.status()


def test_health_is_etcds_own_word(gateway, fake):
    assert gateway.health().ok
    fake.alarms = [{"memberID": "10", "alarm": "CORRUPT"}]
    assert gateway.health().detail == '{"health":"false","reason":"ALARM CORRUPT"}'
    assert not gateway.health().ok


def test_a_member_whose_database_is_full_is_healthy_so_that_it_can_be_mended(gateway, fake):
    fake.alarms = [{"memberID": "10", "alarm": "NOSPACE"}]
    assert gateway.health().ok
    assert gateway.health(serializable=True).ok


def test_a_snapshot_is_streamed(gateway, fake):
    assert b"".join(gateway.snapshot())[:8] == b"database"
    fake.refusal = {"code": 14, "message": "etcdserver: stopped"}
    with pytest.raises(EtcdUnavailable, match="stopped"):
        list(gateway.snapshot())


def test_nobody_answers(fake, tmp_path):
    with serving_member(fake, tmp_path, there=False) as gateway:
        assert look({"node-1": gateway}) == ObservedEtcd()


def test_the_cluster_is_told_by_all_its_members_together(fake, tmp_path):
    other = FakeMember(own=BIG, listed=fake.listed, leader=1)
    with serving_member(fake, tmp_path) as one, serving_member(other, tmp_path, name="node-2") as two:
        observed = look({"node-1": one, "node-2": two})
    assert observed.cluster_id == "abc"
    assert [(m.name, m.healthy, m.leader, m.fault) for m in observed.members] == [
        ("etcd-node-1", True, True, ""),
        ("etcd-node-2", True, False, ""),
    ]


def test_a_silent_member_says_why(fake, tmp_path):
    other = FakeMember(own=BIG, listed=fake.listed)
    with serving_member(fake, tmp_path) as one, serving_member(other, tmp_path, name="node-2", there=False) as two:
        silent = look({"node-1": one, "node-2": two}).members[1]
    assert not silent.healthy
    assert "node-2: etcd does not answer" in silent.fault


def test_a_member_without_a_host_is_still_a_member(gateway):
    missing = look({"node-1": gateway}).members[1]
    assert (missing.name, missing.healthy, missing.fault) == (
        "etcd-node-2",
        False,
        "none of the hosts answers for it",
    )


def test_a_host_with_another_cluster_does_not_speak_for_a_member(fake, tmp_path):
    third = FakeMember(own=3, listed=fake.listed)
    foreign = FakeMember(own=BIG, cluster=0xBAD, listed=[member(BIG, "etcd-node-2")])
    with (
        serving_member(fake, tmp_path) as one,
        serving_member(foreign, tmp_path, name="node-2") as two,
        serving_member(third, tmp_path, name="node-3") as three,
    ):
        observed = look({"node-1": one, "node-2": two, "node-3": three})
    assert observed.cluster_id == "abc"
    assert "node-2 belongs to cluster bad" in observed.members[1].fault


def test_a_learner_refuses_to_list_and_is_seen_all_the_same(fake, tmp_path):
    fake.listed = [member(1, "etcd-node-1"), member(BIG, "etcd-node-2", learner=True)]
    learner = FakeMember(own=BIG, listed=None, learner=True, leader=1)
    with serving_member(fake, tmp_path) as one, serving_member(learner, tmp_path, name="node-2") as two:
        observed = look({"node-1": one, "node-2": two})
    assert [(m.name, m.learner, m.healthy) for m in observed.members] == [
        ("etcd-node-1", False, True),
        ("etcd-node-2", True, True),
    ]


@pytest.mark.parametrize("alarm", ["NOSPACE", "CORRUPT"])
def test_alarms_stand_with_their_members(gateway, fake, alarm):
    fake.alarms = [{"memberID": str(BIG), "alarm": alarm}]
    assert [m.alarms for m in look({"node-1": gateway}).members] == [(), (alarm,)]


@pytest.mark.parametrize(("leader", "unknown"), [(1, ""), (0, "no member has a leader")])
def test_without_a_leader_nobody_tells_the_alarms(gateway, fake, leader, unknown):
    fake.leader = leader
    assert look({"node-1": gateway}).alarms_unknown == unknown


def test_the_gateway_is_asked_on_the_hosts_loopback(gateway: Gateway, fake):
    gateway.members()
    assert fake.hosts == {"127.0.0.1:2379"}
