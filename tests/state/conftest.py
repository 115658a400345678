"""States of every kind, drawn and made by hand."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from rke_py.pki.encryption import EncryptionChange, Key
from rke_py.pki.model import Credential
from rke_py.pki.rotation import Phase
from rke_py.state.model import EtcdRecord, HostRecord, Machine, State


@pytest.fixture
def full_state() -> State:
    """Make a state with something in every field."""
    ca = Credential(name="kube-ca", certificate="CA <&> CERTIFICATE", key=SecretStr("CA KEY"))
    admin = Credential(name="kube-admin", certificate="ADMIN", key=SecretStr("ADMIN KEY"), kubeconfig="kind: Config\n")
    return State(
        lineage="4f2a",
        serial=7,
        bundle={"kube-admin": admin, "kube-ca": ca},
        desired={"nodes": [{"address": "192.0.2.1", "role": ["etcd"]}], "clusterName": "prod"},
        configuration={"nodes": [{"address": "192.0.2.1", "role": ["etcd"]}]},
        applied={"kube-ca": ca},
        encryption="kind: EncryptionConfiguration\n",
        encryption_change=EncryptionChange(old="", new="kind: E\n", phase=Phase.ISSUE, began="2026-11-26T08:00:00Z"),
        retired_keys=(Key(provider="aescbc", name="k-old", section='{"keys": [{"name": "k-old", "secret": "b2xk"}]}'),),
        etcd=EtcdRecord(token="t0", bootstrapped=True, first="n1", cluster_id="cdf8"),
        hosts={
            "n1": HostRecord(
                address="192.0.2.1",
                roles=frozenset({"etcd"}),
                node={"address": "192.0.2.1"},
                addons=frozenset({"canal", "node-local-dns"}),
            )
        },
        machines={"n1": Machine(systemd_cgroup=True, resolv_conf="/run/systemd/resolve/resolv.conf")},
        supplied=frozenset({"kube-admin"}),
    )


@pytest.fixture
def rke_document() -> dict[str, Any]:
    """Make a file as RKE writes it, with its remarks and with what this release does not know."""
    certificate = {
        "certificatePEM": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "keyPEM": "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n",
        "config": "",
        "name": "kube-etcd-192-0-2-1",
        "commonName": "system:kube-etcd-192-0-2-1",
        "ouName": "",
        "envName": "KUBE_ETCD_192_0_2_1",
        "path": "/etc/kubernetes/ssl/kube-etcd-192-0-2-1.pem",
        "keyEnvName": "KUBE_ETCD_192_0_2_1_KEY",
        "keyPath": "/etc/kubernetes/ssl/kube-etcd-192-0-2-1-key.pem",
        "configEnvName": "",
        "configPath": "",
    }
    admin = {
        **certificate,
        "config": "apiVersion: v1\nkind: Config",
        "name": "kube-admin",
        "commonName": "kube-admin",
        "ouName": "system:masters",
        "envName": "KUBE_ADMIN",
        "path": "/etc/kubernetes/ssl/kube-admin.pem",
        "keyEnvName": "KUBE_ADMIN_KEY",
        "keyPath": "/etc/kubernetes/ssl/kube-admin-key.pem",
        "configEnvName": "KUBECFG_KUBE_ADMIN",
        "configPath": "./kube_config_cluster.yml",
    }
    configuration = {
        "nodes": [{"address": "192.0.2.1", "port": "22", "role": ["etcd", "worker"], "sshKey": "a & b <c>"}],
        "services": {"kubeApi": {"auditLog": {"configuration": {"policy": {"metadata": {"creationTimestamp": None}}}}}},
        "sshAgentAuth": False,
        "restore": {},
    }
    authority = {**certificate, "name": "kube-ca", "commonName": "kube-ca", "envName": "KUBE_CA"}
    authority |= {"keyEnvName": "KUBE_CA_KEY", "path": "/etc/kubernetes/ssl/kube-ca.pem"}
    authority |= {"keyPath": "/etc/kubernetes/ssl/kube-ca-key.pem"}
    bundle = {"kube-admin": admin, "kube-ca": authority, "kube-etcd-192-0-2-1": certificate}
    half = {"rkeConfig": configuration, "certificatesBundle": bundle, "encryptionConfig": "kind: E\n"}
    return {"desiredState": half, "currentState": half}
