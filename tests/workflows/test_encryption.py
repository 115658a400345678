"""How Secrets are encrypted is changed under a cluster's users: each Secret can be read by every API server, always."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from rke_py.config.load import load
from rke_py.errors import ConfigError, EtcdUnavailable, PreflightError, RolloutFailed, UsageError
from rke_py.pki.encryption import keys_of
from rke_py.pki.rotation import Kind, Phase
from rke_py.progress import StepEnded
from rke_py.workflows.encryption import Wish
from rke_py.workflows.secrecy import secrets_of
from tests.sim import secrets
from tests.sim.calls import When
from tests.sim.clock import Crash
from tests.sim.expect import faults_of, store_of
from tests.sim.operator import SNAPSHOT, Operator

ROLES = ("ecw", "ecw", "ecw", "w")
FILE = "/etc/kubernetes/ssl/encryption.yaml"


def services(**section: object) -> dict:
    return {"kube-api": {"secrets_encryption_config": section}}


ON, OFF = services(enabled=True), services(enabled=False)


def custom(*providers: dict, resources: tuple[str, ...] = ("secrets",)) -> dict:
    body = {"resources": [{"resources": list(resources), "providers": list(providers)}]}
    return services(enabled=True, custom_config=body)


def secretbox(name: str, secret: str) -> dict:
    return {"secretbox": {"keys": [{"name": name, "secret": secret}]}}


@pytest.fixture
def used(running):
    """Make a cluster with Secrets that are written all the time, through each of its API servers in turn."""

    def make(*roles: str, **config: object) -> Operator:
        person = running(*(roles or ROLES), **config)
        for number in range(5):
            secrets.write(next(person.world.api_servers()), f"old-{number}")
        secrets.write_always(person.world)
        return person

    return make


def prefixes(person: Operator) -> set[str]:
    return set(store_of(person).secrets.values())


def hosts_with_keys(person: Operator) -> set[str]:
    return {machine.name for machine in person.world.machines.values() if FILE in machine.files}


def assert_over(person: Operator) -> None:
    """Check that a change is over: one key for all, no violation, nothing more to do."""
    assert faults_of(person) == []
    assert person.world.laws.core_down <= 1
    assert person.state.encryption_change is None
    (key,) = keys_of(person.state.encryption).get("secrets", (secrets.UNENCRYPTED,))
    assert prefixes(person) == {key.prefix}
    servers = {machine.running("kube-apiserver") for machine in person.world.machines.values()} - {None}
    assert {secrets.keys(server) for server in servers} == {(key,)}
    assert person.up().plan.empty


def test_it_is_enabled_its_key_rotated_and_disabled(used):
    person = used()
    person.edit(services=ON)
    script = person.next_script()
    person.encrypt(Wish.ENABLE)
    assert_over(person)
    assert hosts_with_keys(person) == {"n1", "n2", "n3"}
    steps = [step for _, step in script.started]
    assert steps[:3] == [SNAPSHOT] * 3
    assert steps.count(SNAPSHOT) == 3
    assert [host for host, step in script.started if step == "replace kube-apiserver"] == ["n1", "n2", "n3"]
    assert [host for host, step in script.started if step == "restart kube-apiserver"] == ["n1", "n2", "n3"] * 2
    assert [step for step in steps if "secrets" in step] == [
        "write all secrets anew",
        "prove that no secrets in etcd need the old key",
    ]
    (first,) = prefixes(person)

    person.encrypt(Wish.ROTATE_KEY)
    assert_over(person)
    (second,) = prefixes(person)
    assert second != first

    person.edit(services=OFF)
    person.encrypt(Wish.DISABLE)
    assert_over(person)
    assert hosts_with_keys(person) == set()
    assert [key.prefix for key in person.state.retired_keys] == [first, second]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({}, ON, id="enabled"),
        pytest.param(ON, OFF, id="switched off"),
        pytest.param(ON, {}, id="left out"),
        pytest.param(ON, custom(secretbox("mine", "c2VjcmV0")), id="a key of the owner's"),
        pytest.param(custom(secretbox("mine", "c2VjcmV0")), ON, id="a key of ours"),
        pytest.param(
            custom(secretbox("a", "b25l"), {"identity": {}}),
            custom(secretbox("b", "dHdv")),
            id="another of the owner's",
        ),
    ],
)
def test_up_performs_what_cluster_yml_asks_for(used, before, after):
    person = used("ecw", "cw", "w", services=before)
    person.edit(services=after)
    plan = person.plan()
    assert any("roll 1 of 3" in note or "roll 2 of 3" in note for note in plan.notes)
    person.up()
    assert_over(person)


def test_a_key_that_reads_already_needs_no_first_roll(used):
    one, two = secretbox("a", "b25l"), secretbox("b", "dHdv")
    person = used("ecw", "cw", services=custom(one, two))
    person.edit(services=custom(two))
    script = person.next_script()
    person.up()
    assert_over(person)
    assert [step for _, step in script.started].count("restart kube-apiserver") == 4


def test_words_alone_change_nothing(used):
    section = custom(secretbox("a", "b25l"))["kube-api"]["secrets_encryption_config"]
    person = used("ecw", services=services(**section))
    body = {"kind": "EncryptionConfiguration", "resources": [*section["custom_config"]["resources"]]}
    person.edit(services=services(enabled=True, custom_config=body))
    assert person.up().plan.empty


def test_a_key_that_nothing_was_written_with_is_given_up(used):
    person = used(services=ON)
    before = person.state.encryption
    person.edit(services=custom(secretbox("wrong", "bm8=")))
    assert person.killed(person.up, 5, When.AFTER)
    assert person.state.encryption_change.phase is Phase.TRUST
    person.world.time.pass_time(1)
    secrets.write_always(person.world)
    person.edit(services=ON)
    person.up()
    assert_over(person)
    assert person.state.encryption == before
    assert [key.name for key in person.state.retired_keys] == ["wrong"]


def test_a_key_that_the_state_does_not_know_is_not_written_over(used):
    person = used(services=ON)
    before = person.files()["cluster.rkestate"]
    person.encrypt(Wish.ROTATE_KEY)
    (person.folder / "cluster.rkestate").write_bytes(before)
    for machine in person.world.machines.values():
        if server := machine.containers.get("kube-apiserver"):
            server.stop()
    mark = len(person.world.calls.log)
    with pytest.raises(PreflightError) as caught:
        person.up()
    assert any("the state does not know it: k-" in problem.what for problem in caught.value.problems)
    assert [call for call in person.world.calls.since(mark) if call.changing] == []


def test_a_change_that_has_begun_to_write_is_finished_before_the_next(used):
    person = used()
    person.edit(services=ON)
    killed_at(person, person.up, "write all secrets anew")
    assert person.state.encryption_change.phase is Phase.ISSUE
    person.edit(services=OFF)
    person.up()
    assert_over(person)
    assert prefixes(person) == {""}
    assert len(person.state.retired_keys) == 1


def killed_at(person: Operator, workflow: Callable[[], object], title: str) -> None:
    """Kill a run at the end of a step, and let Secrets be written on."""

    def die() -> None:
        person.world.time.kill()
        raise Crash

    person.next_script().at(lambda event, count: event.step == title and isinstance(event, StepEnded), die)
    with pytest.raises(Crash):
        workflow()
    person.next_script()
    person.world.time.pass_time(1)
    secrets.write_always(person.world)


def test_no_key_is_dropped_while_etcd_holds_a_value_under_it(used):
    person = used("ecw", "cw", services=ON)
    (old,) = prefixes(person)

    def somebody_restores() -> None:
        store_of(person).secrets["restored"] = old

    person.next_script().at(lambda event, count: event.step.startswith("prove that no secrets"), somebody_restores)
    with pytest.raises(RolloutFailed) as caught:
        person.encrypt(Wish.ROTATE_KEY)
    (fault,) = caught.value.failures
    assert f"still not under the key that is wanted: 1 {old.rstrip(':')}" in fault.what
    assert faults_of(person) == []
    person.next_script()
    person.up()
    assert_over(person)


def rotated(person: Operator) -> None:
    person.encrypt(Wish.ROTATE_KEY)


def switched(section: dict) -> Callable[[Operator], None]:
    def switch(person: Operator) -> None:
        person.edit(services=section)
        person.up()

    return switch


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("before", "since"),
    [
        pytest.param({}, switched(ON), id="enabled since"),
        pytest.param(ON, rotated, id="another key since"),
        pytest.param(ON, switched(OFF), id="disabled since"),
    ],
)
def test_a_snapshot_from_before_is_read_by_every_api_server(running, before, since):
    person = running(*ROLES, services=before)
    person.preload()
    secrets.write(next(person.world.api_servers()), "of-then")
    person.snapshot("then")
    (then,) = prefixes(person)
    since(person)
    assert prefixes(person) != {then}
    person.world.time.pass_time(60)
    person.restore("then")
    restored = person.world.machines["n1"].etcd_data.group.store
    assert set(restored.secrets.values()) == {then}
    assert list(secrets.unreadable(person.world)) == []
    person.up()
    (key,) = keys_of(person.state.encryption).get("secrets", (secrets.UNENCRYPTED,))
    assert set(restored.secrets.values()) == {key.prefix}
    assert person.up().plan.empty


@pytest.mark.parametrize(
    ("asked", "wish", "what"),
    [
        pytest.param(OFF, Wish.ENABLE, "does not say that Secrets are encrypted", id="enable"),
        pytest.param(OFF, Wish.ROTATE_KEY, "does not say that Secrets are encrypted", id="rotate"),
        pytest.param(ON, Wish.DISABLE, "says that Secrets are encrypted", id="disable"),
        pytest.param(custom(secretbox("a", "b25l")), Wish.ROTATE_KEY, "keys are your own", id="own"),
        pytest.param({**ON, "kubelet": {"extra_args": {"v": "4"}}}, Wish.ENABLE, "asks for more", id="more"),
    ],
)
def test_a_command_does_nothing_that_cluster_yml_does_not_say(running, asked, wish, what):
    person = running("ecw")
    person.edit(services=asked)
    with pytest.raises(UsageError, match=what):
        person.encrypt(wish)


@pytest.mark.parametrize(
    ("after", "what"),
    [
        pytest.param(custom(secretbox("a", "dHdv")), "secretbox a is the name of another key", id="name"),
        pytest.param(custom(secretbox("b", "dHdv"), resources=("*.*",)), "cannot be changed in a cluster", id="*"),
    ],
)
def test_what_nobody_could_tell_apart_or_find_is_refused(running, after, what):
    person = running("ecw", services=custom(secretbox("a", "b25l")))
    person.edit(services=after)
    with pytest.raises(ConfigError) as caught:
        person.up()
    (problem,) = caught.value.problems
    assert what in problem.what
    assert "dHdv" not in str(problem)


def test_a_key_is_made_anew_once_when_cluster_yml_turns_that_on(used):
    person = used("ecw", services=ON)
    before = prefixes(person)
    person.edit(rotate_encryption_key=True)
    person.up()
    assert_over(person)
    first = prefixes(person)
    assert first != before
    person.edit(rotate_encryption_key=False)
    person.up()
    assert prefixes(person) == first
    person.edit(rotate_encryption_key=True)
    person.up()
    assert_over(person)
    assert prefixes(person) != first


def test_a_run_that_leaves_an_api_server_out_changes_no_key(used):
    person = used("ecw", "ecw", "ecw")
    person.edit(services=ON)
    person.world.machines["n3"].reachable = False
    person.skip = frozenset({"n3"})
    person.up()
    assert prefixes(person) == {""}
    assert person.state.encryption_change is None
    person.world.machines["n3"].reachable = True
    person.skip = frozenset()
    person.up()
    assert_over(person)


def test_an_api_server_that_leaves_goes_before_everything_is_written_anew(used):
    person = used("ecw", "ecw", "ecw", "cw")
    person.edit(services=ON)
    killed_at(person, person.up, "write all secrets anew")
    nodes = person.config["nodes"][:3]
    person.edit(nodes=nodes)
    person.up()
    assert_over(person)


def test_a_certificate_waits_for_a_change_of_keys(used):
    person = used("ecw")
    person.edit(services=ON)
    killed_at(person, person.up, "write all secrets anew")
    with pytest.raises(UsageError, match="change of encryption"):
        person.rotate(Kind.LEAVES)
    (line,) = person.status().under_way
    assert line.startswith("change of encryption, from unencrypted to aescbc k-")
    assert line.endswith("go on with: rke-py up")


def test_no_key_is_shown(used):
    person = used("ecw", services=ON)
    person.encrypt(Wish.ROTATE_KEY)
    known = set(secrets_of(person.state, load(person.path.read_text()).config))
    (old,) = person.state.retired_keys
    assert {key["secret"] for key in json.loads(old.section)["keys"]} <= known
    told = [str(event) for event in person.script.events] + [repr(person.state), str(person.encryption())]
    assert not [text for text in told if any(secret in text for secret in known if len(secret) > 8)]


def test_status_counts_values_by_key(used):
    person = used("ecw", services=ON)
    person.encrypt(Wish.ROTATE_KEY)
    store_of(person).secrets["lost"] = person.state.retired_keys[0].prefix
    found = person.encryption()
    assert [(key.resource, key.use) for key in found.keys] == [
        ("secrets", "writes"),
        ("secrets", "missing"),
        ("", "retired"),
    ]
    assert [key.key for key in found.keys][1:] == [str(person.state.retired_keys[0])] * 2
    assert [key.values for key in found.keys] == [len(store_of(person).secrets) - 1, 1, None]
    assert not found.readable


def test_status_says_of_each_host_why_etcd_could_not_be_asked_there(running):
    person = running("ec", "ec", "ec", "w", services=ON)
    for name in ("n1", "n3", "n4"):
        person.world.machines[name].power_off()
    person.world.machines["n2"].containers["etcd"].stop()
    with pytest.raises(EtcdUnavailable) as caught:
        person.encryption()
    assert [line.partition(":")[0] for line in caught.value.evidence] == ["n1", "n3"]
    assert "rke-py doctor" in caught.value.hint


def changes(person: Operator) -> list[Callable[[], object]]:
    """Return what enables, rotates and disables, each continued by ``up`` where it was begun already."""

    def rotated() -> None:
        if not person.state.retired_keys:
            person.encrypt(Wish.ROTATE_KEY)

    def enabled() -> None:
        person.edit(services=ON)
        person.up()

    def disabled() -> None:
        person.edit(services=OFF)
        person.up()

    return [enabled, rotated, disabled]


def performed(person: Operator, number: int) -> None:
    changes(person)[number]()


@pytest.mark.thorough
@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize(("number", "step"), [(0, 6), (0, 11), (1, 9), (1, 13), (2, 8)])
def test_killed_at_a_step(used, number, step, when):
    person = used("ecw", "cw", services=ON if number else {})
    assert person.killed(lambda: performed(person, number), step, when)
    assert_goes_on(person)


def assert_goes_on(person: Operator) -> None:
    """Check that ``up`` finishes what a killed run began."""
    person.world.time.pass_time(1)
    secrets.write_always(person.world)
    person.up()
    assert_over(person)


@pytest.mark.long
@pytest.mark.parametrize("number", range(3))
def test_killed_at_every_call(used, number):
    for call in range(1, 10_000):
        person = used("ecw", "cw", services=ON if number else {})
        if not person.killed_at_call(call, When.AFTER, lambda person=person: performed(person, number)):
            return
        assert_goes_on(person)


def test_no_key_goes_while_an_api_server_that_leaves_is_silent(used):
    person = used("ecw", "ecw", "ecw", "cw")
    person.edit(services=ON)
    killed_at(person, person.up, "write all secrets anew")
    person.edit(nodes=person.config["nodes"][:3])
    person.world.machines["n4"].reachable = False
    person.up()
    assert person.state.encryption_change is not None
    person.up()
    assert person.state.encryption_change is None
    assert len(prefixes(person) - {""}) == len(prefixes(person)) == 1, "everything was written anew"
    person.world.machines["n4"].power_off()
    assert list(secrets.unreadable(person.world)) == []
