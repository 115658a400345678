from dataclasses import replace
from ipaddress import ip_network

import pytest

from rke_py.cluster.cloud_model import CloudProvider
from rke_py.cluster.images_model import Registry
from rke_py.cluster.model import Proxy, Service
from rke_py.plan.arguments import flag_value
from rke_py.plan.components.controller_manager import kube_controller_manager
from rke_py.plan.components.haproxy import haproxy
from rke_py.plan.components.kube_proxy import kube_proxy
from rke_py.plan.components.kubelet import kubelet, provider_folder, start_script


@pytest.fixture
def cluster(make_cluster):
    return make_cluster()


def test_the_kubelet_runs_in_the_hosts_namespaces_without_a_single_bind(cluster):
    spec = kubelet(cluster, cluster.hosts[0], 1)
    assert (spec.privileged, spec.pid_mode, spec.network_mode, spec.binds) == (True, "host", "host", ())
    assert spec.entrypoint == ("sh",)
    assert (spec.command[0], spec.command[2]) == ("-c", "kubelet")


def test_the_shell_stays_and_passes_the_signal_on(cluster):
    script = start_script(cluster)
    assert "exec" not in script
    assert "kill -TERM" in script
    assert '"/proc/$$/root$(command -v kubelet)" "$@" &' in script


@pytest.mark.parametrize(
    ("ranges", "settings"),
    [
        (("10.43.0.0/16",), "net/ipv4/ip_forward net/bridge/bridge-nf-call-iptables"),
        (
            ("10.43.0.0/16", "fd43::/112"),
            "net/ipv4/ip_forward net/bridge/bridge-nf-call-iptables "
            "net/ipv6/conf/all/forwarding net/bridge/bridge-nf-call-ip6tables",
        ),
    ],
)
def test_the_host_passes_packets_on(cluster, ranges, settings):
    services = replace(cluster.services, service_cluster_ip_range=tuple(map(ip_network, ranges)))
    spec = kubelet(replace(cluster, services=services), cluster.hosts[0], 1)
    assert "for module in overlay br_netfilter; do" in spec.command[1]
    assert f"for setting in {settings}; do" in spec.command[1]


@pytest.mark.parametrize(
    ("ranges", "address", "internal", "told"),
    [
        (("10.43.0.0/16",), "10.0.0.1", "", None),
        (("10.43.0.0/16",), "10.0.0.1", "10.1.0.9", "10.1.0.9"),
        (("10.43.0.0/16", "fd43::/112"), "10.0.0.1", "", None),
        (("10.43.0.0/16", "fd43::/112"), "fd00::1", "", None),
        (("fd43::/112",), "10.0.0.1", "", "::"),
        (("fd43::/112",), "node.example", "", "::"),
        (("fd43::/112",), "10.0.0.1", "fd00::9", "fd00::9"),
        (("fd43::/112",), "fd00::1", "", "fd00::1"),
        (("fd43::/112", "10.43.0.0/16"), "fd00::1", "", "fd00::1"),
    ],
)
def test_the_node_is_known_by_the_first_kind_of_address(make_cluster, make_host, ranges, address, internal, told):
    host = make_host("n1", address, "ecw", internal)
    cluster = make_cluster(host)
    services = replace(cluster.services, service_cluster_ip_range=tuple(map(ip_network, ranges)))
    assert flag_value(kubelet(replace(cluster, services=services), host, 1).command, "node-ip") == told


def test_br_netfilter_is_left_alone_where_it_is_not_wanted(cluster):
    script = start_script(replace(cluster, network=replace(cluster.network, br_netfilter=False)))
    assert "for module in overlay; do" in script
    assert "for setting in net/ipv4/ip_forward; do" in script
    assert "bridge" not in script


def test_a_cloud_of_any_name_is_an_external_one(cluster):
    assert flag_value(kubelet(cluster, cluster.hosts[0], 2).command, "cloud-provider") is None
    clouded = replace(cluster, cloud=CloudProvider(name="external-aws"))
    assert flag_value(kubelet(clouded, cluster.hosts[0], 2).command, "cloud-provider") == "external"
    assert flag_value(kube_controller_manager(clouded).command, "cloud-provider") == "external"


def test_the_kubelet_asks_a_program_of_the_host_for_logins_to_amazon(cluster):
    asking = replace(cluster, registries=(Registry(url="1.dkr.ecr.eu-west-1.amazonaws.com", ecr=True),))
    spec = kubelet(asking, cluster.hosts[0], 2)
    assert flag_value(spec.command, "image-credential-provider-bin-dir") == "/opt/rke/credential-providers"
    assert flag_value(spec.command, "image-credential-provider-config") in spec.reads
    assert provider_folder(asking) == "/opt/rke/credential-providers"
    assert provider_folder(cluster) == ""


def test_the_programs_may_be_elsewhere(make_cluster):
    own = Service(extra_args={"image-credential-provider-bin-dir": "/usr/local/lib/kubelet"})
    asking = replace(make_cluster(kubelet=own), registries=(Registry(url="a", ecr=True),))
    assert provider_folder(asking) == "/usr/local/lib/kubelet"


@pytest.mark.parametrize(("version", "mode"), [(1, ""), (2, "host")])
def test_the_kubelet_sees_the_hosts_cgroups(cluster, version, mode):
    assert kubelet(cluster, cluster.hosts[0], version).cgroupns_mode == mode


def test_each_kubelet_has_an_identity_of_its_own(cluster):
    paths = {flag_value(kubelet(cluster, host, 2).command, "kubeconfig") for host in cluster.hosts}
    assert len(paths) == 4
    assert "/etc/kubernetes/ssl/kubecfg-kube-node-10-1-0-1.yaml" in paths


@pytest.mark.parametrize(
    ("internal", "expected"), [("10.1.0.1", "10.1.0.1"), ("10.0.0.1", None), ("node.example", None)]
)
def test_the_node_ip_is_given_where_a_host_has_two_addresses(make_cluster, make_host, internal, expected):
    host = make_host("n1", "10.0.0.1", "ecw", internal)
    assert flag_value(kubelet(make_cluster(host), host, 2).command, "node-ip") == expected


def test_the_kubelet_calls_out_through_the_proxy(cluster):
    spec = kubelet(replace(cluster, proxy=Proxy(http="http://proxy.example:3128")), cluster.hosts[0], 2)
    assert spec.env == ("HTTP_PROXY=http://proxy.example:3128",)


def test_kube_proxy_shares_the_iptables_lock_with_the_host(cluster):
    spec = kube_proxy(cluster, cluster.hosts[3])
    assert "/run:/run" in spec.binds
    assert flag_value(spec.command, "hostname-override") == "n4"


def test_a_flag_of_the_user_reaches_kube_proxy(make_cluster):
    cluster = make_cluster(kubeproxy=Service(extra_args={"conntrack-max-per-core": "0"}, extra_env=("A=1",)))
    spec = kube_proxy(cluster, cluster.hosts[0])
    assert "--conntrack-max-per-core=0" in spec.command
    assert spec.env == ("A=1",)


def test_haproxy_takes_up_its_configuration_on_a_signal(cluster):
    spec = haproxy(cluster)
    assert spec.command[-1] in spec.reloads
    assert spec.reload_signal == "USR2"


def test_haproxy_reads_as_root_what_only_root_may_read(cluster):
    assert haproxy(cluster).user == "0"
