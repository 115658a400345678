import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rke_py.cli.root import root

NODES = """\
nodes:
- {address: 192.0.2.1, user: u, role: [etcd, controlplane]}
- {address: 192.0.2.2, user: u, role: [worker]}
"""


def planned(folder: Path, text: str, *arguments: str) -> Result:
    path = folder / "cluster.yml"
    path.write_text(NODES + text)
    return CliRunner().invoke(root, ["plan", "--offline", "-f", str(path), *arguments])


@pytest.mark.parametrize(
    ("version", "proxy"), [("v1.34.4", "haproxy"), ("v1.28.15-rancher1-1", "nginx-proxy")], ids=["upstream", "rke"]
)
def test_both_families_have_rkes_shape(tmp_path, version, proxy):
    done = planned(tmp_path, f"kubernetes_version: {version}\n", "--output", "json")
    assert done.exit_code == 0
    nodes = json.loads(done.stdout)["plan"]["nodes"]
    assert [node["address"] for node in nodes] == ["192.0.2.1", "192.0.2.2"]
    assert {"etcd", "kube-apiserver", "kubelet"} <= nodes[0]["processes"].keys()
    assert proxy in nodes[1]["processes"]
    for node in nodes:
        assert {"annotations", "files", "labels", "portChecks", "processes"} <= node.keys()


def test_as_text_it_lists_containers_and_images(tmp_path):
    done = planned(tmp_path, "kubernetes_version: v1.34.4\n")
    assert "192.0.2.1 (controlplane, etcd)\n  etcd" in done.stdout
    assert "registry.k8s.io/kube-apiserver:v1.34.4\n" in done.stdout


def test_nothing_is_written(tmp_path):
    planned(tmp_path, "", "--output", "json")
    assert [path.name for path in tmp_path.iterdir()] == ["cluster.yml"]


def test_it_finds_no_changes(tmp_path):
    assert planned(tmp_path, "", "--detailed-exitcode").exit_code == 2


def test_an_old_release_is_refused_with_the_way_on(tmp_path):
    done = planned(tmp_path, "kubernetes_version: v1.17.2-rancher1-1\n")
    assert done.exit_code == 2
    assert "one minor release after another, through v1.18, v1.19" in done.stderr
