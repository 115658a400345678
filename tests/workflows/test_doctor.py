"""``doctor``: each known cause is found where it is, and by its own check."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from rke_py.diagnosis.checks import CHECKS
from rke_py.errors import Unreachable, UsageError
from rke_py.plan.files import FoundFile
from rke_py.workflows.doctor import Diagnosis
from tests.sim.left_by_rke import made_by_rke
from tests.sim.operator import Operator
from tests.sim.world import World
from tests.workflows.changes import wants

ROLES = ("ecw", "ecw", "ecw", "w")
KUBELET_CERTIFICATE = "/etc/kubernetes/ssl/kube-proxy.pem"


def test_at_rest_nothing_is_found(running):
    found = running(*ROLES).doctor()
    assert found.findings == ()
    assert found.untried == ()
    assert found.healthy
    assert len(found.checks) > 15


def power_off(world: World) -> None:
    world.machines["n4"].power_off()


def clock(world: World) -> None:
    world.machines["n4"].skew = timedelta(seconds=40)


def disk(world: World) -> None:
    world.machines["n4"].deep["free"] = {"/var/log": 1 << 20}


def runtime(world: World) -> None:
    world.machines["n4"].deep.update(cri=False, cri_error="connection refused")


def ports(world: World) -> None:
    world.faults.blocked.add(("n4", "n1"))


def etcd(world: World) -> None:
    world.machines["n2"].containers["etcd"].stop()
    world.elect()


def etcd_disk(world: World) -> None:
    world.faults.slow_disks["n2"] = 0.3


def component(world: World) -> None:
    world.machines["n2"].containers["kube-scheduler"].stop()


def file_altered(world: World) -> None:
    files = world.machines["n4"].files
    files[KUBELET_CERTIFICATE] = _other(files[KUBELET_CERTIFICATE])


def file_missing(world: World) -> None:
    del world.machines["n4"].files[KUBELET_CERTIFICATE]


def cni(world: World) -> None:
    world.machines["n4"].cni.discard("loopback")


def plugin(world: World) -> None:
    world.faults.sick_pods["n4/flannel"] = "CrashLoopBackOff"


def node(world: World) -> None:
    world.machines["n4"].containers["kubelet"].stop()
    world.time.pass_time(60)


def overlay(world: World) -> None:
    world.faults.lost_packets |= {("n1", "n4"), ("n4", "n1")}


def mtu(world: World) -> None:
    world.faults.lost_large.add(("n1", "n4"))


def kube_proxy(world: World) -> None:
    world.faults.without_services.add("n4")


def dns(world: World) -> None:
    world.faults.sick_pods["kube-dns"] = "ImagePullBackOff"


def conntrack(world: World) -> None:
    world.machines["n4"].deep.update(conntrack=999, conntrack_max=1000)


def pods(world: World) -> None:
    world.faults.sick_pods["metrics-server"] = "CrashLoopBackOff"


@pytest.mark.parametrize(
    ("breaking", "check", "where"),
    [
        (power_off, "hosts", "n4"),
        (clock, "clock", "n4"),
        (disk, "disk", "n4"),
        (runtime, "runtime", "n4"),
        (ports, "ports", "n1"),
        (etcd, "etcd", "etcd-n2"),
        (etcd_disk, "etcd-latency", "n2"),
        (component, "components", "n2"),
        (file_altered, "files", "n4"),
        (file_missing, "files", "n4"),
        (cni, "network-plugin", "n4"),
        (plugin, "network-plugin", "n4"),
        (node, "node", "n4"),
        (overlay, "overlay", "n4"),
        (mtu, "mtu", "n4"),
        (kube_proxy, "kube-proxy", "n4"),
        (dns, "dns", ""),
        (conntrack, "conntrack", "n4"),
        (pods, "pods", "kube-system/metrics-server-n1"),
    ],
)
def test_a_cause_is_found_with_evidence_and_remedy(
    running: Callable[..., Operator], breaking: Callable[[World], None], check: str, where: str
) -> None:
    person = running(*ROLES)
    breaking(person.world)
    found = person.doctor()
    assert not found.healthy
    hits = [finding for finding in found.findings if (finding.check, finding.where) == (check, where)]
    assert hits, found.findings
    assert all(finding.cause and finding.remedy for finding in hits)


def test_a_certificate_that_ended_is_found(running):
    person = running(*ROLES)
    person.world.time.pass_time(400 * 24 * 3600)
    assert {"certificates"} <= {finding.check for finding in person.doctor().findings}


def test_one_that_ends_soon_is_a_warning(running):
    person = running(*ROLES)
    person.world.time.pass_time(330 * 24 * 3600)
    found = person.doctor()
    assert found.healthy
    assert {finding.check for finding in found.findings} == {"certificates"}


def test_without_any_host_that_is_all_that_is_said(running):
    person = running(*ROLES)
    for machine in person.world.machines.values():
        machine.power_off()
    assert {finding.check for finding in person.doctor().findings} == {"hosts", "etcd"}


def test_without_the_tools_image_that_is_said(running):
    person = running(*ROLES)
    person.world.faults.registry_down = True
    for machine in person.world.machines.values():
        machine.images = {image for image in machine.images if "tools" not in image}
    found = person.doctor()
    names = [f"what Docker does not show on {name}" for name in ("n1", "n2", "n3", "n4")]
    assert [line.partition(":")[0] for line in found.untried] == names
    assert not found.healthy


def test_a_log_that_cannot_be_read_hides_nothing_of_its_host(running):
    person = running(*ROLES)
    component(person.world)
    refused(person.world, "logs", "kube-scheduler")
    found = person.doctor()
    assert [(one.where, one.check, one.cause.split()[0]) for one in found.findings] == [
        ("n2", "components", "kube-scheduler")
    ]
    assert found.untried == ()


@pytest.mark.parametrize(
    ("verb", "name", "looks"),
    [
        ("run", "ping", ["the pod network"]),
        ("resolve", "", ["DNS"]),
        ("disk", "", ["etcd's disk"]),
        ("check", "", ["components", "recurring snapshots"]),
    ],
    ids=["ping", "resolve", "disk", "check"],
)
def test_a_host_that_is_lost_during_the_look_is_named(running, verb, name, looks):
    person = running(*ROLES)
    person.world.calls.on(
        lambda call: call.verb == "create" and call.name.startswith("rke-py-look-survey-"),
        lambda: refused(person.world, verb, name),
    )
    found = person.doctor()
    assert found.untried == tuple(f"{what} on n2: the SSH connection was lost" for what in looks)
    assert not found.healthy


def refused(world: World, verb: str, name: str) -> None:
    """Lose the connection to n2 at each call of a kind."""

    def lose() -> None:
        raise Unreachable("n2", "the SSH connection was lost")

    world.calls.on(
        lambda call: (call.host, call.verb) == ("n2", verb) and (not name or call.name == name), lose, times=99
    )


def test_nothing_but_a_container_of_its_own_is_changed(running):
    person = running(*ROLES)
    mark = len(person.world.calls.log)
    person.doctor()
    changing = [call for call in person.world.calls.since(mark) if call.changing]
    names = {call.name for call in changing if call.verb != "pull"}
    assert {name for name in names if not name.startswith("rke-py-look-")} == {"ping"}


def test_two_that_look_at_once_leave_each_others_containers_alone(running):
    person = running(*ROLES)
    runs = []
    for look in (person.doctor, person.doctor):
        mark = len(person.world.calls.log)
        look()
        calls = person.world.calls.since(mark)
        runs.append({verb: {call.name for call in calls if call.verb == verb} for verb in ("create", "remove")})
    for run in runs:
        assert run["remove"] == run["create"] != set()
    assert runs[0]["create"].isdisjoint(runs[1]["create"])


def test_before_the_first_up_there_is_nothing_to_judge(operator):
    with pytest.raises(UsageError, match="there is no"):
        operator("ecw").doctor()


def _other(file: FoundFile) -> FoundFile:
    return FoundFile(
        path=file.path, content=b"x" + file.content, mode=file.mode, uid=file.uid, gid=file.gid, modified=file.modified
    )


def test_a_cluster_that_rke_made_is_looked_at_too(folder):
    person = made_by_rke(folder, "ecw", "ecw", "ecw", "w")
    assert person.doctor() == Diagnosis(findings=(), checks=tuple(CHECKS))
    person.world.machines["n4"].containers["kube-proxy"].stop()
    person.world.machines["n2"].containers["kubelet"].stop()
    person.world.time.pass_time(60)
    assert {finding.where for finding in person.doctor().findings} >= {"n2", "n4"}


def test_a_host_that_is_still_to_join_is_no_obstacle(running):
    person = running("ecw", "w", "")
    wants(person, "ecw", "w", "ec")
    found = person.doctor()
    assert {finding.where for finding in found.findings} <= {"n3"}
    assert not [finding for finding in found.findings if finding.check == "files"]
