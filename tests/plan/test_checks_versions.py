from dataclasses import replace

import pytest

from rke_py.plan.checks.versions import version_problems
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.observed import Observed, ObservedHost, ObservedNode


@pytest.fixture
def problems(make_cluster, make_found):
    """Check a cluster that is to run v1.34.4, with one API server or one kubelet of its hosts at another version."""
    cluster = make_cluster()

    def run(*, api_server: str = "v1.34.4", kubelet: str = "v1.34.4"):
        def host(name: str) -> ObservedHost:
            image = f"registry:5000/kube-apiserver:{api_server if name == 'n2' else 'v1.34.4'}"
            spec = ContainerSpec(name="kube-apiserver", image=image, entrypoint=("kube-apiserver",))
            return ObservedHost(name=name, containers={"kube-apiserver": make_found(spec)})

        node = ObservedNode(name="n4", ready=True, kubelet_version=kubelet)
        hosts = {host.name: ObservedHost(name=host.name) for host in cluster.hosts}
        hosts |= {name: host(name) for name in ("n1", "n2", "n3")}
        return tuple(version_problems(cluster, Observed(hosts=hosts, nodes={"n4": node})))

    return run


@pytest.mark.parametrize(
    ("api_server", "word"),
    [
        pytest.param("v1.34.4", "", id="the-wanted-one"),
        pytest.param("v1.34.0", "", id="an-older-patch-release"),
        pytest.param("v1.33.13", "", id="one-minor-release-older"),
        pytest.param("v1.34.5", "no way back", id="a-newer-patch-release"),
        pytest.param("v1.35.0", "no way back", id="left-by-an-upgrade-that-stopped-half-way"),
        pytest.param("v1.32.9", "one minor release apart", id="two-minor-releases-older"),
        pytest.param("mine", "", id="a-tag-that-tells-no-version"),
    ],
)
def test_an_api_server_that_runs_already(problems, api_server, word):
    found = problems(api_server=api_server)
    assert [problem.where for problem in found] == (["n2"] if word else [])
    assert all(word in problem.what and api_server in problem.what for problem in found)


@pytest.mark.parametrize(
    ("kubelet", "word"),
    [
        pytest.param("v1.34.9", "", id="a-newer-patch-release"),
        pytest.param("v1.31.2", "", id="three-minor-releases-older"),
        pytest.param("v1.30.14", "too old", id="four-minor-releases-older"),
        pytest.param("v1.35.1", "newer than API servers", id="newer"),
        pytest.param("", "", id="not-told"),
    ],
)
def test_a_kubelet_that_runs_already(problems, kubelet, word):
    found = problems(kubelet=kubelet)
    assert [problem.where for problem in found] == (["n4"] if word else [])
    assert all(word in problem.what for problem in found)


def test_the_way_on_of_an_upgrade_that_stopped_half_way_is_named(problems):
    (problem,) = problems(api_server="v1.35.0")
    assert "kubernetes_version: v1.35.0" in problem.hint


@pytest.mark.parametrize(
    ("api_server", "kubelet", "hint"),
    [
        ("v1.32.2-rancher1", "v1.31.5", "Set kubernetes_version: v1.32.2-rancher1-1,"),
        ("v1.31.5-rancher1", "v1.32.2", "Set kubernetes_version: v1.32.2-rancher1-1 or later."),
    ],
)
def test_the_way_on_is_named_as_rke_names_its_releases(make_cluster, make_found, api_server, kubelet, hint):
    whole = make_cluster()
    images = replace(whole.images, kube_apiserver="rancher/hyperkube:v1.31.5-rancher1")
    cluster = replace(whole, version="v1.31.5-rancher1-1", images=images)
    spec = ContainerSpec(name="kube-apiserver", image=f"rancher/hyperkube:{api_server}", entrypoint=("kube-apiserver",))
    hosts = {host.name: ObservedHost(name=host.name) for host in cluster.hosts}
    hosts["n1"] = ObservedHost(name="n1", containers={"kube-apiserver": make_found(spec)})
    nodes = {"n1": ObservedNode(name="n1", ready=True, kubelet_version=kubelet)}
    (problem,) = version_problems(cluster, Observed(hosts=hosts, nodes=nodes))
    assert problem.hint.startswith(hint)


def test_what_a_host_does_not_carry_says_nothing(make_cluster):
    cluster = make_cluster()
    hosts = {host.name: ObservedHost(name=host.name) for host in cluster.hosts}
    assert tuple(version_problems(cluster, Observed(hosts=hosts))) == ()
    assert tuple(version_problems(replace(cluster, version="v1.33.13"), Observed(hosts=hosts))) == ()
