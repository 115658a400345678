"""How Secrets are encrypted follows from cluster.yml, what the state remembers and whether the cluster runs."""

from base64 import b64decode
from dataclasses import replace

import pytest
import yaml

from rke_py.cluster.apiserver_model import ApiServer, Encryption
from rke_py.config.findings import Finding
from rke_py.plan.encryption import wanted_encryption
from rke_py.render.apiserver import encryption_text
from rke_py.state.model import EtcdRecord, State

OWN = Encryption(custom={"resources": [{"resources": ["secrets"], "providers": [{"identity": {}}]}]})
OURS = Encryption()
TEXT = encryption_text(OWN)
RKES = f"kind: EncryptionConfiguration\n{TEXT}"
"""RKE wrote kind and apiVersion of the owner's twice."""


def wanted(make_cluster, asked, there, runs):
    cluster = replace(make_cluster(), api=ApiServer(encryption=asked))
    state = State(lineage="a", etcd=EtcdRecord(bootstrapped=runs), encryption=there)
    return wanted_encryption(cluster, state, lambda count: bytes(range(count)))


@pytest.mark.parametrize(
    ("asked", "there", "runs", "text"),
    [
        pytest.param(None, "", False, "", id="never"),
        pytest.param(None, "", True, "", id="still not"),
        pytest.param(OWN, "", False, TEXT, id="from the first run, the owner's"),
        pytest.param(OWN, TEXT, True, TEXT, id="the owner's as it was"),
        pytest.param(OWN, RKES, True, RKES, id="the owner's in RKE's words"),
        pytest.param(OURS, "kept", True, "kept", id="a key stays"),
        pytest.param(OURS, "kept", False, "kept", id="a key stays when the first run was cut short"),
        pytest.param(None, "kept", False, "", id="given up before there was a cluster"),
        pytest.param(OWN, "kept", False, TEXT, id="changed before there was a cluster"),
    ],
)
def test_what_is_wanted(make_cluster, asked, there, runs, text):
    assert wanted(make_cluster, asked, there, runs) == text


@pytest.mark.parametrize(
    ("asked", "there", "what"),
    [
        pytest.param(OURS, "", "encrypting the Secrets of a cluster that runs", id="begin"),
        pytest.param(OWN, "", "encrypting the Secrets of a cluster that runs", id="begin with the owner's"),
        pytest.param(OWN, "other", "changing how the Secrets of a cluster are encrypted", id="change"),
        pytest.param(None, "kept", "no longer encrypting the Secrets of a cluster", id="end"),
    ],
)
def test_a_cluster_that_runs_is_not_changed(make_cluster, asked, there, what):
    found = wanted(make_cluster, asked, there, runs=True)
    assert isinstance(found, Finding)
    assert found.what == f"{what} is not built yet in rke-py"
    assert found.path == ("services", "kube-api", "secrets_encryption_config")
    assert "kept" not in repr(found)


def test_a_new_key_is_random_in_every_byte(make_cluster):
    text = wanted(make_cluster, OURS, "", runs=False)
    (key,) = yaml.safe_load(text)["resources"][0]["providers"][0]["aescbc"]["keys"]
    assert b64decode(key["secret"]) == bytes(range(32))
    assert key["name"] == "k-bcdfg"
