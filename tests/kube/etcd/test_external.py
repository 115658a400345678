"""An etcd of the owner's own, asked over TLS that is verified."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import SecretStr

from rke_py.cluster.model import ExternalEtcd
from rke_py.kube.etcd.external import look_at_external
from rke_py.kube.tls import Tls
from rke_py.plan.observed_etcd import ExternalMember

from ..server import Pki
from .fake_member import PKI, FakeMember, refused, served

URL = "https://127.0.0.1:2379"


def shown(tls: Tls, url: str = URL) -> ExternalEtcd:
    return ExternalEtcd(
        urls=(url,), path="/k", ca_cert=tls.ca_pem, cert=tls.certificate, key=SecretStr(tls.key.get_secret_value())
    )


@pytest.fixture
def fake():
    return FakeMember(own=1, listed=None)


@pytest.fixture
def ask(fake, tmp_path) -> Callable[[ExternalEtcd], ExternalMember]:
    """Ask the member from a host."""
    with served(fake, tmp_path) as dial:
        yield lambda etcd: look_at_external(etcd, {"n1": dial})[0]


def test_a_member_that_can_be_used_tells_its_cluster(ask):
    assert ask(shown(PKI.tls())) == ExternalMember(host="n1", url=URL, cluster_id="abc", version="3.6.16")


def test_one_that_tells_its_status_to_nobody_can_be_used_too(ask, fake):
    fake.refusal = {"code": 7, "message": "etcdserver: permission denied"}
    assert ask(shown(PKI.tls())) == ExternalMember(host="n1", url=URL)


def test_one_that_is_not_healthy_cannot(ask, fake):
    fake.health = (503, '{"health":"false","reason":"RAFT NO LEADER"}')
    assert "RAFT NO LEADER" in ask(shown(PKI.tls())).fault


def test_a_certificate_of_another_ca_is_not_believed(ask):
    assert "certificate" in ask(shown(Pki().tls())).fault


def test_what_is_no_certificate_is_said(ask):
    assert "not usable" in ask(shown(Tls(ca_pem="x", certificate="y", key=SecretStr("z")))).fault


def test_without_tls_it_is_not_asked(ask):
    assert "not https" in ask(shown(PKI.tls(), "http://127.0.0.1:2379")).fault


def test_every_host_asks_every_member():
    etcd = replace(shown(PKI.tls()), urls=(URL, "https://127.0.0.2:2379"))
    seen = look_at_external(etcd, {"n1": refused, "n2": refused})
    assert [(member.host, member.url) for member in seen] == [(host, url) for host in ("n1", "n2") for url in etcd.urls]
    assert all("refused" in member.fault for member in seen)
