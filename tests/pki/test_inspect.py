from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from rke_py.pki.inspect import certificate_facts, key_matches, read_certificate, signed_by
from rke_py.pki.model import Bundle

from .clusters import NOW, certificate, cluster, issued


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return issued(cluster()).bundle


def test_what_a_certificate_says(bundle: Bundle) -> None:
    facts = certificate_facts(bundle["kube-node-10-0-0-4"].certificate)

    assert (facts.common_name, facts.organization) == ("system:node:n4", "system:nodes")
    assert (facts.not_before, facts.not_after) == (NOW - timedelta(minutes=5), NOW + timedelta(days=365))
    assert (facts.authority, facts.server, facts.client) == (False, False, True)
    assert facts.sans == frozenset()
    assert facts.issuer == certificate(bundle, "kube-ca").subject.rfc4514_string()


def test_names_and_addresses_of_a_server(bundle: Bundle) -> None:
    assert certificate_facts(bundle["kube-scheduler-serving"].certificate).sans == {"localhost", "127.0.0.1", "::1"}


def test_a_ca_is_one(bundle: Bundle) -> None:
    assert certificate_facts(bundle["kube-ca"].certificate).authority


def test_what_is_no_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match="not a certificate"):
        certificate_facts("nonsense")


def test_a_key_belongs_to_its_certificate(bundle: Bundle) -> None:
    admin, proxy = bundle["kube-admin"], bundle["kube-proxy"]

    assert key_matches(admin)
    assert not key_matches(replace(admin, key=proxy.key))
    assert not key_matches(replace(admin, key=SecretStr("")))


def test_only_its_own_ca_signed_a_certificate(bundle: Bundle) -> None:
    leaf = read_certificate(bundle["kube-admin"].certificate)

    assert leaf is not None
    assert signed_by(leaf, certificate(bundle, "kube-ca"))
    assert not signed_by(leaf, certificate(bundle, "kube-etcd-ca"))
