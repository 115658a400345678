"""Signing requests."""

from __future__ import annotations

import pytest
from cryptography import x509

from rke_py.pki.inventory import KEPT, inventory
from rke_py.pki.keys import generate_key
from rke_py.pki.request import Requests, make_requests

from .clusters import N1, N4, cluster, issued
from .owner import OwnersCa, key_pem, requested, supplied

WANTED = cluster(N1)
ASKED = requested(WANTED)


def again(files: dict[str, bytes], wanted=WANTED) -> Requests:
    return make_requests(
        inventory(wanted), supplied(wanted, files), files, {}, new_key=lambda: generate_key("ecdsa-p256")
    )


def test_there_is_one_for_everything_but_the_cas():
    names = {row.name for row in inventory(WANTED)} - KEPT
    assert ASKED.keys() == {f"{name}{ending}" for name in names for ending in ("-key.pem", "-csr.pem")}


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in inventory(WANTED) if not row.line.kept])
def test_it_asks_for_the_rows_subject_and_names(row):
    request = x509.load_pem_x509_csr(ASKED[f"{row.name}-csr.pem"])
    assert request.is_signature_valid
    assert request.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == row.common_name
    found = request.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert len(list(found)) == row.line.usage.serves + row.line.usage.calls
    if row.sans:
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert {str(entry.value) for entry in names} == row.sans


def test_what_is_there_and_fits_is_left_alone():
    made = again(ASKED)
    assert made.files == {}
    assert not any(request.new or request.signed for request in made.requests)


def test_other_names_make_another_request_with_the_same_key():
    made = again(ASKED, cluster(N1, api_sans=("api.example.com",)))
    assert list(made.files) == ["kube-apiserver-csr.pem"]


def test_a_new_host_adds_its_own():
    assert [request.name for request in again(ASKED, cluster(N1, N4)).requests if request.new] == [
        "kube-node-10-0-0-4",
        "kube-kubelet-10-0-0-4",
    ]


def test_what_is_signed_is_told():
    files = {**ASKED, "kube-admin.pem": OwnersCa.root().sign(ASKED["kube-admin-csr.pem"]).encode()}
    assert [request.name for request in again(files).requests if request.signed] == ["kube-admin"]


def test_a_certificate_for_another_key_is_none_for_this_request():
    files = {**ASKED, "kube-admin.pem": OwnersCa.root().sign(ASKED["kube-proxy-csr.pem"]).encode()}
    assert not any(request.signed for request in again(files).requests)


def test_the_states_key_is_asked_with():
    existing = issued(WANTED).bundle
    made = requested(WANTED, existing=existing)
    assert made["kube-admin-key.pem"].decode() == existing["kube-admin"].key.get_secret_value()


@pytest.mark.parametrize("key", [b"nonsense", b"\n"])
def test_a_key_that_cannot_be_read_is_a_fault_and_not_overwritten(key):
    made = again({**ASKED, "kube-admin-key.pem": key})
    assert [problem.where for problem in made.problems] == ["cluster_certs/kube-admin-key.pem"]
    assert made.files == {}


def test_a_key_of_the_owners_kind_is_kept():
    files = {"kube-admin-key.pem": key_pem(generate_key("rsa-2048"))}
    assert "kube-admin-key.pem" not in again(files).files
