"""Hosts that keep the cluster's folders below a prefix."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from rke_py.cluster.model import Service
from rke_py.plan.arguments import flag_value
from rke_py.plan.node import containers
from rke_py.plan.offline import planned_hosts
from rke_py.plan.prefix import ROOT, on_host, prefix_of

P = PurePosixPath("/opt/rke")


@pytest.fixture
def specs(make_cluster, facts):
    """Return a host's containers by name, with a prefix in cluster.yml or by the host's system."""

    def make(prefix=ROOT, system="Debian GNU/Linux 13 (trixie)"):
        cluster = replace(make_cluster(), prefix_path=prefix)
        there = replace(facts, operating_system=system)
        return {spec.name: spec for spec in containers(cluster, cluster.hosts[0], "token", there)}

    return make


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/etc/kubernetes", "/opt/rke/etc/kubernetes"),
        ("/etc/kubernetes/ssl/kube-ca.pem", "/opt/rke/etc/kubernetes/ssl/kube-ca.pem"),
        ("/var/lib/etcd", "/opt/rke/var/lib/etcd"),
        ("/var/lib/etcd-old", "/var/lib/etcd-old"),
        ("/opt/cni/bin", "/opt/cni/bin"),
        ("/opt/rke/etcd-snapshots", "/opt/rke/etcd-snapshots"),
    ],
)
def test_what_a_prefix_moves(path, there):
    assert on_host(path, P) == there
    assert on_host(path, ROOT) == path


@pytest.mark.parametrize(
    ("written", "system", "prefix"),
    [
        ("/", "Debian GNU/Linux 13 (trixie)", "/"),
        ("/", "Flatcar Container Linux by Kinvolk 4230.2.3 (Oklo)", "/opt/rke"),
        ("/", "Boot2Docker 19.03.12", "/mnt/sda1/rke"),
        ("/data", "Flatcar Container Linux by Kinvolk 4230.2.3 (Oklo)", "/data"),
    ],
)
def test_which_prefix_a_host_has(make_cluster, written, system, prefix):
    cluster = replace(make_cluster(), prefix_path=PurePosixPath(written))
    assert prefix_of(cluster, system) == PurePosixPath(prefix)


@pytest.mark.parametrize("where", [{"prefix": P}, {"system": "Flatcar Container Linux by Kinvolk 4230.2.3 (Oklo)"}])
def test_containers_have_their_folders_from_there_and_at_their_usual_places(specs, where):
    made = specs(**where)
    assert "/opt/rke/etc/kubernetes:/etc/kubernetes:ro" in made["kube-scheduler"].binds
    assert "/opt/rke/var/lib/etcd:/var/lib/etcd" in made["etcd"].binds
    assert "/opt/rke/var/log/kube-audit:/var/log/kube-audit" in made["kube-apiserver"].binds
    assert flag_value(made["etcd"].command, "data-dir") == "/var/lib/etcd"


def test_the_kubelet_lives_on_the_host_and_is_told_the_hosts_places(specs):
    kubelet = specs(prefix=P)["kubelet"]
    assert flag_value(kubelet.command, "root-dir") == "/opt/rke/var/lib/kubelet"
    assert flag_value(kubelet.command, "config") == "/opt/rke/etc/kubernetes/kubelet-config.yaml"
    assert flag_value(kubelet.command, "kubeconfig") == "/opt/rke/etc/kubernetes/ssl/kubecfg-kube-node-10-1-0-1.yaml"
    assert "/opt/rke/etc/kubernetes/ssl/registries.json /opt/rke/var/lib/kubelet/config.json" in kubelet.command[1]
    assert specs()["kubelet"].command[1].count("/opt/rke") == 0


def test_its_files_name_the_hosts_places_too(make_cluster):
    cluster = replace(make_cluster(), prefix_path=P)
    files = {file.name: file.content for file in planned_hosts(cluster)[0].files}
    text = files["/etc/kubernetes/kubelet-config.yaml"].decode()
    assert 'clientCAFile: "/opt/rke/etc/kubernetes/ssl/kube-ca.pem"' in text
    assert 'volumePluginDir: "/opt/rke/var/lib/kubelet/volumeplugins"' in text
    assert '"/etc/kubernetes' not in text


def test_the_users_binds_are_as_written(make_cluster, facts):
    cluster = replace(make_cluster(scheduler=Service(extra_binds=("/var/lib/etcd/x:/x",))), prefix_path=P)
    (scheduler,) = (s for s in containers(cluster, cluster.hosts[0], "t", facts) if s.name == "kube-scheduler")
    assert "/var/lib/etcd/x:/x" in scheduler.binds
