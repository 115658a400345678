import pytest

from rke_py.plan.arguments import flag_name
from rke_py.plan.components.apiserver import kube_apiserver
from rke_py.plan.components.controller_manager import kube_controller_manager
from rke_py.plan.components.etcd import etcd
from rke_py.plan.components.haproxy import haproxy
from rke_py.plan.components.kube_proxy import kube_proxy
from rke_py.plan.components.kubelet import kubelet
from rke_py.plan.components.scheduler import kube_scheduler


@pytest.fixture(
    params=[
        pytest.param(lambda cluster, host: etcd(cluster, host, "t"), id="etcd"),
        pytest.param(lambda cluster, host: kube_apiserver(cluster, host, 10), id="kube-apiserver"),
        pytest.param(lambda cluster, host: kube_controller_manager(cluster), id="kube-controller-manager"),
        pytest.param(lambda cluster, host: kube_scheduler(cluster), id="kube-scheduler"),
        pytest.param(lambda cluster, host: kubelet(cluster, host, 2), id="kubelet"),
        pytest.param(kube_proxy, id="kube-proxy"),
        pytest.param(lambda cluster, host: haproxy(cluster), id="haproxy"),
    ]
)
def spec(request, make_cluster):
    cluster = make_cluster()
    return request.param(cluster, cluster.hosts[0])


def test_the_program_is_always_named(spec):
    assert spec.entrypoint


def test_the_label_is_rkes(spec):
    assert spec.labels == {"io.rancher.rke.container.name": spec.name}


def test_docker_rotates_the_log(spec):
    assert set(spec.log_options) == {"max-size", "max-file"}


def test_it_starts_with_the_host_on_the_hosts_network(spec):
    assert (spec.restart, spec.network_mode) == ("always", "host")


def test_flags_are_sorted_and_there_is_one_of_each(spec):
    names = [name for element in spec.command if (name := flag_name(element))]
    assert names == sorted(set(names))


def test_nothing_of_ours_is_written_by_it(spec):
    assert "/etc/kubernetes:/etc/kubernetes" not in spec.binds
