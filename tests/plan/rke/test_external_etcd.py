"""An etcd of the owner's own beside RKE's releases: what API servers show to it is brought to their hosts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import yaml

from rke_py.cluster.model import Cluster
from rke_py.cluster.resolve import resolve
from rke_py.config.load import load
from rke_py.pki.keys import key_text, read_key
from rke_py.plan.files import FoundFile
from rke_py.plan.node import NodePlan, node_plan
from rke_py.plan.observed import ObservedHost
from rke_py.plan.rke.older import left_by_rke
from rke_py.state.codec import adopt
from rke_py.state.model import State
from tests.plan.rke.recorded import MADE

STATE = adopt((MADE / "cluster.rkestate").read_bytes())
CLIENT, OTHER, CA = STATE.bundle["kube-node"], STATE.bundle["kube-scheduler"], STATE.bundle["kube-ca"]
FOLDER = "/etc/kubernetes/ssl"
PATHS = [f"{FOLDER}/kube-etcd-client-key.pem", f"{FOLDER}/kube-etcd-client.pem", f"{FOLDER}/kube-etcd-client-ca.pem"]


def _pkcs8(state: State, name: str) -> str:
    key = read_key(state.bundle[name].key)
    assert key is not None
    return key_text(key).get_secret_value()


def cluster(name: str = "kube-node") -> Cluster:
    """Return a cluster whose owner writes his key otherwise than RKE, and more than one CA."""
    etcd = {
        "external_urls": ["https://192.0.2.9:2379"],
        "path": "/k8s",
        "ca_cert": f"The CA:\n{CA.certificate}{STATE.bundle['kube-apiserver-requestheader-ca'].certificate}",
        "cert": f"{STATE.bundle[name].certificate}\n\n",
        "key": _pkcs8(STATE, name),
    }
    nodes = [
        {"address": f"192.0.2.{number}", "hostname_override": f"n{number}", "user": "rke", "role": [role]}
        for number, role in ((1, "controlplane"), (2, "worker"))
    ]
    text = {"kubernetes_version": "v1.32.2-rancher1-1", "nodes": nodes, "services": {"etcd": etcd}}
    return resolve(load(yaml.safe_dump(text)).config)


def plan(wanted: Cluster, name: str) -> NodePlan:
    """Return what a host has to carry."""
    return node_plan(wanted, wanted.host(name), STATE, None, None)


def test_a_control_plane_host_gets_the_key_before_its_certificate_and_others_get_nothing() -> None:
    wanted = cluster()
    files = {file.path: file for file in plan(wanted, "n1").files}
    assert [path for path in files if path in PATHS] == PATHS
    assert all(files[path].secret and files[path].mode == 0o600 for path in PATHS)
    assert not {file.path for file in plan(wanted, "n2").files}.intersection(PATHS)


def test_the_api_server_is_restarted_for_another_one() -> None:
    server = next(spec for spec in plan(cluster(), "n1").containers if spec.name == "kube-apiserver")
    assert set(PATHS) <= set(server.reads)


def _as_found(**contents: str) -> ObservedHost:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    written = dict(zip(PATHS, (contents["key"], contents["cert"], contents["ca"]), strict=True))
    files = {
        path: FoundFile(path=path, content=text.encode(), mode=0o600, uid=0, gid=0, modified=at)
        for path, text in written.items()
    }
    return ObservedHost(name="n1", containers={}, files=files)


@pytest.mark.parametrize("end", ["", "\n"])
def test_what_rke_made_of_the_owners_texts_stays_as_it_is(end: str) -> None:
    found = _as_found(
        key=CLIENT.key.get_secret_value() + end, cert=CLIENT.certificate + end, ca=CA.certificate.rstrip() + end
    )
    left = left_by_rke(plan(cluster(), "n1"), found)
    assert found.files is not None
    assert all(found.files[file.path].same_as(file) for file in left.files if file.path in PATHS)


def test_a_renewed_certificate_and_its_key_are_brought() -> None:
    found = _as_found(key=OTHER.key.get_secret_value(), cert=OTHER.certificate, ca=CA.certificate)
    left = left_by_rke(plan(cluster(), "n1"), found)
    assert found.files is not None
    changed = [file.path for file in left.files if file.path in PATHS and not found.files[file.path].same_as(file)]
    assert changed == PATHS[:2]
