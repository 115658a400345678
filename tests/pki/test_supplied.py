"""A folder of the owner's certificates and the state together."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from rke_py.cluster.model import Cluster
from rke_py.errors import ConfigError
from rke_py.pki.inspect import key_matches
from rke_py.pki.issue import IssueResult, Own, issue
from rke_py.pki.keys import generate_key
from rke_py.pki.model import Bundle

from .clusters import N1, N2, N4, NOW, cluster, issued
from .owner import OwnersCa, key_pem, requested, supplied

Files = dict[str, bytes]
WANTED = cluster(N1)
CA = OwnersCa.root()
GOOD = CA.folder(WANTED)
WITH_KEY = {"kube-ca.pem": CA.text.encode(), "kube-ca-key.pem": key_pem(CA.key)}


def taken(
    files: Files,
    existing: Bundle | None = None,
    *,
    wanted: Cluster = WANTED,
    exists: bool = False,
    now: datetime = NOW,
) -> IssueResult:
    own = Own(now=supplied(wanted, files), exists=exists)
    return issue(wanted, existing or {}, now=now, new_key=generate_key, own=own)


def later(wanted: Cluster, before: IssueResult, now: datetime = NOW) -> IssueResult:
    """Issue once more without a folder."""
    own = Own(before=before.supplied, exists=True)
    return issue(wanted, before.bundle, now=now, new_key=generate_key, own=own)


def faults(error: ConfigError) -> list[str]:
    return [f"{problem.where}: {problem.what}" for problem in error.problems if not problem.warning]


@pytest.fixture(scope="module")
def first() -> IssueResult:
    return taken(GOOD)


class TestWithoutTheCasKey:
    def test_a_second_time_there_is_nothing_to_do(self, first: IssueResult) -> None:
        second = later(WANTED, first)
        assert (second.bundle, second.issued, second.supplied) == (first.bundle, (), first.supplied)

    def test_a_new_node_names_what_has_to_be_supplied(self, first: IssueResult) -> None:
        with pytest.raises(ConfigError) as caught:
            later(cluster(N1, N4), first)
        assert faults(caught.value) == [
            f"{name}.pem: is missing; n4 needs it, and the key of kube-ca is not here to sign it with"
            for name in ("kube-node-10-0-0-4", "kube-kubelet-10-0-0-4")
        ]

    def test_then_only_that_has_to_be_in_the_folder(self, first: IssueResult) -> None:
        wanted = cluster(N1, N4)
        asked = requested(wanted, existing=first.bundle)
        names = ("kube-node-10-0-0-4", "kube-kubelet-10-0-0-4")
        files = {f"{name}-key.pem": asked[f"{name}-key.pem"] for name in names}
        files |= {f"{name}.pem": CA.sign(asked[f"{name}-csr.pem"]).encode() for name in names}
        result = taken(files, first.bundle, wanted=wanted, exists=True)
        assert result.bundle.keys() - first.bundle.keys() == set(names)
        assert result.supplied == first.supplied | set(names)

    def test_a_new_control_plane_host_wants_its_name_in_the_api_servers_certificate(self, first: IssueResult) -> None:
        with pytest.raises(ConfigError) as caught:
            later(cluster(N1, N2), first)
        assert "kube-apiserver.pem: lacks the names 10.0.0.2, 192.0.2.2, n2" in faults(caught.value)

    def test_a_name_too_many_is_no_fault(self, first: IssueResult) -> None:
        two = taken(CA.folder(cluster(N1, N2)), wanted=cluster(N1, N2))
        assert later(WANTED, two).issued == ()

    def test_what_ends_soon_is_warned_of_and_kept(self, first: IssueResult) -> None:
        result = later(WANTED, first, NOW + timedelta(days=340))
        assert result.issued == ()
        (hint,) = {problem.hint for problem in result.warnings}
        assert "rke-py up --custom-certs" in hint

    def test_what_has_ended_is_a_fault(self, first: IssueResult) -> None:
        with pytest.raises(ConfigError) as caught:
            later(WANTED, first, NOW + timedelta(days=366))
        assert "kube-admin.pem: ended on 2027-11-21" in faults(caught.value)

    def test_a_key_that_the_state_has_need_not_be_in_the_folder(self, first: IssueResult) -> None:
        asked = requested(WANTED, existing=first.bundle)
        files = {"kube-admin.pem": CA.sign(asked["kube-admin-csr.pem"], now=NOW + timedelta(hours=2)).encode()}
        result = taken(files, first.bundle, exists=True, now=NOW + timedelta(hours=2))
        assert result.bundle["kube-admin"].certificate != first.bundle["kube-admin"].certificate
        assert key_matches(result.bundle["kube-admin"])

    def test_a_key_whose_request_is_not_signed_yet_changes_nothing(self, first: IssueResult) -> None:
        files = {"kube-admin-key.pem": key_pem(generate_key("ecdsa-p256"))}
        assert taken(files, first.bundle, exists=True).bundle == first.bundle


class TestWithTheCasKey:
    def test_what_is_not_in_the_folder_is_issued(self) -> None:
        result = taken(WITH_KEY)
        assert result.supplied == frozenset()
        assert all(key_matches(credential) for credential in result.bundle.values())

    def test_what_is_in_it_is_not(self) -> None:
        asked = requested(WANTED)
        given = {"kube-admin-key.pem": asked["kube-admin-key.pem"]}
        files = {**WITH_KEY, **given, "kube-admin.pem": CA.sign(asked["kube-admin-csr.pem"]).encode()}
        result = taken(files)
        assert result.supplied == {"kube-admin"}
        assert later(WANTED, result, NOW + timedelta(days=340)).bundle["kube-admin"] == result.bundle["kube-admin"]

    def test_taking_it_out_gives_it_back(self) -> None:
        asked = requested(WANTED)
        given = {"kube-admin-key.pem": asked["kube-admin-key.pem"]}
        before = taken({**WITH_KEY, **given, "kube-admin.pem": CA.sign(asked["kube-admin-csr.pem"]).encode()})
        assert taken(WITH_KEY, before.bundle, exists=True).supplied == frozenset()


class TestRoots:
    def test_kube_ca_stands_in_for_the_others(self, first: IssueResult) -> None:
        assert first.bundle["kube-etcd-ca"].certificate == CA.text
        stand_ins = {problem.where: problem.what for problem in first.warnings}
        assert stand_ins == {
            "cluster_certs/kube-etcd-ca.pem": "is missing; kube-ca stands in for it",
            "cluster_certs/kube-apiserver-requestheader-ca.pem": "is missing; kube-ca stands in for it",
        }

    def test_each_may_have_a_ca_of_its_own(self) -> None:
        etcd = OwnersCa.root("Example etcd")
        files = {**WITH_KEY, "kube-etcd-ca.pem": etcd.text.encode()}
        result = taken({**files, "kube-etcd-ca-key.pem": key_pem(etcd.key)})
        assert result.bundle["kube-etcd-ca"].certificate == etcd.text
        assert "CN=Example etcd" in {problem.what for problem in result.warnings} or key_matches(
            result.bundle["kube-etcd-10-0-0-1"]
        )

    @pytest.mark.parametrize("name", ["kube-ca", "kube-service-account-token"])
    def test_a_running_clusters_own_is_not_replaced(self, name: str) -> None:
        existing = issued(WANTED).bundle
        other = issued(WANTED).bundle[name]
        files = {f"{name}.pem": other.certificate.encode(), f"{name}-key.pem": other.key.get_secret_value().encode()}
        with pytest.raises(ConfigError) as caught:
            taken(files, existing, exists=True)
        assert f"cluster_certs/{name}.pem: is another {name} than the cluster's" in faults(caught.value)

    def test_before_there_is_a_cluster_it_may_be(self) -> None:
        assert taken(WITH_KEY, issued(WANTED).bundle).bundle["kube-ca"].certificate == CA.text

    def test_a_cas_certificate_that_comes_alone_keeps_its_key(self) -> None:
        existing = issued(WANTED).bundle
        result = taken({"kube-ca.pem": existing["kube-ca"].certificate.encode()}, existing, exists=True)
        assert result.issued == ()
        assert result.bundle["kube-ca"] == existing["kube-ca"]

    def test_a_service_account_key_may_come_alone(self) -> None:
        key = generate_key("rsa-2048")
        result = taken({**GOOD, "kube-service-account-token-key.pem": key_pem(key)})
        assert key_matches(result.bundle["kube-service-account-token"])
        assert result.issued == ()


class TestFolder:
    def test_what_has_no_place_is_named_with_the_right_spelling(self) -> None:
        (problem,) = supplied(WANTED, {"kube-node.pem": b""}).problems
        assert (problem.where, problem.warning) == ("cluster_certs/kube-node.pem", True)
        assert problem.hint == "Did you mean kube-node-10-0-0-1?"

    def test_what_is_not_text_is_named(self) -> None:
        (problem,) = supplied(WANTED, {"kube-ca.pem": b"\xff\xfe"}).problems
        assert problem.what == "is not text in PEM form"
        assert "openssl" in problem.hint

    def test_requests_mean_nothing(self) -> None:
        assert supplied(WANTED, {"kube-admin-csr.pem": b"anything"}).credentials == {}

    def test_keys_are_not_shown(self) -> None:
        assert "PRIVATE KEY" not in repr(supplied(WANTED, GOOD))
