import pytest

from rke_py.catalog import rke
from rke_py.catalog.flags import flags
from rke_py.catalog.removed_flags import REMOVED_FLAGS, without_flag
from rke_py.catalog.upstream import MINORS

_COMPONENT = {
    "kubeapi": "kube-apiserver",
    "kubeController": "kube-controller-manager",
    "scheduler": "kube-scheduler",
    "kubelet": "kubelet",
    "kubeproxy": "kube-proxy",
}
"""The program behind every key of RKE's service options."""


@pytest.mark.parametrize("version", rke.versions())
def test_no_release_of_rke_passes_a_flag_that_is_gone(version):
    release = rke.release(version)
    passed = [
        (_COMPONENT[key], flag)
        for key, options in release.options.items()
        if key in _COMPONENT
        for flag, value in options.items()
        if value
    ]
    assert passed
    assert [pair for pair in passed if without_flag(*pair, release.minor)] == []


@pytest.mark.parametrize("minor", MINORS)
def test_none_that_is_gone_came_back(minor):
    known = flags(minor)
    assert [pair for pair in REMOVED_FLAGS if pair[1] in known[pair[0]]] == []


def test_a_flag_is_gone_from_a_release_on():
    assert without_flag("kubelet", "container-runtime", (1, 26)) is None
    assert without_flag("kubelet", "container-runtime", (1, 27)) == (1, 27)
    assert without_flag("kube-proxy", "container-runtime", (1, 27)) is None
