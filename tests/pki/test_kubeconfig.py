from base64 import b64decode

import yaml

from rke_py.pki.kubeconfig import admin_kubeconfig, node_kubeconfig

from .clusters import cluster, issued


def test_a_component_speaks_to_its_own_host_and_names_files() -> None:
    assert yaml.safe_load(node_kubeconfig("kube-proxy")) == {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "local",
                "cluster": {
                    "server": "https://127.0.0.1:6443",
                    "certificate-authority": "/etc/kubernetes/ssl/kube-ca.pem",
                },
            }
        ],
        "users": [
            {
                "name": "kube-proxy",
                "user": {
                    "client-certificate": "/etc/kubernetes/ssl/kube-proxy.pem",
                    "client-key": "/etc/kubernetes/ssl/kube-proxy-key.pem",
                },
            }
        ],
        "contexts": [{"name": "local", "context": {"cluster": "local", "user": "kube-proxy"}}],
        "current-context": "local",
    }


def test_the_operator_carries_certificates_and_key() -> None:
    bundle = issued(cluster()).bundle

    found = yaml.safe_load(admin_kubeconfig(cluster(), bundle["kube-ca"], bundle["kube-admin"]))

    user = found["users"][0]["user"]
    assert b64decode(found["clusters"][0]["cluster"]["certificate-authority-data"]).decode() == (
        bundle["kube-ca"].certificate
    )
    assert b64decode(user["client-certificate-data"]).decode() == bundle["kube-admin"].certificate
    assert b64decode(user["client-key-data"]).decode() == bundle["kube-admin"].key.get_secret_value()


def test_the_operators_names_are_the_clusters() -> None:
    bundle = issued(cluster()).bundle

    found = yaml.safe_load(
        admin_kubeconfig(
            cluster(name="eu: 1", api_server_address="lb.example"), bundle["kube-ca"], bundle["kube-admin"]
        )
    )

    assert found["clusters"][0]["cluster"]["server"] == "https://lb.example:6443"
    assert found["contexts"] == [{"name": "eu: 1", "context": {"cluster": "eu: 1", "user": "kube-admin-eu: 1"}}]
    assert found["current-context"] == "eu: 1"
