"""What somebody broke by hand on the hosts is mended by the next ``up``, and only that."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from .cluster import Cluster, assert_well, etcd_members
from .operator import Run
from .owned import containers, touched

pytestmark = pytest.mark.lab

_DELETED = "/etc/kubernetes/ssl/kubecfg-kube-proxy.yaml"
_CHANGED = "/etc/kubernetes/ssl/kube-ca.pem"
_STALE = "/etc/kubernetes/ssl/kube-scheduler.pem"
"""What a worker has no use for."""

_OWNERS = "/etc/kubernetes/ssl/of-the-owner.pem"


@dataclass(frozen=True, slots=True)
class _Mended:
    run: Run
    touched: set[str]
    deleted: str


@pytest.fixture(scope="module")
def mended(cluster: Cluster) -> _Mended:
    """One run after damage on every host."""
    lab, before = cluster.lab, containers(cluster.lab)
    deleted = lab.run("n2", "cat", _DELETED)
    lab.run("n2", "rm", _DELETED)
    lab.docker("n1", "stop", "kube-controller-manager")
    lab.docker("n3", "rm", "-f", "kube-proxy")
    lab.docker("n4", "update", "--restart=no", "kubelet")
    lab.shell("n4", f"echo '# somebody was here' >> {_CHANGED}; chmod 0644 {_CHANGED}")
    lab.run("n4", "touch", _STALE, _OWNERS)
    run = cluster.operator.up()
    return _Mended(run, touched(before, containers(lab)), deleted)


def test_a_deleted_file_is_back_as_it_was(cluster: Cluster, mended: _Mended) -> None:
    assert cluster.lab.run("n2", "cat", _DELETED) == mended.deleted
    assert cluster.lab.run("n2", "stat", "-c", "%a %U", _DELETED) == "600 root"


def test_a_changed_file_is_as_it_was(cluster: Cluster, mended: _Mended) -> None:
    ours = cluster.operator.state.bundle["kube-ca"].certificate.strip()
    assert cluster.lab.run("n4", "cat", _CHANGED).strip() == ours
    assert cluster.lab.run("n4", "stat", "-c", "%a", _CHANGED) == "600"


def test_a_certificate_that_nobody_wants_is_gone(cluster: Cluster, mended: _Mended) -> None:
    assert not cluster.lab.succeeds("n4", "test", "-e", _STALE)


def test_a_file_of_the_owners_beside_them_stays(cluster: Cluster, mended: _Mended) -> None:
    cluster.lab.run("n4", "rm", _OWNERS)


def test_a_stopped_container_runs_again_without_being_made_anew(cluster: Cluster, mended: _Mended) -> None:
    (manager,) = cluster.lab.inspect("n1", "kube-controller-manager")
    assert manager["State"]["Running"]
    assert ("n1", "start kube-controller-manager again") in mended.run.steps


def test_a_removed_container_is_made_anew(cluster: Cluster, mended: _Mended) -> None:
    (proxy,) = cluster.lab.inspect("n3", "kube-proxy")
    assert proxy["State"]["Running"]


def test_a_restart_policy_is_set_without_a_restart(cluster: Cluster, mended: _Mended) -> None:
    (kubelet,) = cluster.lab.inspect("n4", "kubelet")
    assert kubelet["HostConfig"]["RestartPolicy"]["Name"] == "always"
    assert ("n4", "set the restart policy of kubelet") in mended.run.steps


def test_nothing_but_the_damage_was_touched(cluster: Cluster, mended: _Mended) -> None:
    control_plane = {name for name in mended.touched if name.startswith(("n1/", "n3/"))}
    assert control_plane == {"n1/kube-controller-manager", "n3/kube-proxy"}
    assert_well(cluster.operator, cluster.kubectl)
    assert cluster.operator.up().changed == 0


def test_an_etcd_of_which_no_member_runs_serves_again_after_one_run(cluster: Cluster) -> None:
    """None could serve before others do; the containers of two are gone, as after somebody cleaned up."""
    lab, members = cluster.lab, [name.removeprefix("etcd-") for name in etcd_members(cluster.operator)]
    uid = ("get", "namespace", "kube-system", "--output", "jsonpath={.metadata.uid}")
    before = cluster.kubectl(*uid)
    for name in members:
        lab.docker(name, "stop", "etcd")
    for name in members[1:]:
        lab.docker(name, "rm", "etcd")
    cluster.operator.up()
    assert_well(cluster.operator, cluster.kubectl)
    assert len(members) == 3
    assert cluster.kubectl(*uid) == before
