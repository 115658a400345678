"""``cert rotate`` on the simulated fleet: nobody notices, and a run that died is continued."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509

from rke_py.errors import ConsentMissing, HostError, PreflightError, RkeError, RotationWaits, UsageError
from rke_py.pki.inspect import certificates_in
from rke_py.pki.rotation import Kind, Phase
from rke_py.plan.steps import Workload
from tests.sim.calls import When
from tests.sim.expect import faults_of, store_of
from tests.sim.operator import Operator

ROLES = ("ecw", "ecw", "ecw", "w")
SSL = "/etc/kubernetes/ssl"
SHOP = Workload(namespace="shop", kind="Deployment", name="web")
JOB = Workload(namespace="shop", kind="Job", name="import")
KEPT = {"kube-ca", "kube-etcd-ca", "kube-apiserver-requestheader-ca", "kube-service-account-token"}


def certificates(person: Operator, name: str = "kube-ca") -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(person.state.bundle[name].certificate.encode())


def with_pods(person: Operator, *workloads: Workload) -> None:
    """Let pods run that were made a while ago."""
    store_of(person).workloads = dict.fromkeys(workloads, person.world.now - timedelta(hours=1))


def well(person: Operator) -> None:
    assert faults_of(person) == []
    assert person.world.laws.core_down <= 1
    assert person.up().plan.empty


def test_every_leaf_is_new_with_a_new_key_and_only_kubelets_restart(running):
    person = running(*ROLES)
    before, began = person.state.bundle, starts(person)
    script = person.next_script()
    assert person.rotate() is None
    after = person.state.bundle
    assert {name for name in after if after[name].key != before[name].key} == after.keys() - KEPT
    restarted = {name for (name, number), start in starts(person).items() if began[name, number] != start}
    assert restarted == {"kubelet"}
    steps = [step for _, step in script.started]
    assert steps[:3] == ["take and verify a snapshot of etcd"] * 3
    assert "wait until etcd shows its new certificate" in steps
    assert {step for step in steps if step.startswith(("restart", "replace"))} == {"restart kubelet"}
    assert person.state.rotation is None
    well(person)


def starts(person: Operator) -> dict:
    """Return when each container last started, by its name and id."""
    return {(container.spec.name, container.id): container.since for container in containers(person)}


def containers(person: Operator) -> list:
    return [container for machine in person.world.machines.values() for container in machine.containers.values()]


@pytest.mark.parametrize(
    ("service", "names"),
    [
        ("kube-scheduler", {"kube-scheduler", "kube-scheduler-serving"}),
        ("kube-proxy", {"kube-proxy"}),
    ],
)
def test_one_service(running, service, names):
    person = running("ecw", "w")
    before = person.state.bundle
    person.rotate(services=(service,))
    after = person.state.bundle
    assert {name for name in after if after[name] != before[name]} == names
    well(person)


def test_a_ca_goes_through_three_rolls(running):
    person = running(*ROLES)
    old = certificates(person)[0]
    left = person.rotate(Kind.AUTHORITIES)
    assert (left.phase, left.reached) == (Phase.ISSUE, True)
    assert certificates(person)[0] == old
    assert len(certificates(person)) == 2
    (admin,) = certificates(person, "kube-admin")
    admin.verify_directly_issued_by(certificates(person)[1])
    assert any("kubeconfigs from before this rotation" in cost for cost in person.asked)
    well(person)
    (told,) = person.status().under_way
    assert "roll 2 of 3" in told
    assert told.endswith("rke-py cert rotate --finish")
    new = certificates(person)[1]
    assert person.rotate(finish=True) is None
    assert certificates(person) == [new]
    assert old not in certificates(person)
    well(person)


def test_extensions_believe_no_client_of_a_ca_that_was_given_up(running):
    person = running(*ROLES)
    old = store_of(person).client_cas.copy()
    person.rotate(Kind.AUTHORITIES)
    assert store_of(person).client_cas > old
    person.rotate(finish=True)
    assert store_of(person).client_cas == certificates_in(person.state.bundle["kube-ca"].certificate)
    well(person)


def test_a_ca_that_came_back_with_old_data_is_dropped_anew(running):
    person = running(*ROLES)
    store_of(person).client_cas.add("-----BEGIN CERTIFICATE-----\nb2xk\n-----END CERTIFICATE-----")
    assert [step.title for step in person.plan().steps] == ["drop old CAs from those that extensions believe"]
    person.up()
    assert store_of(person).client_cas == certificates_in(person.state.bundle["kube-ca"].certificate)
    well(person)


def test_the_second_roll_waits_for_pods_that_know_only_the_old_ca(running):
    person = running(*ROLES)
    with_pods(person, SHOP)
    for _ in range(2):
        with pytest.raises(RotationWaits) as caught:
            person.rotate(Kind.AUTHORITIES)
        assert caught.value.evidence == (str(SHOP),)
    assert (person.state.rotation.phase, person.state.rotation.reached) == (Phase.TRUST, False)
    assert person.status().healthy
    with_pods(person)
    assert person.rotate(Kind.AUTHORITIES).phase is Phase.ISSUE
    well(person)


@pytest.mark.parametrize(("wish", "goes"), [({"restart_workloads": True}, False), ({"force": True}, True)])
def test_workloads_are_restarted_or_left_behind_where_that_is_wished(running, wish, goes):
    person = running("ecw", "w")
    with_pods(person, SHOP, JOB)
    if goes:
        assert person.rotate(Kind.AUTHORITIES, **wish).phase is Phase.ISSUE
        return
    with pytest.raises(RotationWaits) as caught:
        person.rotate(Kind.AUTHORITIES, **wish)
    assert caught.value.evidence == (str(JOB),)


def test_a_workload_that_keeps_its_pods_through_a_restart_is_waited_for(running):
    person = running("ecw", "w")
    with_pods(person, SHOP)
    store_of(person).on_delete = {SHOP}
    for _ in range(2):
        with pytest.raises(RotationWaits) as caught:
            person.rotate(Kind.AUTHORITIES, restart_workloads=True)
        assert caught.value.evidence == (str(SHOP),)
        assert "delete these pods" in caught.value.hint
    assert not person.state.rotation.reached
    with_pods(person)
    assert person.rotate(Kind.AUTHORITIES).phase is Phase.ISSUE


def test_our_own_addons_are_restarted_unasked(running):
    person = running("ecw", "w")
    with_pods(person, Workload(namespace="kube-system", kind="Deployment", name="coredns"))
    script = person.next_script()
    assert person.rotate(Kind.AUTHORITIES).phase is Phase.ISSUE
    assert "restart Deployment kube-system/coredns" in [step for _, step in script.started]


def test_a_service_account_key_is_rotated_and_finished(running):
    person = running(*ROLES)
    store_of(person).tokens = {"ci/deployer": "old"}
    old = person.state.bundle["kube-service-account-token"]
    left = person.rotate(Kind.SERVICE_ACCOUNT)
    assert (left.phase, left.reached) == (Phase.ISSUE, True)
    assert person.state.bundle["kube-service-account-token"].key != old.key
    assert store_of(person).tokens["ci/deployer"] != "old"
    well(person)
    with_pods(person, SHOP)
    with pytest.raises(RotationWaits, match="old service-account key"):
        person.rotate(finish=True)
    with_pods(person)
    assert person.rotate(finish=True) is None
    assert len(certificates(person, "kube-service-account-token")) == 1
    well(person)


@pytest.mark.parametrize("kind", [Kind.AUTHORITIES, Kind.SERVICE_ACCOUNT])
def test_a_finish_that_was_killed_is_finished_by_the_same_command(running, kind):
    person = running(*ROLES)
    person.rotate(kind)
    assert person.killed(lambda: person.rotate(kind, finish=True), 6, When.AFTER)
    assert person.state.rotation.phase is Phase.DROP
    person.world.time.pass_time(1)
    assert person.rotate(kind, finish=True) is None
    assert person.state.rotation is None
    well(person)


def test_a_restore_between_two_rolls_lets_the_first_be_reached_anew(running):
    person = running(*ROLES)
    person.preload()
    person.snapshot("monday")
    with_pods(person, SHOP)
    with pytest.raises(RotationWaits):
        person.rotate(Kind.AUTHORITIES)
    person.rotate(Kind.AUTHORITIES, force=True)
    person.restore("monday")
    assert not person.state.rotation.reached
    assert not person.state.rotation.since


def test_nothing_is_rotated_without_consent(running):
    person = running("ecw", "w")
    person.agrees = False
    before = person.state.bundle
    with pytest.raises(ConsentMissing):
        person.rotate(Kind.SERVICE_ACCOUNT)
    assert person.state.bundle == before


def test_cluster_yml_must_not_ask_for_more(running):
    person = running("ecw", "w")
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}})
    with pytest.raises(UsageError, match=r"cluster\.yml asks for more"):
        person.rotate()


@pytest.mark.parametrize("flag", ["cluster-signing-cert-file", "cluster-signing-kubelet-serving-cert-file"])
def test_no_ca_is_rotated_while_requests_are_signed_with_its_own_file(running, flag):
    person = running("ecw", "w", services={"kube-controller": {"extra_args": {flag: f"{SSL}/kube-ca.pem"}}})
    state = person.files()["cluster.rkestate"]
    with pytest.raises(PreflightError) as caught:
        person.rotate(Kind.AUTHORITIES)
    (fault,) = [problem for problem in caught.value.problems if not problem.warning]
    assert fault.where == f"services.kube-controller.extra_args.{flag}"
    assert "/etc/kubernetes/signing-ca.pem" in fault.hint
    assert person.files()["cluster.rkestate"] == state
    person.rotate()
    well(person)


def test_there_has_to_be_something_to_finish(running):
    with pytest.raises(UsageError, match="no rotation to finish"):
        running("ecw", "w").rotate(finish=True)


def test_another_rotation_waits_for_the_one_under_way(running):
    person = running("ecw", "w")
    person.rotate(Kind.AUTHORITIES)
    with pytest.raises(UsageError, match="another one is under way"):
        person.rotate()


def test_up_goes_on_with_certificates_that_a_killed_run_left(running):
    person = running(*ROLES)
    assert person.killed(person.rotate, 9, When.AFTER)
    assert person.state.rotation is not None
    person.world.time.pass_time(1)
    person.up()
    assert person.state.rotation is None
    well(person)


def test_what_is_old_is_not_dropped_while_a_worker_is_silent(running):
    person = running("ecw", "w")
    person.rotate(Kind.SERVICE_ACCOUNT)
    person.world.machines["n2"].reachable = False
    before = person.state.bundle
    with pytest.raises(RkeError):
        person.rotate(finish=True)
    assert person.state.bundle == before
    assert person.state.rotation.phase is not Phase.DROP


@pytest.mark.parametrize("again", ["up", "rotate"])
def test_a_server_that_did_not_show_its_new_certificate_is_looked_at_again_by_the_next_run(running, again):
    person = running(*ROLES)

    def old() -> None:
        raise HostError("n2", "port 10259 still shows the old certificate")

    person.world.calls.on(lambda call: (call.verb, call.host) == ("shown", "n2"), old, times=1000)
    for run in (person.rotate, getattr(person, again)):
        with pytest.raises(RkeError, match="n2"):
            run()
        assert person.state.rotation is not None
    person.world.calls.forget()
    person.up()
    assert person.state.rotation is None
    well(person)


def test_a_rotation_that_waits_for_pods_looks_at_no_server_again(running):
    person = running(*ROLES)
    with_pods(person, SHOP)
    with pytest.raises(RotationWaits):
        person.rotate(Kind.AUTHORITIES)
    assert person.up().plan.empty


@pytest.mark.parametrize("kind", [Kind.AUTHORITIES, Kind.SERVICE_ACCOUNT])
def test_a_rotation_is_given_up_while_nothing_rests_on_what_is_new(running, kind):
    person = running(*ROLES)
    with_pods(person, SHOP)
    before = person.state.bundle
    in_the_first_roll(person, kind)
    assert person.state.bundle != before
    assert person.rotate(abandon=True) is None
    assert person.state.bundle == before
    assert store_of(person).client_cas <= certificates_in(before["kube-ca"].certificate)
    assert person.state.rotation is None
    well(person)


def in_the_first_roll(person: Operator, kind: Kind) -> None:
    """Let a run die, or wait for pods, before the second roll begins."""
    person.world.machines["n4"].reachable = False
    with pytest.raises(RkeError):
        person.rotate(kind)
    person.world.machines["n4"].reachable = True
    rotation = person.state.rotation
    assert rotation is not None
    assert rotation.phase is Phase.TRUST


@pytest.mark.parametrize("number", [1, 9, 17, 25])
def test_giving_up_that_was_killed_is_continued_by_the_same_command_alone(running, number):
    person = running(*ROLES)
    before = person.state.bundle
    in_the_first_roll(person, Kind.AUTHORITIES)
    person.next_script()
    assert person.killed(lambda: person.rotate(abandon=True), number, When.AFTER)
    if person.state.rotation and person.state.rotation.phase is Phase.ABANDON:
        with pytest.raises(UsageError, match="one is being given up") as caught:
            person.rotate(Kind.AUTHORITIES)
        assert caught.value.hint == "go on with: rke-py cert rotate --abandon"
    person.rotate(abandon=True)
    assert person.state.bundle == before
    well(person)


def test_up_goes_on_with_giving_up(running):
    person = running(*ROLES)
    before = person.state.bundle
    in_the_first_roll(person, Kind.AUTHORITIES)
    assert person.killed(lambda: person.rotate(abandon=True), 9, When.AFTER)
    person.up()
    assert person.state.bundle == before
    well(person)


def test_what_the_cluster_rests_on_is_not_given_up(running):
    person = running(*ROLES)
    with pytest.raises(UsageError, match="there is no rotation to abandon"):
        person.rotate(abandon=True)
    person.rotate(Kind.AUTHORITIES)
    with pytest.raises(UsageError, match="too late to give up what is new") as caught:
        person.rotate(abandon=True)
    assert caught.value.hint == "go on with: rke-py cert rotate --finish"
