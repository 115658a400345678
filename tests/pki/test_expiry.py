from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from rke_py.pki.expiry import expiries, expiry_warnings
from rke_py.pki.inventory import KEPT
from rke_py.pki.model import Bundle, Credential

from .clusters import NOW, cluster, issued
from .owner import YEAR, OwnersCa, requested


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return issued(cluster()).bundle


def test_what_ends_next_stands_first(bundle: Bundle) -> None:
    found = expiries(bundle, NOW + timedelta(days=65))

    assert (found[0].name, found[0].days) == ("kube-admin", 300)
    assert found[-1].name == "kube-etcd-ca"
    assert [expiry.not_after for expiry in found] == sorted(expiry.not_after for expiry in found)


def test_the_service_account_keys_certificate_has_no_end_that_matters(bundle: Bundle) -> None:
    assert "kube-service-account-token" not in {expiry.name for expiry in expiries(bundle, NOW)}


def test_what_cannot_be_read_is_left_out() -> None:
    assert expiries({"odd": Credential(name="odd", certificate="nonsense")}, NOW) == ()


def test_a_ca_behind_a_certificate_that_ends_sooner_is_what_counts() -> None:
    root = OwnersCa.root(now=NOW)
    issuing = root.below(now=NOW - 10 * YEAR + timedelta(days=40))
    text = issuing.sign(requested(cluster())["kube-admin-csr.pem"]) + issuing.text
    bundle = {"kube-admin": Credential(name="kube-admin", certificate=text)}
    assert [expiry.days for expiry in expiries(bundle, NOW)] == [40]
    assert [str(warning) for warning in expiry_warnings(bundle, NOW)] == ["kube-admin: ends on 2026-12-31"]


def test_nothing_is_said_while_nothing_ends_soon(bundle: Bundle) -> None:
    assert expiry_warnings(bundle, NOW + timedelta(days=304)) == ()


def test_one_line_warns_of_all_leaves(bundle: Bundle) -> None:
    (warning,) = expiry_warnings(bundle, NOW + timedelta(days=306))

    assert warning.warning
    assert str(warning) == f"kube-admin and {len(bundle.keys() - KEPT) - 1} more certificates: ends on 2027-11-21"
    assert "rke-py up" in warning.hint


def test_each_ca_has_a_line_of_its_own(bundle: Bundle) -> None:
    cas = {name: bundle[name] for name in ("kube-ca", "kube-etcd-ca")}
    found = expiry_warnings(cas, NOW + timedelta(days=3640))
    assert [str(warning) for warning in found] == [
        "kube-ca: ends on 2036-11-18, and so does what it signs from now on",
        "kube-etcd-ca: ends on 2036-11-18, and so does what it signs from now on",
    ]


@pytest.mark.parametrize(("left", "warned"), [(366, False), (364, True)])
def test_a_ca_is_warned_of_while_what_it_signs_would_outlive_it(bundle: Bundle, left: int, warned: bool) -> None:
    ca = {"kube-ca": bundle["kube-ca"]}
    assert [warning.hint for warning in expiry_warnings(ca, NOW + timedelta(days=3650 - left))] == [
        "Rotate it before that day: rke-py cert rotate --rotate-ca"
    ] * warned


def test_a_ca_without_its_key_is_for_its_owner_to_renew(bundle: Bundle) -> None:
    ca = {"kube-ca": replace(bundle["kube-ca"], key=SecretStr(""))}
    (warning,) = expiry_warnings(ca, NOW + timedelta(days=3640))
    assert "rke-py up --custom-certs" in warning.hint
