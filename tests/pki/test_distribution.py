from collections.abc import Mapping
from dataclasses import replace

import pytest
from pydantic import SecretStr

from rke_py.cluster.model import Host
from rke_py.pki.distribution import distribution, uses
from rke_py.pki.model import Bundle

from .clusters import N1, N2, N3, N4, cluster, issued

CONTROLPLANE_KEYS = {
    *("kube-ca", "kube-service-account-token", "kube-apiserver", "kube-apiserver-kubelet-client"),
    *("kube-apiserver-etcd-client", "kube-apiserver-proxy-client", "kube-controller-manager"),
    *("kube-controller-manager-serving", "kube-scheduler", "kube-scheduler-serving"),
}
KEYS = {
    "n1": CONTROLPLANE_KEYS | {"kube-proxy", "kube-node-10-0-0-1", "kube-kubelet-10-0-0-1", "kube-etcd-10-0-0-1"},
    "n2": CONTROLPLANE_KEYS | {"kube-proxy", "kube-node-10-0-0-2", "kube-kubelet-10-0-0-2"},
    "n3": {"kube-proxy", "kube-node-10-0-0-3", "kube-kubelet-10-0-0-3", "kube-etcd-10-0-0-3"},
    "n4": {"kube-proxy", "kube-node-10-0-0-4", "kube-kubelet-10-0-0-4"},
}
TRUSTED = {
    "n1": {"kube-etcd-ca", "kube-apiserver-requestheader-ca"},
    "n2": {"kube-etcd-ca", "kube-apiserver-requestheader-ca"},
    "n3": {"kube-etcd-ca", "kube-ca"},
    "n4": {"kube-ca"},
}
EVERY_HOST = [pytest.param(host, id=host.name) for host in (N1, N2, N3, N4)]


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return issued(cluster()).bundle


def files(host: Host, bundle: Bundle) -> Mapping[str, str]:
    return {path.removeprefix("/etc/kubernetes/ssl/"): text for path, text in distribution(cluster(), host, bundle)}


@pytest.mark.parametrize("host", EVERY_HOST)
def test_a_host_gets_the_keys_it_uses_and_no_other(host: Host, bundle: Bundle) -> None:
    assert {name for name in files(host, bundle) if "-key." in name} == {f"{name}-key.pem" for name in KEYS[host.name]}


@pytest.mark.parametrize("host", EVERY_HOST)
def test_a_host_gets_the_certificates_of_its_keys_and_the_cas_it_trusts(host: Host, bundle: Bundle) -> None:
    certificates = {name for name in files(host, bundle) if name.endswith(".pem") and "-key." not in name}
    assert certificates == {f"{name}.pem" for name in KEYS[host.name] | TRUSTED[host.name]}


@pytest.mark.parametrize("host", EVERY_HOST)
def test_a_key_stands_before_its_certificate(host: Host, bundle: Bundle) -> None:
    order = list(files(host, bundle))
    assert all(order.index(f"{name}-key.pem") < order.index(f"{name}.pem") for name in KEYS[host.name])


@pytest.mark.parametrize("host", EVERY_HOST)
def test_the_files_hold_what_the_bundle_has(host: Host, bundle: Bundle) -> None:
    found = files(host, bundle)
    for name in KEYS[host.name]:
        assert found[f"{name}.pem"] == bundle[name].certificate
        assert found[f"{name}-key.pem"] == bundle[name].key.get_secret_value()
    assert found["kubecfg-kube-proxy.yaml"] == bundle["kube-proxy"].kubeconfig


def test_components_get_their_kubeconfigs(bundle: Bundle) -> None:
    assert {name for name in files(N1, bundle) if name.startswith("kubecfg-")} == {
        "kubecfg-kube-controller-manager.yaml",
        "kubecfg-kube-scheduler.yaml",
        "kubecfg-kube-proxy.yaml",
        "kubecfg-kube-node-10-0-0-1.yaml",
    }


@pytest.mark.parametrize("host", EVERY_HOST)
def test_every_file_has_readers_on_its_host(host: Host, bundle: Bundle) -> None:
    found = uses(cluster(), host, bundle)
    assert found.keys() == dict(distribution(cluster(), host, bundle)).keys()
    assert all(use.readers for use in found.values())


@pytest.mark.parametrize(
    ("host", "file", "names"),
    [
        (N1, "kube-ca-key.pem", {"kube-controller-manager"}),
        (N1, "kube-ca.pem", {"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"}),
        (N4, "kube-ca.pem", {"kubelet", "kube-proxy", "haproxy"}),
        (N1, "kube-etcd-ca.pem", {"etcd", "kube-apiserver"}),
        (N3, "kube-etcd-ca.pem", {"etcd"}),
        (N1, "kube-service-account-token-key.pem", {"kube-apiserver", "kube-controller-manager"}),
        (N1, "kube-service-account-token.pem", {"kube-apiserver"}),
        (N4, "kubecfg-kube-node-10-0-0-4.yaml", {"kubelet"}),
    ],
)
def test_who_reads_what(host: Host, file: str, names: set[str], bundle: Bundle) -> None:
    assert uses(cluster(), host, bundle)[f"/etc/kubernetes/ssl/{file}"].readers == names


def test_the_key_of_a_users_own_ca_is_nowhere(bundle: Bundle) -> None:
    known = {**bundle, "kube-ca": replace(bundle["kube-ca"], key=SecretStr(""))}
    assert not {path for path in files(N1, known) if path.startswith("kube-ca-key")}
    assert "/etc/kubernetes/ssl/kube-ca-key.pem" not in uses(cluster(), N1, known)


@pytest.mark.parametrize(
    ("file", "live", "port"),
    [
        ("kube-ca.pem", False, 0),
        ("kube-service-account-token-key.pem", False, 0),
        ("kube-apiserver.pem", True, 6443),
        ("kube-apiserver-key.pem", True, 0),
        ("kube-etcd-10-0-0-1.pem", True, 2380),
        ("kube-kubelet-10-0-0-1.pem", False, 0),
        ("kube-node-10-0-0-1.pem", True, 0),
        ("kubecfg-kube-node-10-0-0-1.yaml", False, 0),
    ],
)
def test_what_is_taken_up_without_a_restart_and_where_it_is_shown(
    file: str, live: bool, port: int, bundle: Bundle
) -> None:
    use = uses(cluster(), N1, bundle)[f"/etc/kubernetes/ssl/{file}"]
    assert (use.live, use.port) == (live, port)
