"""What forbids that hosts leave, join etcd or leave it, found before anything is touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rke_py.cluster.model import Role
from rke_py.errors import Unreachable
from rke_py.plan.checks.departures import departure_problems
from rke_py.plan.containers import ContainerSpec, FoundContainer, Status
from rke_py.plan.observed import Observed, ObservedHost
from rke_py.plan.observed_etcd import EtcdMember, ObservedEtcd
from rke_py.plan.reconcile import old_name
from rke_py.state.model import EtcdRecord, State

STATE = State(lineage="l", etcd=EtcdRecord(token="t", bootstrapped=True, first="n1"))
ALL = frozenset(Role)
SPEC = ContainerSpec(name="etcd", image="etcd", entrypoint=("etcd",))
MEMBER = {"etcd": FoundContainer(id="e", spec=SPEC, status=Status.RUNNING, image_id="i")}
STOPPED = {"etcd": FoundContainer(id="e", spec=SPEC, status=Status.EXITED, image_id="i")}
ASIDE = {old_name("etcd"): FoundContainer(id="e", spec=SPEC, status=Status.EXITED, image_id="i")}

CARRIED = {"+": MEMBER, "*": STOPPED, "^": ASIDE}


def member(number: int, *, healthy: bool = True, name: str = "") -> EtcdMember:
    return EtcdMember(
        id=f"m{number}",
        name=name or f"etcd-n{number}",
        peer_urls=(f"https://10.0.0.{number}:2380",),
        healthy=healthy,
    )


@pytest.fixture
def faults(make_cluster, make_host, facts) -> Callable[..., list[str]]:
    """Check hosts.

    Letters are roles wanted, ``-`` leaves, ``!`` does not answer, ``+`` has a member's container, ``*`` a stopped one,
    ``^`` one that was moved aside for another.
    """

    def run(words: str, *members: EtcdMember, state: State = STATE) -> list[str]:
        hosts, leaving, seen = [], [], {}
        for number, word in enumerate(words.split(), start=1):
            name = f"n{number}"
            host = make_host(name, f"10.0.0.{number}", word.strip("!-+*^"))
            gone = "-" in word
            (leaving if gone else hosts).append(replace(host, carried=ALL) if gone else host)
            fault = Unreachable(name, "no answer") if "!" in word else None
            own = None if fault else replace(facts, engine_id=name)
            carried = next((found for sign, found in CARRIED.items() if sign in word), {})
            seen[name] = ObservedHost(name=name, fault=fault, facts=own, containers=carried)
        cluster = replace(make_cluster(*hosts), leaving=tuple(leaving))
        observed = Observed(
            hosts={host.name: seen[host.name] for host in hosts},
            leaving={host.name: seen[host.name] for host in leaving},
            etcd=ObservedEtcd(cluster_id="c", members=members),
        )
        return [problem.what for problem in departure_problems(cluster, state, observed) if not problem.warning]

    return run


@pytest.mark.parametrize(
    ("hosts", "healthy"),
    [
        ("ec ec ec w", (1, 2, 3)),
        ("ec ec - w", (1, 2, 3)),
        ("ec ec -! w", (1, 2)),
        ("ec - -", (1, 2, 3)),
        ("- - - ec ec ec", (1, 2, 3)),
        ("- ec ec ec", (1, 2, 3)),
        ("-! ec ec ec", (2, 3)),
    ],
)
def test_what_keeps_the_quorum_is_no_fault(faults, hosts, healthy):
    assert faults(hosts, *(member(number, healthy=number in healthy) for number in (1, 2, 3))) == []


@pytest.mark.parametrize("left", ["ec*", "ec^"])
def test_a_member_that_a_killed_run_left_stopped_is_started_before_others_leave(faults, left):
    members = (member(1), member(2, healthy=False), member(3), member(4))
    assert faults(f"ec+ {left} - -", *members) == []
    (fault,) = faults("ec+ ec+ - -", *members)
    assert "would lose its quorum: 1 of 2 members would be healthy" in fault


def test_who_was_killed_while_it_joined_takes_the_place_of_the_only_member_all_the_same(faults):
    learner = replace(member(2), learner=True)
    assert faults("cw+ e+ w", member(1), learner) == []


@pytest.mark.parametrize(
    ("hosts", "healthy", "said"),
    [
        ("ec -! -! w", (1,), "etcd has no quorum, so no member can leave it: 1 of 3 are healthy"),
        ("ec ec! - w", (1, 3), "without etcd-n3 etcd would lose its quorum: 1 of 2 members would be healthy"),
        ("ec! ec - w", (2, 3), "without etcd-n3 etcd would lose its quorum"),
        ("ec ec! ec ec", (1, 3), "etcd takes no new member (n4) while this one does not answer"),
    ],
)
def test_what_would_cost_the_quorum_is_a_fault(faults, hosts, healthy, said):
    (found, *_) = faults(hosts, *(member(number, healthy=number in healthy) for number in (1, 2, 3)))
    assert said in found


def test_a_member_of_somebody_elses_is_only_warned_of(faults):
    assert faults("ec ec ec", member(1), member(2), member(3), member(9, name="theirs")) == []


def test_the_host_that_makes_etcd_stays_until_it_is_made(faults):
    begun = replace(STATE, etcd=EtcdRecord(token="t", first="n1"))
    (found,) = faults("- ec", state=begun)
    assert "an earlier run began to make etcd on it" in found


def test_the_host_that_makes_etcd_is_not_done_without_until_it_is_made(faults):
    begun = replace(STATE, etcd=EtcdRecord(token="t", first="n1"))
    (found,) = faults("ec! ec ec", state=begun)
    assert "an earlier run began to make etcd on it, and it does not answer" in found
    assert faults("ec ec! ec", state=begun) == []


@pytest.mark.parametrize(
    ("hosts", "kept"),
    [("ec+ ec+ -+ w", 1), ("ec+ -+ -+ w", 2), ("ec+ ec+ -^ w", 1), ("ec+ ec+ - w", 0), ("ec+ ec+ -!+ w", 0)],
)
def test_no_member_leaves_while_none_tells_whether_the_others_can_do_without_it(faults, hosts, kept):
    words = "its etcd member cannot leave: no member tells whether the others can do without it"
    assert faults(hosts) == [words] * kept
