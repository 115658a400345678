from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from rke_py.cluster.model import Cluster
from rke_py.errors import ConfigError, StateError
from rke_py.pki.authority import read_root
from rke_py.pki.inspect import key_matches, signed_by
from rke_py.pki.inventory import KEPT, inventory
from rke_py.pki.issue import issue
from rke_py.pki.keys import PrivateKey, generate_key, key_text
from rke_py.pki.line import Usage
from rke_py.pki.model import Bundle, Credential
from rke_py.pki.names import api_server_names
from rke_py.pki.sign import certificate_text, signed

from .clusters import N1, N2, N3, N4, NOW, certificate, cluster, host, issued, services, with_serial_zero

CAS = sorted(KEPT - {"kube-service-account-token"})


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return issued(cluster()).bundle


def keys(bundle: Bundle) -> Mapping[str, str]:
    return {name: credential.key.get_secret_value() for name, credential in bundle.items()}


def without(bundle: Bundle, *names: str) -> Bundle:
    return {name: credential for name, credential in bundle.items() if name not in names}


LETTERS = st.text("ecw", min_size=1, max_size=3)


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    """Draw a cluster of up to four hosts, the first of which has every role."""
    others = draw(st.lists(LETTERS, max_size=3))
    hosts = [host(f"n{i}", roles, f"10.0.0.{i}") for i, roles in enumerate(["ecw", *others])]
    return cluster(*hosts, api_sans=tuple(draw(st.sets(st.sampled_from(["a.example", "b.example", "::1"])))))


class TestLaws:
    @settings(max_examples=25, deadline=None)
    @given(clusters())
    def test_every_leaf_is_signed_by_its_ca_and_has_its_key(self, wanted: Cluster) -> None:
        bundle = issued(wanted).bundle

        for row in inventory(wanted):
            signer = row.line.issuer or row.name
            assert signed_by(certificate(bundle, row.name), certificate(bundle, signer))
            assert key_matches(bundle[row.name])

    @settings(max_examples=25, deadline=None)
    @given(clusters())
    def test_a_second_time_there_is_nothing_to_do(self, wanted: Cluster) -> None:
        first = issued(wanted)
        second = issued(wanted, first.bundle)

        assert second.bundle == first.bundle
        assert second.issued == ()
        assert second.removed == ()

    @settings(max_examples=25, deadline=None)
    @given(clusters(), clusters())
    def test_roots_stay_and_keys_too_whatever_becomes_of_a_cluster(self, before: Cluster, after: Cluster) -> None:
        old = issued(before).bundle
        new = issued(after, old).bundle

        assert {name: new[name] for name in KEPT} == {name: old[name] for name in KEPT}
        assert all(new[name].key == old[name].key for name in new.keys() & old.keys())
        assert new.keys() == {row.name for row in inventory(after)}

    @settings(max_examples=25, deadline=None)
    @given(clusters(), clusters())
    def test_what_is_issued_is_what_changed(self, before: Cluster, after: Cluster) -> None:
        old = issued(before).bundle
        result = issued(after, old)

        changed = {
            name
            for name in result.bundle
            if name not in old or result.bundle[name].certificate != old[name].certificate
        }
        assert {issued.name for issued in result.issued} == changed


class TestNewCluster:
    def test_everything_is_issued(self) -> None:
        result = issued(cluster())
        assert [name for name, _ in result.issued] == [row.name for row in inventory(cluster())]
        assert [name for name, reason in result.issued if reason == "it begins a new cluster"] == [
            "kube-ca",
            "kube-etcd-ca",
            "kube-apiserver-requestheader-ca",
            "kube-service-account-token",
        ]

    def test_no_two_certificates_share_a_key(self, bundle: Bundle) -> None:
        assert len(set(keys(bundle).values())) == len(bundle)

    def test_keys_come_from_the_source_that_was_given(self) -> None:
        asked: list[str] = []
        key = generate_key("ecdsa-p256")

        def new_key(algorithm: str) -> PrivateKey:
            asked.append(algorithm)
            return key

        wanted = cluster(N1, key_algorithm="rsa-2048")
        made = issue(wanted, {}, now=NOW, new_key=new_key, new_serial=iter(range(1, 100)).__next__).bundle

        assert asked == ["rsa-2048"] * len(inventory(wanted))
        assert [certificate(made, name).serial_number for name in made] == list(range(1, len(made) + 1))

    def test_private_keys_are_not_shown(self) -> None:
        result = issued(cluster())
        shown = repr(result)
        assert not any(
            line in shown for key in keys(result.bundle).values() for line in key.splitlines() if len(line) == 64
        )
        assert result.bundle["kube-admin"].kubeconfig not in shown

    def test_a_node_name_that_fits_into_no_certificate_is_refused(self) -> None:
        with pytest.raises(ConfigError) as caught:
            issued(cluster(N1, host("n" * 54, "w", "10.0.0.9")))
        (problem,) = caught.value.problems
        assert problem.where == "n" * 54
        assert "2 characters too long" in problem.what


class TestChanges:
    def test_a_new_worker_concerns_nobody_else(self) -> None:
        before = issued(cluster(N1, N2, N3)).bundle
        assert issued(cluster(N1, N2, N3, N4), before).issued == (
            ("kube-node-10-0-0-4", "it is missing"),
            ("kube-kubelet-10-0-0-4", "it is missing"),
        )

    def test_a_new_control_plane_host_is_a_new_name_of_the_api(self) -> None:
        before = issued(cluster(N1, N3)).bundle
        reasons = dict(issued(cluster(N1, N2, N3), before).issued)
        assert reasons["kube-apiserver"] == "it lacks 10.0.0.2, 192.0.2.2, n2"

    def test_a_host_that_left_takes_its_certificates_with_it(self, bundle: Bundle) -> None:
        result = issued(cluster(N1, N2, N4), bundle)
        assert result.removed == ("kube-etcd-10-0-0-3", "kube-kubelet-10-0-0-3", "kube-node-10-0-0-3")
        assert result.bundle.keys() == bundle.keys() - set(result.removed)
        assert result.issued == ()

    def test_what_the_inventory_does_not_know_is_kept(self, bundle: Bundle) -> None:
        own = Credential(name="our-own", certificate="text")
        assert issued(cluster(), {**bundle, "our-own": own}).bundle["our-own"] == own

    def test_the_order_of_names_means_nothing(self) -> None:
        before = issued(cluster(api_sans=("a.example", "b.example"))).bundle
        assert issued(cluster(api_sans=("b.example", "A.example", "a.example")), before).issued == ()

    def test_a_name_that_is_gone_leaves_the_certificate(self) -> None:
        before = issued(cluster(api_sans=("a.example",))).bundle
        assert issued(cluster(), before).issued == (("kube-apiserver", "it has a.example"),)

    def test_a_key_stays_when_its_certificate_changes(self, bundle: Bundle) -> None:
        after = issued(cluster(services=services(("10.99.0.0/16",))), bundle).bundle
        assert after["kube-apiserver"].certificate != bundle["kube-apiserver"].certificate
        assert after["kube-apiserver"].key == bundle["kube-apiserver"].key

    def test_a_renamed_node_has_a_new_identity(self, bundle: Bundle) -> None:
        renamed = cluster(N1, N2, N3, replace(N4, name="w4"))
        reasons = dict(issued(renamed, bundle).issued)
        assert reasons["kube-node-10-0-0-4"] == "its subject differs"

    def test_a_certificate_that_cannot_do_all_it_is_for_is_replaced(self, bundle: Bundle) -> None:
        row = next(row for row in inventory(cluster()) if row.name == "kube-etcd-10-0-0-1")
        server_only = replace(row, line=replace(row.line, usage=Usage.SERVER))
        authority = read_root("kube-etcd-ca", bundle)
        key = generate_key("ecdsa-p256")
        made = signed(server_only, key, authority.signer(), now=NOW, serial=1)
        odd = Credential(name=row.name, certificate=certificate_text(made), key=key_text(key))
        assert issued(cluster(), {**bundle, row.name: odd}).issued == ((row.name, "its usage differs"),)

    def test_the_operators_kubeconfig_follows_the_api_without_a_new_certificate(self, bundle: Bundle) -> None:
        wanted = cluster(api_server_address="https://n1:6443")
        result = issued(wanted, bundle)
        assert result.issued == ()
        assert "https://n1:6443" in result.bundle["kube-admin"].kubeconfig
        assert api_server_names(wanted) == api_server_names(cluster())

    def test_a_certificate_of_another_ca_is_replaced(self, bundle: Bundle) -> None:
        other = issued(cluster()).bundle
        mixed = {**bundle, "kube-ca": other["kube-ca"]}
        reasons = dict(issued(cluster(), mixed).issued)
        assert reasons["kube-admin"] == "it was not signed by the kube-ca there is now"
        assert reasons.keys() == {row.name for row in inventory(cluster()) if row.line.issuer == "kube-ca"}

    @pytest.mark.parametrize(
        "damaged",
        [
            pytest.param({"certificate": "nonsense"}, id="certificate"),
            pytest.param({"key": SecretStr("nonsense")}, id="key"),
            pytest.param({"key": key_text(generate_key("ecdsa-p256"))}, id="another key"),
        ],
    )
    def test_a_leaf_that_is_no_pair_is_replaced(self, bundle: Bundle, damaged: dict[str, object]) -> None:
        odd = {**bundle, "kube-admin": replace(bundle["kube-admin"], **damaged)}
        result = issued(cluster(), odd)
        assert result.issued == (("kube-admin", "its certificate and key do not make a pair"),)
        assert key_matches(result.bundle["kube-admin"])


class TestTime:
    def test_a_certificate_is_kept_until_thirty_days_before_its_end(self, bundle: Bundle) -> None:
        assert issued(cluster(), bundle, NOW + timedelta(days=335)).issued == ()

    def test_then_it_is_renewed_with_its_key(self, bundle: Bundle) -> None:
        now = NOW + timedelta(days=335, seconds=1)
        result = issued(cluster(), bundle, now)
        assert {name for name, _ in result.issued} == bundle.keys() - KEPT
        assert dict(result.issued)["kube-admin"] == "it ends on 2027-11-21"
        assert keys(result.bundle) == keys(bundle)
        assert issued(cluster(), result.bundle, now).issued == ()

    def test_what_cannot_live_longer_than_its_ca_is_not_renewed_again_and_again(self, bundle: Bundle) -> None:
        late = NOW + timedelta(days=3640)
        once = issued(cluster(), bundle, late)
        twice = issued(cluster(), once.bundle, late)
        assert twice.issued == ()
        assert {warning.where for warning in twice.warnings} >= set(CAS)

    def test_a_ca_that_has_ended_signs_nothing(self, bundle: Bundle) -> None:
        with pytest.raises(StateError, match="ended on 2036-11-18"):
            issued(cluster(), bundle, NOW + timedelta(days=3650))


class TestRoots:
    @pytest.mark.parametrize("name", sorted(KEPT))
    def test_one_that_is_missing_is_never_made_anew(self, name: str, bundle: Bundle) -> None:
        with pytest.raises(StateError, match=f"not {name}") as caught:
            issued(cluster(), without(bundle, name))
        assert "rke-py state recover" in caught.value.hint

    @pytest.mark.parametrize("name", sorted(KEPT))
    @pytest.mark.parametrize(
        ("damaged", "what"),
        [
            ({"certificate": "nonsense"}, "the certificate of NAME in the state cannot be read"),
            ({"key": SecretStr("nonsense")}, "the key of NAME in the state cannot be read"),
            ({"key": key_text(generate_key("ecdsa-p256"))}, "key and certificate of NAME .* do not belong together"),
        ],
    )
    def test_one_that_is_damaged_is_an_error(
        self, name: str, damaged: dict[str, object], what: str, bundle: Bundle
    ) -> None:
        with pytest.raises(StateError, match=what.replace("NAME", name)):
            issued(cluster(), {**bundle, name: replace(bundle[name], **damaged)})

    def test_leaves_are_made_again_from_the_roots_alone(self, bundle: Bundle) -> None:
        result = issued(cluster(), {name: bundle[name] for name in KEPT})
        assert result.bundle.keys() == bundle.keys()
        assert {name for name, _ in result.issued} == bundle.keys() - KEPT

    def test_a_ca_without_its_key_is_enough_while_nothing_has_to_be_signed(self, bundle: Bundle) -> None:
        known = {**bundle, "kube-ca": replace(bundle["kube-ca"], key=SecretStr(""))}
        assert issued(cluster(), known).issued == ()

    def test_a_ca_without_its_key_cannot_sign(self, bundle: Bundle) -> None:
        known = {**bundle, "kube-ca": replace(bundle["kube-ca"], key=SecretStr(""))}
        with pytest.raises(ConfigError) as caught:
            issued(cluster(), without(known, "kube-admin"))
        (problem,) = caught.value.problems
        assert problem.where == "kube-admin.pem"
        assert "is missing" in problem.what
        assert "rke-py cert generate-csr" in problem.hint

    def test_a_ca_that_rke_made_signs(self, bundle: Bundle) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kube-ca")])
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(NOW)
            .not_valid_after(NOW + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        rke = Credential(name="kube-ca", certificate=with_serial_zero(made, key), key=key_text(key))

        result = issued(cluster(), {**bundle, "kube-ca": rke})

        assert result.bundle["kube-ca"] == rke
        assert signed_by(certificate(result.bundle, "kube-admin"), made)
