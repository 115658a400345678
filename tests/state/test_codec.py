import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from rke_py.errors import StateError
from rke_py.pki.model import Bundle, Credential
from rke_py.pki.rotation import Kind, Phase, Rotation
from rke_py.state.codec import adopt, decode, encode
from rke_py.state.json_text import canonical, checksum, write_object
from rke_py.state.model import EtcdRecord, HostRecord, Machine, State
from rke_py.state.restore import Restore

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
NAME = st.text("abc-", min_size=1, max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
RECORD = st.builds(
    HostRecord,
    address=TEXT,
    roles=st.frozensets(NAME, max_size=2),
    node=st.dictionaries(TEXT, JSON, max_size=3),
    forgotten=st.booleans(),
)
CONFIGURATION = st.dictionaries(TEXT, JSON, max_size=3)
BUNDLE = st.dictionaries(NAME, st.tuples(TEXT, TEXT, TEXT), max_size=3).map(
    lambda drawn: {
        name: Credential(name=name, certificate=certificate, key=SecretStr(key), kubeconfig=kubeconfig)
        for name, (certificate, key, kubeconfig) in drawn.items()
    }
)


@st.composite
def states(draw: st.DrawFn) -> State:
    """Draw a state; what is not applied yet has no applied encryption either, so no half is empty beside the other."""
    return State(
        lineage=draw(st.text("0123456789abcdef", min_size=1, max_size=8)),
        serial=draw(st.integers(0, 2**40)),
        bundle=draw(BUNDLE),
        desired=draw(CONFIGURATION),
        configuration=draw(CONFIGURATION),
        applied=draw(BUNDLE),
        encryption=draw(TEXT),
        etcd=draw(st.builds(EtcdRecord, token=TEXT, bootstrapped=st.booleans(), first=TEXT, cluster_id=TEXT)),
        hosts=draw(st.dictionaries(TEXT, RECORD, max_size=3)),
        machines=draw(
            st.dictionaries(TEXT, st.builds(Machine, systemd_cgroup=st.booleans(), resolv_conf=TEXT), max_size=2)
        ),
        supplied=draw(st.frozensets(NAME, max_size=2)),
        edited=draw(st.frozensets(NAME, max_size=2)),
    )


def resealed(document: dict[str, Any]) -> bytes:
    """Return a file whose checksum fits what it says."""
    own = {key: value for key, value in document["rkePy"].items() if key != "checksum"}
    bare = {**document, "rkePy": own}
    return write_object({**bare, "rkePy": {**own, "checksum": checksum(bare)}})


class TestLaws:
    @settings(deadline=None, max_examples=50)
    @given(states())
    def test_a_state_survives_the_file(self, state: State) -> None:
        assert decode(encode(state)) == state

    @settings(deadline=None, max_examples=50)
    @given(states())
    def test_a_file_that_was_only_read_is_written_byte_for_byte(self, state: State) -> None:
        data = encode(state)
        assert encode(decode(data)) == data

    @settings(deadline=None)
    @given(states(), st.data())
    def test_a_file_cut_off_anywhere_is_an_error(self, state: State, data: st.DataObject) -> None:
        whole = encode(state)
        cut = data.draw(st.integers(0, len(whole) - 1))
        with pytest.raises(StateError):
            decode(whole[:cut])

    @settings(deadline=None)
    @given(states(), st.data())
    def test_a_changed_byte_is_an_error_or_means_the_same(self, state: State, data: st.DataObject) -> None:
        whole = bytearray(encode(state))
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        try:
            found = decode(bytes(whole))
        except StateError:
            return
        assert found == state

    @settings(deadline=None)
    @given(st.binary(max_size=60) | JSON.map(canonical))
    def test_anything_else_is_an_error(self, data: bytes) -> None:
        with pytest.raises(StateError):
            decode(data)


class TestForm:
    def test_the_halves_are_those_of_rke(self, full_state: State) -> None:
        document = json.loads(encode(full_state))

        assert list(document) == ["desiredState", "currentState", "rkePy"]
        assert list(document["desiredState"]) == ["rkeConfig", "certificatesBundle", "encryptionConfig"]
        assert document["desiredState"]["rkeConfig"] == full_state.desired
        assert document["currentState"]["rkeConfig"] == full_state.configuration
        assert list(document["desiredState"]["certificatesBundle"]) == ["kube-admin", "kube-ca"]

    def test_a_certificate_has_the_twelve_fields_of_rke(self, full_state: State) -> None:
        assert json.loads(encode(full_state))["desiredState"]["certificatesBundle"]["kube-admin"] == {
            "certificatePEM": "ADMIN",
            "keyPEM": "ADMIN KEY",
            "config": "kind: Config\n",
            "name": "kube-admin",
            "commonName": "kube-admin",
            "ouName": "system:masters",
            "envName": "KUBE_ADMIN",
            "path": "/etc/kubernetes/ssl/kube-admin.pem",
            "keyEnvName": "KUBE_ADMIN_KEY",
            "keyPath": "/etc/kubernetes/ssl/kube-admin-key.pem",
            "configEnvName": "KUBECFG_KUBE_ADMIN",
            "configPath": "",
        }

    def test_nothing_is_applied_before_the_first_success(self, full_state: State) -> None:
        beginning = replace(full_state, configuration={}, applied={})
        assert json.loads(encode(beginning))["currentState"] == {}

    def test_finishing_makes_both_halves_the_same(self, full_state: State) -> None:
        document = json.loads(encode(full_state.finished()))
        assert document["currentState"] == document["desiredState"]

    def test_characters_are_escaped_as_go_does(self, full_state: State) -> None:
        assert rb"CA \u003c\u0026\u003e CERTIFICATE" in encode(full_state)

    def test_no_private_key_is_shown(self, full_state: State) -> None:
        assert "KEY" not in repr(full_state)


class TestUnknownKeys:
    def test_they_are_kept_wherever_they_stand(self, full_state: State) -> None:
        document = json.loads(encode(full_state))
        document["later"] = {"path": [1, None]}
        document["desiredState"]["later"] = 1
        document["desiredState"]["certificatesBundle"]["kube-ca"]["later"] = "x"
        document["rkePy"]["later"] = {}
        document["rkePy"]["etcd"]["later"] = True
        data = resealed(document)

        assert encode(decode(data)) == data

    def test_they_survive_changes(self, full_state: State) -> None:
        document = json.loads(encode(full_state))
        document["rkePy"]["later"] = "kept"
        state = decode(resealed(document))

        changed = json.loads(encode(replace(state, serial=99, bundle={}, hosts={})))

        assert changed["rkePy"]["later"] == "kept"
        assert changed["rkePy"]["serial"] == 99

    def test_those_of_a_certificate_go_with_it(self, full_state: State) -> None:
        document = json.loads(encode(full_state))
        document["desiredState"]["certificatesBundle"]["kube-ca"]["later"] = "x"
        state = decode(resealed(document))

        changed = json.loads(encode(replace(state, bundle={"kube-admin": state.bundle["kube-admin"]})))

        assert changed["desiredState"]["certificatesBundle"].keys() == {"kube-admin"}

    @pytest.mark.parametrize(
        ("place", "without"),
        [
            pytest.param(("hosts", "n1"), {"hosts": {}}, id="a host that left"),
            pytest.param(("machines", "n1"), {"machines": {}}, id="its machine"),
            pytest.param(("rotation",), {"rotation": None}, id="a rotation that is over"),
            pytest.param(("restore",), {"restore": None}, id="a restore that is over"),
            pytest.param(("encryption", "change"), {"encryption_change": None}, id="a change of encryption"),
        ],
    )
    def test_those_of_what_is_gone_do_not_damage_the_file(
        self, place: tuple[str, ...], without: dict[str, Any], full_state: State
    ) -> None:
        rotation = Rotation(kind=Kind.LEAVES, phase=Phase.DELIVER)
        restore = Restore(snapshot="s", asked="s", token="t", bump=1, sha256="0")
        document = json.loads(encode(replace(full_state, rotation=rotation, restore=restore)))
        found = document["rkePy"]
        for key in place:
            found = found[key]
        found["later"] = "x"
        state = replace(decode(resealed(document)), **without)

        assert decode(encode(state)) == replace(state, unknown={})

    def test_an_empty_value_does_not_stand_in_the_way_of_a_later_one(self, full_state: State) -> None:
        document = json.loads(encode(replace(full_state, encryption="")))
        document["desiredState"]["encryptionConfig"] = ""
        state = decode(resealed(document))

        assert decode(encode(replace(state, encryption="kind: New"))).encryption == "kind: New"


class TestDamage:
    def test_the_ways_out_are_named(self) -> None:
        with pytest.raises(StateError, match="damaged: it is not UTF-8 text") as caught:
            decode(b"\xff\xfe")
        assert "rke-py state recover" in caught.value.hint
        assert "newest generation" in caught.value.hint

    def test_the_place_is_named(self, full_state: State) -> None:
        with pytest.raises(StateError, match=r"at line 3, column \d+"):
            decode(encode(full_state)[:40])

    def test_a_changed_key_does_not_fit_the_checksum(self, full_state: State) -> None:
        with pytest.raises(StateError, match="does not fit its checksum"):
            decode(encode(full_state).replace(b"CA KEY", b"CA KEx"))

    @pytest.mark.parametrize(
        ("change", "what"),
        [
            ({"version": "1"}, "rkePy.version"),
            ({"lineage": ""}, "rkePy.lineage"),
            ({"serial": -1}, "rkePy.serial"),
            ({"serial": True}, "rkePy.serial"),
            ({"etcd": None}, "rkePy.etcd"),
            ({"etcd": {"token": "t"}}, "rkePy.etcd.bootstrapped"),
            ({"hosts": {"n1": 1}}, "rkePy.hosts.n1"),
            ({"machines": {"n1": {}}}, "rkePy.machines.n1"),
        ],
    )
    def test_wrong_types_are_named_by_their_place(self, change: dict[str, Any], what: str, full_state: State) -> None:
        document = json.loads(encode(full_state))
        with pytest.raises(StateError, match=what):
            decode(resealed({**document, "rkePy": {**document["rkePy"], **change}}))

    def test_no_value_is_shown(self, full_state: State) -> None:
        document = json.loads(encode(full_state))
        document["desiredState"]["certificatesBundle"]["kube-ca"]["keyPEM"] = ["PRIVATE"]
        with pytest.raises(StateError) as caught:
            decode(resealed(document))
        assert "certificatesBundle.kube-ca.keyPEM" in str(caught.value)
        assert "PRIVATE" not in str(caught.value)

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ('{"a": 1, "a": 2}', "stands twice"),
            ('{"a": NaN}', "not a number"),
            ('{"a": 1e999}', "not a number"),
            ('{"a": "\\ud800"}', "half characters"),
            ('{"a":' * 400 + "1" + "}" * 400, "nests too deeply"),
            ("[" * 100_000, "nests too deeply"),
            ("[]", "not a JSON object"),
        ],
    )
    def test_json_is_read_strictly(self, text: str, what: str) -> None:
        with pytest.raises(StateError, match=what):
            decode(text.encode())

    def test_a_missing_checksum_is_damage(self, full_state: State) -> None:
        document = json.loads(encode(full_state))
        del document["rkePy"]["checksum"]
        with pytest.raises(StateError, match="checksum is missing"):
            decode(write_object(document))

    def test_a_certificate_under_another_name_is_damage(self, full_state: State) -> None:
        document = json.loads(encode(full_state))
        document["desiredState"]["certificatesBundle"]["kube-ca"]["name"] = "kube-admin"
        with pytest.raises(StateError, match="calls itself 'kube-admin'"):
            decode(resealed(document))

    def test_a_later_release_is_told_apart_from_damage(self, full_state: State) -> None:
        document = json.loads(encode(full_state))
        document["rkePy"]["version"] = 2
        with pytest.raises(StateError, match="later release"):
            decode(write_object(document))


class TestFilesOfRke:
    def test_one_that_rke_wrote_is_not_taken_for_our_own(self, rke_document: dict[str, Any]) -> None:
        with pytest.raises(StateError, match="last written by RKE") as refusal:
            decode(write_object(rke_document))
        assert "taken over anew" in refusal.value.hint

    def test_it_is_adopted_on_request(self, rke_document: dict[str, Any]) -> None:
        state = adopt(write_object(rke_document))

        assert (len(state.lineage), state.serial) == (32, 0)
        assert state.desired == rke_document["desiredState"]["rkeConfig"]
        assert state.encryption == "kind: E\n"
        assert state.etcd.bootstrapped
        (record,) = state.hosts.values()
        assert (record.address, record.roles) == ("192.0.2.1", {"etcd", "worker"})
        assert keys(state.bundle)["kube-admin"].startswith("-----BEGIN RSA PRIVATE KEY-----")

    def test_nothing_of_it_is_lost(self, rke_document: dict[str, Any]) -> None:
        written = json.loads(encode(adopt(write_object(rke_document))))
        del written["rkePy"]
        assert write_object(written) == write_object(rke_document)

    def test_once_adopted_it_is_our_own(self, rke_document: dict[str, Any]) -> None:
        state = adopt(write_object(rke_document))
        assert decode(encode(state)) == state

    def test_our_own_is_not_adopted(self, full_state: State) -> None:
        with pytest.raises(StateError, match="nothing to adopt"):
            adopt(encode(full_state))

    def test_a_half_done_change_of_encryption_is_finished_by_rke(self, rke_document: dict[str, Any]) -> None:
        half = {**rke_document["desiredState"], "encryptionConfig": "kind: Other\n"}
        with pytest.raises(StateError, match="Secrets are encrypted"):
            adopt(write_object({**rke_document, "desiredState": half}))

    @pytest.mark.parametrize("document", [{}, {"desiredState": {}}, {"desiredState": [], "currentState": {}}])
    def test_what_is_not_a_state_is_not_adopted(self, document: dict[str, Any]) -> None:
        with pytest.raises(StateError, match=r"damaged: (desiredState|currentState)"):
            adopt(write_object(document))


def keys(bundle: Bundle) -> dict[str, str]:
    return {name: credential.key.get_secret_value() for name, credential in bundle.items()}
