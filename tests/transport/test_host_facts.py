from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rke_py.transport.host_facts import host_facts

ASKED = datetime(2026, 11, 21, 6, 0, 0, tzinfo=UTC)
VERSION = {"Version": "20.10.24+dfsg1", "ApiVersion": "1.41"}


@pytest.mark.parametrize(
    ("system_time", "offset"),
    [
        ("2026-11-21T06:00:00.5Z", timedelta(seconds=0.5)),
        ("2026-11-21T07:00:00.123456789+01:00", timedelta(microseconds=123456)),
        ("2026-11-21T05:59:00Z", timedelta(minutes=-1)),
    ],
)
def test_the_clocks_distance(system_time: str, offset: timedelta) -> None:
    assert host_facts({"SystemTime": system_time}, VERSION, ASKED).clock_offset == offset


def test_facts_of_an_engine_that_tells_everything() -> None:
    info = {
        "ID": "WNZQ",
        "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
        "Architecture": "x86_64",
        "KernelVersion": "6.1.0",
        "Name": "node-1",
        "DockerRootDir": "/var/lib/docker",
        "CgroupDriver": "systemd",
        "CgroupVersion": "2",
        "SecurityOptions": ["name=seccomp,profile=default", "name=selinux"],
        "NCPU": 4,
        "MemTotal": 8 << 30,
        "HttpProxy": "http://proxy:3128",
        "SystemTime": "2026-11-21T06:00:00Z",
    }
    facts = host_facts(info, VERSION, ASKED)
    assert (facts.hostname, facts.cgroup_version, facts.cgroup_driver) == ("node-1", 2, "systemd")
    assert (facts.cpus, facts.memory, facts.http_proxy) == (4, 8 << 30, "http://proxy:3128")
    assert facts.security_options == ("name=seccomp,profile=default", "name=selinux")


def test_an_old_engine_says_nothing_of_cgroups() -> None:
    assert host_facts({"SystemTime": "2026-11-21T06:00:00Z"}, VERSION, ASKED).cgroup_version == 1
