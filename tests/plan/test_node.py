from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from rke_py.cluster.apiserver_model import ApiServer, AuditLog, Encryption, Webhook
from rke_py.cluster.cloud_model import CloudProvider
from rke_py.cluster.images_model import Registry
from rke_py.pki.issue import issue
from rke_py.plan.node import node_plan, shutdown_delay
from rke_py.plan.observed import HostFacts
from rke_py.state.model import EtcdRecord, Machine, State

MACHINE = Machine(systemd_cgroup=True, resolv_conf="/run/systemd/resolve/resolv.conf")


@pytest.fixture(scope="module")
def cluster(make_cluster, make_host):
    return make_cluster(
        make_host("all", "10.0.0.1", "ecw"),
        make_host("e", "10.0.0.2", "e"),
        make_host("c", "10.0.0.3", "c"),
        make_host("w", "10.0.0.4", "w"),
    )


@pytest.fixture(scope="module")
def state(cluster):
    key = ec.generate_private_key(ec.SECP256R1())
    bundle = issue(cluster, {}, now=datetime(2026, 11, 1, tzinfo=UTC), new_key=lambda _: key).bundle
    return State(lineage="l", bundle=bundle, etcd=EtcdRecord(token="random-token"))


@pytest.fixture
def plan(cluster, state, facts):
    def make(
        name: str,
        *,
        facts: HostFacts | None = facts,
        machine: Machine | None = MACHINE,
        cluster=cluster,
        state=state,
    ):
        return node_plan(cluster, cluster.host(name), state, facts, machine)

    return make


@pytest.mark.parametrize(
    ("host", "containers"),
    [
        (
            "all",
            [
                *("etcd", "etcd-rolling-snapshots"),
                *("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"),
            ],
        ),
        ("e", ["etcd", "etcd-rolling-snapshots", "haproxy", "kubelet", "kube-proxy"]),
        ("c", ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"]),
        ("w", ["haproxy", "kubelet", "kube-proxy"]),
    ],
)
def test_the_roles_decide_what_runs_and_in_which_order(plan, host, containers):
    assert [spec.name for spec in plan(host).containers] == containers


@pytest.mark.parametrize("host", ["all", "e", "c", "w"])
def test_every_file_that_a_container_reads_is_brought(plan, host):
    node = plan(host)
    brought = {file.path for file in node.files}
    used = {path for spec in node.containers for path in spec.files}
    optional = "/etc/kubernetes/ssl/registries.json"
    assert used - {optional} <= brought


@pytest.mark.parametrize("host", ["all", "e", "c", "w"])
def test_every_certificate_named_on_a_command_line_is_brought_and_watched(plan, host):
    node = plan(host)
    brought = {file.path for file in node.files}
    for spec in node.containers:
        named = {
            value for element in spec.command if (value := element.partition("=")[2]).startswith("/etc/kubernetes")
        }
        assert named <= brought
        assert named <= spec.files


@pytest.mark.parametrize("host", ["all", "e", "c", "w"])
def test_a_file_is_brought_once(plan, host):
    paths = [file.path for file in plan(host).files]
    assert len(paths) == len(set(paths))


def test_a_key_comes_before_its_certificate(plan):
    paths = [file.path for file in plan("all").files]
    for path in paths:
        if path.endswith("-key.pem") and (certificate := path.replace("-key.pem", ".pem")) in paths:
            assert paths.index(path) < paths.index(certificate)


def test_only_root_reads_what_is_brought_but_for_the_ca_of_etcd_which_may_have_a_user_of_its_own(plan):
    owners = {file.path: (file.mode, file.uid, file.gid) for file in plan("all").files}
    assert owners.pop("/etc/kubernetes/ssl/kube-etcd-ca.pem") == (0o644, 0, 0)
    assert set(owners.values()) == {(0o600, 0, 0)}


def test_certificates_are_never_shown_and_configuration_is(plan):
    shown = {file.path for file in plan("all").files if not file.secret}
    assert shown == {"/etc/kubernetes/audit-policy.yaml", "/etc/kubernetes/kubelet-config.yaml"}


def test_keys_of_the_authorities_stay_with_the_state(plan):
    on_hosts = {file.path for host in ("all", "e", "c", "w") for file in plan(host).files}
    assert "/etc/kubernetes/ssl/kube-etcd-ca-key.pem" not in on_hosts
    assert "/etc/kubernetes/ssl/kube-ca-key.pem" not in {file.path for file in plan("w").files}


def test_nothing_secret_is_in_what_docker_inspect_shows(plan, state):
    secrets = [credential.key.get_secret_value() for credential in state.bundle.values()]
    for spec in plan("all").containers:
        shown = "\n".join((*spec.entrypoint, *spec.command, *spec.env, *spec.binds))
        assert not any(secret in shown for secret in secrets if secret)


ASKED = ApiServer(
    admission={"plugins": []},
    audit=AuditLog(policy={"kind": "Policy"}),
    webhook=Webhook(cache_timeout="5s"),
    encryption=Encryption(),
)


@pytest.mark.parametrize("host", ["all", "e", "c", "w"])
def test_only_hosts_with_an_api_server_get_its_files(plan, cluster, state, host):
    node = plan(host, cluster=replace(cluster, api=ASKED), state=replace(state, encryption="resources: []"))
    secret = {"/etc/kubernetes/ssl/encryption.yaml": True, "/etc/kubernetes/kube-api-authn-webhook.yaml": True}
    expected = {**secret, "/etc/kubernetes/admission.yaml": False, "/etc/kubernetes/audit-policy.yaml": False}
    brought = {file.path: file.secret for file in node.files if file.path in expected}
    assert brought == (expected if host in ("all", "c") else {})
    (read,) = [spec.reads for spec in node.containers if spec.name == "kube-apiserver"] or [tuple(brought)]
    assert brought.keys() <= set(read)


def test_the_file_of_a_cloud_is_on_every_host_and_secret_when_it_may_be(plan, cluster):
    cloud = CloudProvider(name="external", config=SecretStr("password=very-secret"), secret=True)
    for host in ("all", "e", "c", "w"):
        files = {file.path: file for file in plan(host, cluster=replace(cluster, cloud=cloud)).files}
        assert files["/etc/kubernetes/cloud-config"].content == b"password=very-secret"
        assert files["/etc/kubernetes/cloud-config"].secret
    assert "/etc/kubernetes/cloud-config" not in {file.path for file in plan("w").files}


def test_keys_for_amazons_registry_go_to_the_kubelet_by_file(plan, cluster):
    keys = {"AWS_SECRET_ACCESS_KEY": SecretStr("very-secret")}
    registry = Registry(url="1.dkr.ecr.eu-west-1.amazonaws.com", ecr=True, ecr_environment=keys)
    node = plan("w", cluster=replace(cluster, registries=(registry,)))
    (file,) = (file for file in node.files if file.path == "/etc/kubernetes/ssl/credential-providers.yaml")
    assert file.secret
    assert b"very-secret" in file.content
    (spec,) = (spec for spec in node.containers if spec.name == "kubelet")
    assert file.path in spec.reads
    assert "very-secret" not in repr(spec)


def test_haproxy_gets_certificate_and_key_in_one_file(plan, state):
    (file,) = (file for file in plan("w").files if file.path == "/etc/kubernetes/ssl/haproxy-client.pem")
    credential = state.bundle["kube-api-proxy"]
    assert credential.certificate in file.content.decode()
    assert credential.key.get_secret_value() in file.content.decode()


def test_haproxy_takes_all_its_files_up_on_a_signal(plan):
    (spec,) = (spec for spec in plan("w").containers if spec.name == "haproxy")
    assert spec.reads == ()
    assert "/etc/kubernetes/ssl/kube-ca.pem" in spec.reloads


def test_the_kubelet_follows_the_runtime_and_the_resolver_of_its_machine(plan):
    (file,) = (file for file in plan("w").files if file.path == "/etc/kubernetes/kubelet-config.yaml")
    assert b"cgroupDriver: systemd" in file.content.replace(b'"', b"")
    assert b"/run/systemd/resolve/resolv.conf" in file.content


@pytest.mark.parametrize(("driver", "expected"), [("cgroupfs", b"cgroupfs"), ("systemd", b"systemd")])
def test_dockers_driver_stands_for_the_runtimes_where_that_is_not_known(plan, facts, driver, expected):
    node = plan("w", facts=replace(facts, cgroup_driver=driver), machine=None)
    (file,) = (file for file in node.files if file.path == "/etc/kubernetes/kubelet-config.yaml")
    (line,) = (line for line in file.content.splitlines() if line.startswith(b"cgroupDriver:"))
    assert expected in line


@pytest.mark.parametrize(("version", "mode"), [(1, ""), (2, "host")])
def test_the_kubelets_cgroup_namespace_follows_the_machine(plan, facts, version, mode):
    node = plan("w", facts=replace(facts, cgroup_version=version))
    assert {spec.name: spec.cgroupns_mode for spec in node.containers}["kubelet"] == mode


def test_registry_credentials_go_to_the_kubelet_by_file(plan, cluster):
    registry = Registry(url="lan.example:5000", user="u", password=SecretStr("very-secret"))
    node = plan("w", cluster=replace(cluster, registries=(registry,)))
    (file,) = (file for file in node.files if file.path == "/etc/kubernetes/ssl/registries.json")
    assert file.secret
    assert b"lan.example:5000" in file.content
    assert file.path in {path for spec in node.containers if spec.name == "kubelet" for path in spec.reads}


def test_without_credentials_there_is_no_such_file(plan):
    assert "/etc/kubernetes/ssl/registries.json" not in {file.path for file in plan("w").files}


def test_where_selinux_confines_containers_ours_are_exempt(plan, facts):
    node = plan("all", facts=replace(facts, security_options=("name=selinux",)))
    exempt = {spec.name for spec in node.containers if "label=disable" in spec.security_opt}
    etcd = {"etcd", "etcd-rolling-snapshots"}
    assert exempt == etcd | {"kube-apiserver", "kube-controller-manager", "kube-scheduler"}


def test_a_host_that_did_not_answer_has_a_plan_too(plan):
    assert plan("w", facts=None, machine=None).containers


@pytest.mark.parametrize(("workers", "seconds"), [(1, 10), (200, 10), (1000, 20)])
def test_a_stopping_api_server_waits_for_the_proxies_in_steps(make_cluster, make_host, workers, seconds):
    hosts = [make_host(f"w{number}", f"10.2.{number // 250}.{number % 250}", "w") for number in range(workers)]
    assert shutdown_delay(make_cluster(make_host("c", "10.0.0.1", "ec"), *hosts)) == seconds
