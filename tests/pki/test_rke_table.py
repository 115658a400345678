"""The certificates of RKE's own releases are RKE's: names, subjects, usages, hosts."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import SecretStr

from rke_py.cluster.addon_model import Ingress
from rke_py.cluster.model import Cluster, ExternalEtcd, Family
from rke_py.pki.inventory import inventory
from rke_py.pki.issue import Own, issue
from rke_py.pki.keys import generate_key
from rke_py.pki.line import Usage

from .clusters import N1, N2, N3, N4, NOW, cluster, issued
from .owner import OwnersCa, requested, supplied

SERVICE = {"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"}
LOCAL = {"localhost", "127.0.0.1", "10.43.0.1"}


def rke(**settings: object) -> Cluster:
    """Make a cluster of RKE's own release: one host with all roles, one with each."""
    given = {"serving_certificates": False, **settings}
    made = cluster(N1, N2, N3, N4, family=Family.RKE, version="v1.32.2-rancher1-1", api_sans=("api.example.com",))
    return replace(made, rke=cast(Any, SimpleNamespace(**given)))


@pytest.mark.parametrize(
    ("name", "common_name", "organization", "usage", "issuer"),
    [
        ("kube-ca", "kube-ca", "", Usage.AUTHORITY, ""),
        ("kube-apiserver-requestheader-ca", "kube-apiserver-requestheader-ca", "", Usage.AUTHORITY, ""),
        ("kube-service-account-token", "kube-service-account-token", "", Usage.KEY_PAIR, ""),
        ("kube-apiserver", "kube-apiserver", "", Usage.PEER, "kube-ca"),
        ("kube-controller-manager", "system:kube-controller-manager", "", Usage.CLIENT, "kube-ca"),
        ("kube-scheduler", "system:kube-scheduler", "", Usage.CLIENT, "kube-ca"),
        ("kube-proxy", "system:kube-proxy", "", Usage.CLIENT, "kube-ca"),
        ("kube-node", "system:node", "system:nodes", Usage.CLIENT, "kube-ca"),
        ("kube-admin", "kube-admin", "system:masters", Usage.CLIENT, "kube-ca"),
        (
            "kube-apiserver-proxy-client",
            "kube-apiserver-proxy-client",
            "",
            Usage.PEER,
            "kube-apiserver-requestheader-ca",
        ),
        ("kube-etcd-10-0-0-1", "kube-etcd", "", Usage.PEER, "kube-ca"),
        ("kube-etcd-10-0-0-3", "kube-etcd", "", Usage.PEER, "kube-ca"),
        *((f"kube-kubelet-10-0-0-{i}", f"kube-kubelet-10-0-0-{i}", "", Usage.PEER, "kube-ca") for i in (1, 2, 3, 4)),
    ],
)
def test_who_each_is(name: str, common_name: str, organization: str, usage: Usage, issuer: str) -> None:
    rows = {row.name: row for row in inventory(rke(serving_certificates=True))}
    assert len(rows) == 16
    line = rows[name].line
    assert (rows[name].common_name, line.organization, line.usage, line.issuer) == (
        common_name,
        organization,
        usage,
        issuer,
    )


def test_kubelets_serve_with_their_own_unless_asked_otherwise() -> None:
    assert not [row for row in inventory(rke()) if row.name.startswith("kube-kubelet")]


def test_an_etcd_outside_has_its_own() -> None:
    elsewhere = ExternalEtcd(urls=("https://192.0.2.9:2379",), path="/k", ca_cert="", cert="", key=SecretStr(""))
    for made in (rke(), cluster(N1, N2, N3, N4)):
        rows = inventory(replace(made, external_etcd=elsewhere))
        assert not [row for row in rows if "etcd" in row.name]


@pytest.mark.parametrize(
    ("name", "names"),
    [
        (
            "kube-apiserver",
            {"n1", "192.0.2.1", "10.0.0.1", "n2", "192.0.2.2", "10.0.0.2", "api.example.com", *SERVICE, *LOCAL},
        ),
        ("kube-etcd-10-0-0-3", {"n1", "192.0.2.1", "10.0.0.1", "n3", "192.0.2.3", "10.0.0.3", *SERVICE, *LOCAL}),
        ("kube-kubelet-10-0-0-4", {"n4", "192.0.2.4", "10.0.0.4"}),
        ("kube-node", set()),
    ],
)
def test_what_servers_are_called(name: str, names: set[str]) -> None:
    row = next(row for row in inventory(rke(serving_certificates=True)) if row.name == name)
    assert row.sans == names


def test_they_can_be_issued_and_then_there_is_nothing_to_do() -> None:
    first = issued(rke())
    assert issued(rke(), first.bundle).issued == ()


def test_requests_have_rkes_names_and_kube_ca_stands_in_for_one_ca_only() -> None:
    wanted = rke()
    names = {file.removesuffix("-csr.pem") for file in requested(wanted) if file.endswith("-csr.pem")}
    assert names == {
        *("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kube-node", "kube-admin"),
        *("kube-apiserver-proxy-client", "kube-etcd-10-0-0-1", "kube-etcd-10-0-0-3"),
    }
    own = Own(now=supplied(wanted, OwnersCa.root().folder(wanted)))
    result = issue(wanted, {}, now=NOW, new_key=generate_key, own=own)
    assert [problem.where for problem in result.warnings] == ["cluster_certs/kube-apiserver-requestheader-ca.pem"]


def test_the_webhook_of_the_ingress_has_its_certificate_from_rkes_job() -> None:
    nginx = replace(rke(), ingress=Ingress(provider="nginx"))
    assert [row.name for row in inventory(nginx)] == [row.name for row in inventory(rke())]
