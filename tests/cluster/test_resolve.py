import pytest

from rke_py.catalog.versions import newest
from rke_py.cluster.catalog_checks import catalog_findings
from rke_py.cluster.model import Family, Proxy, UserAddon
from rke_py.cluster.resolve import resolve
from rke_py.cluster.upgrade_model import DrainInput, UpgradeStrategy
from rke_py.config.load import load
from rke_py.errors import ConfigError

_ONE_NODE = "nodes: [{address: 192.0.2.1, user: u, role: [etcd, controlplane, worker]}]\n"


def test_the_defaults_are_rkes(resolved):
    cluster = resolved("")
    assert (cluster.name, cluster.family, cluster.version) == ("local", Family.UPSTREAM, newest())
    assert cluster.upgrade_strategy == UpgradeStrategy()
    assert (cluster.network.plugin, cluster.dns.provider, cluster.monitoring.provider) == (
        "flannel",
        "coredns",
        "metrics-server",
    )
    assert cluster.key_algorithm == "ecdsa-p256"
    assert cluster.proxy == Proxy()
    assert cluster.bastion is None


def test_keys_of_rkes_own_releases_are_rsa(resolved):
    assert resolved("kubernetes_version: v1.32.2-rancher1-1").key_algorithm == "rsa-2048"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 120),
        ("kubernetes_version: v1.32.2-rancher1-1", 45),
        ("kubernetes_version: v1.32.2-rancher1-1\naddon_job_timeout: 0", 45),
        ("kubernetes_version: v1.32.2-rancher1-1\naddon_job_timeout: 90", 90),
    ],
)
def test_addons_of_rkes_own_releases_get_rkes_time(resolved, text, seconds):
    assert resolved(text).addon_timeout == seconds


def test_the_version_of_the_file_wins_over_the_running_one():
    config = load(_ONE_NODE + "kubernetes_version: v1.33.13").config
    assert resolve(config, running_version="v1.34.4").version == "v1.33.13"


def test_a_file_without_version_keeps_the_running_one():
    assert resolve(load(_ONE_NODE).config, running_version="v1.33.13").version == "v1.33.13"


def test_a_version_that_is_not_in_the_catalog_is_refused_at_its_line():
    loaded = load(_ONE_NODE + "kubernetes_version: v1.35.0")
    with pytest.raises(ConfigError) as raised:
        resolve(loaded.config, positions=loaded.positions)
    assert [problem.where for problem in raised.value.problems] == ["cluster.yml:2:21 kubernetes_version"]


def test_inline_manifests_come_before_the_included_ones():
    text = _ONE_NODE + "addons: |\n  {apiVersion: v1, kind: Namespace}\n"
    included = UserAddon(name="a.yml", text="b")
    addons = resolve(load(text).config, addons=[included]).addons
    assert [addon.name for addon in addons] == ["addons", "a.yml"]


def test_limits_and_drain(resolved):
    text = """\
upgrade_strategy:
  max_unavailable_worker: 2
  drain: true
  node_drain_input: {grace_period: 30, ignore_daemonsets: false}
"""
    assert resolved(text).upgrade_strategy == UpgradeStrategy(
        max_unavailable_worker="2",
        drain=True,
        drain_input=DrainInput(grace_period=30, ignore_daemonsets=False),
    )


def test_the_load_balancer_is_a_name_of_the_api_server(resolved):
    cluster = resolved("kube_config: {server: 'https://kube.example.com:6443'}\nauthentication: {sans: [192.0.2.9]}")
    assert cluster.api_server_address == "https://kube.example.com:6443"
    assert cluster.api_sans == ("192.0.2.9", "kube.example.com")


def test_nothing_inside_the_cluster_goes_through_the_proxy(resolved):
    cluster = resolved("proxy: {http: 'http://proxy.example.com:3128', no_proxy: [example.org]}")
    assert cluster.proxy.http == "http://proxy.example.com:3128"
    assert cluster.proxy.no_proxy == (
        "example.org",
        "localhost",
        "127.0.0.1",
        "10.42.0.0/16",
        "10.43.0.0/16",
        "cp-1",
        "192.0.2.1",
        "10.0.0.1",
        "w-1.example.com",
        "W-1.example.com",
        ".svc",
        ".cluster.local",
    )


def test_a_proxys_password_is_not_in_the_representation(resolved):
    cluster = resolved("proxy: {https: 'http://user:hunter2@proxy.example.com:3128'}")
    assert "hunter2" not in repr(cluster)


def test_own_keys(resolved):
    cluster = resolved("pki: {key_algorithm: rsa-2048}\nmax_concurrent_pulls: 3\naddon_job_timeout: 45")
    assert (cluster.key_algorithm, cluster.max_concurrent_pulls, cluster.addon_timeout) == ("rsa-2048", 3, 45)


def test_a_file_of_an_old_release_is_read_and_not_resolved():
    loaded = load(_ONE_NODE + "kubernetes_version: v1.17.2-rancher1-1", checks=(catalog_findings,))
    assert [problem.warning for problem in loaded.warnings] == [True]
    with pytest.raises(ConfigError, match="does not fit Kubernetes v1"):
        resolve(loaded.config, positions=loaded.positions)
