"""How Secrets are encrypted follows from cluster.yml, what the state remembers and whether the cluster runs."""

from base64 import b64decode
from dataclasses import replace

import pytest
import yaml

from rke_py.cluster.apiserver_model import Encryption
from rke_py.config.findings import Finding
from rke_py.pki.encryption import EncryptionChange, keys_of
from rke_py.pki.rotation import Phase
from rke_py.plan.encryption import Run, encrypted, key_names, known_keys, prefixes, recalled
from rke_py.render.apiserver import encryption_text, encryption_with_key
from rke_py.state.model import EtcdRecord, State


def rule(*providers, resources=("secrets",)):
    return {"resources": list(resources), "providers": list(providers)}


def box(name, secret="c2VjcmV0"):
    return {"secretbox": {"keys": [{"name": name, "secret": secret}]}}


def own(*rules):
    return Encryption(custom={"resources": list(rules)})


OWN = own(rule(box("a")))
OURS = Encryption()
TEXT = encryption_text(OWN)
RKES = f"kind: EncryptionConfiguration\n{TEXT}"
"""RKE wrote kind and apiVersion of the owner's twice."""

KEPT = encryption_with_key("k-kept", "a2VwdA==")
RUN = Run(now="2026-11-26T08:00:00Z", random_bytes=lambda count: bytes(range(count)))


def state(there="", *, runs=True, **more):
    return State(lineage="a", etcd=EtcdRecord(bootstrapped=runs), encryption=there, **more)


@pytest.mark.parametrize(
    ("asked", "there", "runs", "text"),
    [
        pytest.param(None, "", False, "", id="never"),
        pytest.param(None, "", True, "", id="still not"),
        pytest.param(OWN, "", False, TEXT, id="from the first run, the owner's"),
        pytest.param(OWN, TEXT, True, TEXT, id="the owner's as it was"),
        pytest.param(OWN, RKES, True, RKES, id="the owner's in RKE's words"),
        pytest.param(OURS, KEPT, True, KEPT, id="a key stays"),
        pytest.param(OURS, KEPT, False, KEPT, id="a key stays when the first run was cut short"),
        pytest.param(None, KEPT, False, "", id="given up before there was a cluster"),
        pytest.param(OWN, KEPT, False, TEXT, id="changed before there was a cluster"),
    ],
)
def test_what_needs_no_change(asked, there, runs, text):
    found = encrypted(asked, state(there, runs=runs), RUN)
    assert found.encryption == text
    assert found.encryption_change is None


@pytest.mark.parametrize(
    ("asked", "there", "phases"),
    [
        pytest.param(OURS, "", [("", "k-bcdfg"), ("k-bcdfg", ""), ("k-bcdfg",)], id="begin"),
        pytest.param(OWN, "", [("", "a"), ("a", ""), ("a",)], id="begin with the owner's"),
        pytest.param(OWN, KEPT, [("k-kept", "a"), ("a", "k-kept"), ("a",)], id="another key"),
        pytest.param(None, KEPT, [("k-kept", ""), ("", "k-kept"), ()], id="end"),
    ],
)
def test_a_change_goes_through_three_rolls(asked, there, phases):
    found = state(there)
    for phase, names in zip((Phase.TRUST, Phase.ISSUE, Phase.DROP), phases, strict=True):
        found = encrypted(asked, found, RUN)
        assert encrypted(asked, found, RUN) == found
        assert (found.encryption_change.phase, found.encryption_change.reached) == (phase, False)
        assert tuple(key.name for key in keys_of(found.encryption).get("secrets", ())) == names
        found = found.rolled()
    assert found.encryption_change is None
    assert encrypted(asked, found, RUN) == found
    assert [key.name for key in found.retired_keys] == (["k-kept"] if there else [])


def test_a_new_key_is_random_in_every_byte():
    text = encrypted(OURS, state(runs=False), RUN).encryption
    (key,) = yaml.safe_load(text)["resources"][0]["providers"][0]["aescbc"]["keys"]
    assert b64decode(key["secret"]) == bytes(range(32))
    assert key["name"] == "k-bcdfg"


@pytest.mark.parametrize(("asked", "there", "begins"), [(OURS, KEPT, True), (OWN, TEXT, False), (None, "", False)])
def test_a_new_key_is_made_where_keys_are_ours(asked, there, begins):
    found = encrypted(asked, state(there), replace(RUN, rotate=True))
    assert bool(found.encryption_change) is begins


def test_a_change_does_not_go_on_while_an_api_server_is_left_out():
    begun = encrypted(OURS, state(), RUN).rolled()
    assert encrypted(OURS, begun, replace(RUN, goes=False)) == begun
    assert encrypted(OURS, state(), replace(RUN, goes=False)) == state()


def test_a_key_that_wrote_nothing_is_taken_away_again():
    begun = encrypted(OWN, state(KEPT), RUN)
    after = encrypted(OURS, begun, RUN)
    assert (after.encryption, after.encryption_change) == (KEPT, None)
    assert {key for keys in keys_of(begun.encryption).values() for key in keys} <= known_keys(after)


def test_a_key_that_writes_stays_until_its_change_is_over():
    writes = encrypted(OWN, encrypted(OWN, state(KEPT), RUN).rolled(), RUN)
    assert encrypted(OURS, writes, RUN) == writes


@pytest.mark.parametrize(
    ("asked", "there", "what"),
    [
        pytest.param(own(rule(box("a", "b3RoZXI="))), TEXT, "secretbox a is the name of another key", id="same name"),
        pytest.param(own(rule(box("b"), resources=("*.apps",))), TEXT, r"of *.apps cannot be changed", id="wildcard"),
        pytest.param(own(rule(box("b"), resources=("secret",))), TEXT, "no API server has secret,", id="no resource"),
    ],
)
def test_what_could_not_be_carried_out_safely_is_refused(asked, there, what):
    found = encrypted(asked, state(there), RUN)
    assert isinstance(found, Finding)
    assert what in found.what
    assert "c2VjcmV0" not in repr(found)


def test_a_resource_that_there_is_not_can_be_taken_out_of_what_is_encrypted():
    there = text_of(rule(box("a"), resources=("secrets", "secret")))
    assert encrypted(OWN, state(there), RUN).encryption_change


def test_the_name_of_a_retired_key_is_not_given_again():
    change = EncryptionChange(old=TEXT, new="")
    found = encrypted(own(rule(box("a", "b3RoZXI="))), state(retired_keys=change.dropped), RUN)
    assert isinstance(found, Finding)


def aes(name, secret="YWVz"):
    return {"aescbc": {"keys": [{"name": name, "secret": secret}]}}


def text_of(*rules):
    return encryption_text(own(*rules))


ONLY_SECRETS = text_of(rule(box("a"), {"identity": {}}))
BOTH = ("secrets", "configmaps")
MAPS_TOO = text_of(rule(box("a"), {"identity": {}}, resources=BOTH))


@pytest.mark.parametrize(
    ("then", "now"),
    [
        pytest.param(text_of(rule(aes("a"))), text_of(rule(box("a"))), id="another provider's key of that name"),
        pytest.param(MAPS_TOO, ONLY_SECRETS, id="more was encrypted"),
        pytest.param(
            ONLY_SECRETS, text_of(rule(box("a"), resources=("secrets", "configmaps"))), id="less was encrypted"
        ),
        pytest.param("", text_of(rule(box("a"))), id="nothing was encrypted"),
        pytest.param(KEPT, "", id="nothing is encrypted"),
    ],
)
def test_whatever_a_snapshot_holds_is_read_and_written_anew(then, now):
    every = (key for text in (then, now) for keys in keys_of(text).values() for key in keys)
    remembered = state(now, retired_keys=tuple(dict.fromkeys(every)))
    found = recalled(remembered, key_names(then), RUN.now, prefixes(then))
    reads = prefixes(found.encryption)
    for resource in {*prefixes(then), *prefixes(now)}:
        assert set(prefixes(then).get(resource, [""])) <= set(reads[resource])
    assert found.encryption_change.new == now
    assert {*prefixes(then), *prefixes(now)} >= set(found.encryption_change.rewritten)


@pytest.mark.parametrize("text", [ONLY_SECRETS, MAPS_TOO, ""])
def test_what_api_servers_read_as_they_are_needs_no_other_keys(text):
    there = state(text)
    assert recalled(there, key_names(text), RUN.now, prefixes(text)) is there
