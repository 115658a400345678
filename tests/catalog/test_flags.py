import json
from importlib.resources import files

import pytest

from rke_py.catalog.flags import flags
from rke_py.catalog.upstream import MINORS

_COMPONENTS = {"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet"}


@pytest.mark.parametrize("minor", MINORS)
def test_every_minor_has_the_flags_of_every_component(minor):
    assert flags(minor).keys() == _COMPONENTS
    assert all(len(names) > 50 for names in flags(minor).values())


@pytest.mark.parametrize("minor", MINORS)
def test_the_table_was_made_from_the_release_it_stands_for(minor):
    table = files("rke_py.catalog") / "data" / f"flags-{minor[0]}.{minor[1]}.json"
    made_from = json.loads(table.read_text())["made_from"]
    row = MINORS[minor]
    assert made_from == {component: row.newest.removeprefix("v") for component in _COMPONENTS} | {
        "etcd": row.etcd.removeprefix("v")
    }


@pytest.mark.parametrize(
    ("minor", "component", "flag", "known"),
    [
        ((1, 33), "kubelet", "cloud-config", True),
        ((1, 34), "kubelet", "cloud-config", False),
        ((1, 34), "kubelet", "config", True),
        ((1, 34), "kube-apiserver", "v", True),
        ((1, 34), "kube-apiserver", "help", True),
        ((1, 34), "kube-proxy", "conntrack-max-per-core", True),
        ((1, 33), "etcd", "quota-backend-bytes", True),
        ((1, 34), "etcd", "enable-v2", False),
    ],
)
def test_known_flags(minor, component, flag, known):
    assert (flag in flags(minor)[component]) is known
