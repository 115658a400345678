from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from rke_py.errors import StateError
from rke_py.kube.interface import Holder
from rke_py.kube.lease import DURATION, acquire, look, take_away

from .fake_api import Fault

PATH = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/rke-py"
ME = Holder(user="ada", machine="desk", process=1, since=datetime(2026, 11, 21, tzinfo=UTC))
OTHER = Holder(user="bob", machine="lap", process=2, since=datetime(2026, 11, 21, tzinfo=UTC))


def moment(second: int) -> str:
    return f"2031-01-01T00:00:{second:02}.000000Z"  # the other one's clock is years ahead: it does not matter


def held(renewed: int = 0):
    return {
        "metadata": {},
        "spec": {"holderIdentity": str(OTHER), "renewTime": moment(renewed), "leaseDurationSeconds": DURATION},
    }


def test_a_free_cluster_is_taken_and_given_back(api, fake):
    lease = acquire(api, ME)
    assert fake.objects[PATH]["spec"]["holderIdentity"] == str(ME)
    assert fake.objects[PATH]["spec"]["leaseDurationSeconds"] == DURATION
    lease.release()
    assert "holderIdentity" not in fake.objects[PATH]["spec"]


def test_a_lease_that_was_given_back_is_free(api, fake):
    acquire(api, OTHER).release()
    acquire(api, ME).release()
    assert fake.objects[PATH]["spec"]["leaseTransitions"] == 2


def test_a_renewed_lease_shows_its_holder(api, fake):
    seconds = count()

    def renew(method: str, path: str) -> None:
        fake.put(PATH, held(next(seconds)))

    fake.before = renew
    with pytest.raises(StateError, match=r"bob@lap \(process 2"):
        acquire(api, ME, interval=0)


def test_an_abandoned_lease_is_taken_after_its_duration_on_our_own_clock(api, fake):
    fake.put(PATH, held())
    ticks = count(step=DURATION // 3)  # two at the first look, one at each later look
    acquire(api, ME, clock=lambda: float(next(ticks)), interval=0).release()
    reads = [method for method, _ in fake.asked if method == "GET"]
    assert len(reads) == 2 + 1  # first seen at 0 s, still young at 10 s, abandoned at 15 s
    assert fake.objects[PATH]["spec"]["leaseTransitions"] == 1


def test_one_that_nobody_could_renew_while_the_api_was_away_is_watched_anew(api, fake):
    fake.put(PATH, held())
    times = iter((0.0, 0.0, DURATION + 5.0, DURATION + 5.0))
    looks = count(1)

    def away_for_a_while(method: str, path: str) -> None:
        look = next(looks)
        if look == 2:
            raise Fault(503, "ServiceUnavailable", "the only control plane is upgraded")
        if look == 4:
            fake.put(PATH, held(20))

    fake.before = away_for_a_while
    with pytest.raises(StateError, match="bob@lap"):
        acquire(api, ME, clock=lambda: next(times), interval=0)


def test_of_two_that_take_it_at_once_one_gets_it(api, fake):
    def race(method: str, path: str) -> None:
        if method == "POST" and PATH not in fake.objects:
            fake.put(PATH, held())
        elif method == "GET" and PATH in fake.objects:
            fake.put(PATH, held(len(fake.asked)))

    fake.before = race
    with pytest.raises(StateError, match="bob@lap"):
        acquire(api, ME, interval=0)


def test_a_lease_that_somebody_took_is_not_taken_from_them_by_a_late_release(api, fake):
    lease = acquire(api, ME)
    fake.put(PATH, held())
    lease.release()
    assert fake.objects[PATH]["spec"]["holderIdentity"] == str(OTHER)


def test_the_holder_finds_out_that_it_lost_the_lease(api, fake):
    lease = acquire(api, ME)
    fake.put(PATH, held())
    lease.renew()
    assert lease.lost == str(OTHER)
    lease.release()
    assert fake.objects[PATH]["spec"]["holderIdentity"] == str(OTHER)


def test_who_holds_it_is_told(api, fake):
    assert look(api) is None
    fake.put(PATH, held(7))
    found = look(api)
    assert found is not None
    assert (found.holder, found.renewed, found.duration) == (str(OTHER), datetime.fromisoformat(moment(7)), DURATION)


def test_taken_away_it_is_free_and_its_holder_finds_out(api, fake):
    lease = acquire(api, OTHER)
    take_away(api)
    assert look(api) is None
    lease.renew()
    assert "rke-py unlock --force" in lease.lost
    lease.release()


def test_a_renewal_at_that_moment_does_not_keep_it(api, fake):
    fake.put(PATH, held())
    moments = count(1)

    def race(method: str, path: str) -> None:
        if method == "PUT" and next(moments) == 1:
            fake.put(PATH, held(9))

    fake.before = race
    take_away(api)
    assert look(api) is None


def test_a_renewal_moves_the_time(api, fake):
    lease = acquire(api, ME)
    before = fake.objects[PATH]["spec"]["renewTime"]
    lease.renew()
    after = fake.objects[PATH]["spec"]["renewTime"]
    lease.release()
    assert datetime.fromisoformat(after) - datetime.fromisoformat(before) > timedelta(0)


def test_an_api_server_that_is_away_does_not_end_the_lease(api, fake):
    lease = acquire(api, ME)

    def away(method: str, path: str) -> None:
        raise Fault(503, "ServiceUnavailable", "shutting down")

    fake.before = away
    lease.renew()
    assert not lease.lost
    fake.before = lambda method, path: None
    lease.release()
    assert "holderIdentity" not in fake.objects[PATH]["spec"]


def test_after_the_machine_slept_its_holder_finds_out_before_the_next_step(api, fake):
    now = [0.0]
    lease = acquire(api, ME, always=lambda: now[0])
    fake.put(PATH, held())
    assert not lease.lost, "nobody asks the cluster at each step"
    now[0] += 3600
    assert lease.lost == str(OTHER)
    lease.release()
    assert fake.objects[PATH]["spec"]["holderIdentity"] == str(OTHER)
