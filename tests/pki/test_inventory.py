from dataclasses import replace

import pytest

from rke_py.cluster.addon_model import Ingress
from rke_py.cluster.model import Family
from rke_py.pki.inventory import KEPT, PER_HOST, TABLES, inventory
from rke_py.pki.line import KubeconfigKind, Line, Usage

from .clusters import cluster

SHARED = {
    *("kube-ca", "kube-etcd-ca", "kube-apiserver-requestheader-ca", "kube-service-account-token"),
    *("kube-apiserver", "kube-apiserver-kubelet-client", "kube-apiserver-etcd-client", "kube-apiserver-proxy-client"),
    *("kube-controller-manager", "kube-controller-manager-serving", "kube-scheduler", "kube-scheduler-serving"),
    *("kube-proxy", "kube-api-proxy", "kube-etcd-operator", "kube-admin", "kube-metrics-server"),
}


def test_a_cluster_has_shared_certificates_and_some_for_each_host() -> None:
    names = {row.name: row.host for row in inventory(cluster())}

    assert {name for name, owner in names.items() if not owner} == SHARED
    assert {name: owner for name, owner in names.items() if owner} == {
        **{f"kube-node-10-0-0-{i}": f"n{i}" for i in (1, 2, 3, 4)},
        **{f"kube-kubelet-10-0-0-{i}": f"n{i}" for i in (1, 2, 3, 4)},
        **{f"kube-etcd-10-0-0-{i}": f"n{i}" for i in (1, 3)},
    }


def test_only_nginx_has_a_webhook() -> None:
    nginx = replace(cluster(), ingress=Ingress(provider="nginx"))
    (row,) = {row for row in inventory(nginx) if row not in inventory(cluster())}
    assert row.name == "kube-ingress-webhook"
    assert row.sans == {
        "ingress-nginx-controller-admission.ingress-nginx",
        "ingress-nginx-controller-admission.ingress-nginx.svc",
    }


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_issuer_is_a_ca_that_stands_before_what_it_signs(table: tuple[Line, ...]) -> None:
    seen: set[str] = set()
    for line in table:
        assert line.kept or line.issuer in seen
        if line.usage is Usage.AUTHORITY:
            seen.add(line.name)


def test_what_cannot_be_issued_again() -> None:
    assert sorted(KEPT) == [
        "kube-apiserver-requestheader-ca",
        "kube-ca",
        "kube-etcd-ca",
        "kube-service-account-token",
    ]


def test_names_of_one_kind_are_not_taken_for_those_of_a_host() -> None:
    shared = {line.name for line in TABLES[Family.UPSTREAM] if line.each is None}
    assert {name for name in shared if name.startswith(PER_HOST)} == {"kube-etcd-ca", "kube-etcd-operator"}


@pytest.mark.parametrize(
    ("name", "common_name", "organization", "usage"),
    [
        ("kube-admin", "kube-admin", "system:masters", Usage.CLIENT),
        ("kube-apiserver-kubelet-client", "kube-apiserver-kubelet-client", "", Usage.CLIENT),
        ("kube-controller-manager", "system:kube-controller-manager", "", Usage.CLIENT),
        ("kube-scheduler", "system:kube-scheduler", "", Usage.CLIENT),
        ("kube-proxy", "system:kube-proxy", "", Usage.CLIENT),
        ("kube-api-proxy", "rke-py:api-proxy", "", Usage.CLIENT),
        ("kube-node-10-0-0-4", "system:node:n4", "system:nodes", Usage.CLIENT),
        ("kube-kubelet-10-0-0-4", "kube-kubelet", "", Usage.SERVER),
        ("kube-etcd-10-0-0-3", "kube-etcd", "", Usage.PEER),
    ],
)
def test_users_and_groups_are_those_that_kubernetes_knows(
    name: str, common_name: str, organization: str, usage: Usage
) -> None:
    row = next(row for row in inventory(cluster()) if row.name == name)
    assert (row.common_name, row.line.organization, row.line.usage) == (common_name, organization, usage)


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("kube-kubelet-10-0-0-4", {"n4", "192.0.2.4", "10.0.0.4"}),
        ("kube-etcd-10-0-0-3", {"n3", "192.0.2.3", "10.0.0.3", "localhost", "127.0.0.1", "::1"}),
        ("kube-controller-manager-serving", {"localhost", "127.0.0.1", "::1"}),
        ("kube-scheduler-serving", {"localhost", "127.0.0.1", "::1"}),
        ("kube-node-10-0-0-4", set()),
    ],
)
def test_servers_carry_their_own_names_only(name: str, names: set[str]) -> None:
    assert next(row for row in inventory(cluster()) if row.name == name).sans == names


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_only_the_operators_kubeconfig_holds_a_key(table: tuple[Line, ...]) -> None:
    assert [line.name for line in table if line.kubeconfig is KubeconfigKind.ADMIN] == ["kube-admin"]
