from dataclasses import replace

import pytest

from rke_py.cluster.model import Service
from rke_py.plan.arguments import flag_value
from rke_py.plan.components.etcd import Form, bootstrap_form, etcd, form, joining_form


@pytest.fixture
def spec(make_cluster):
    cluster = make_cluster()
    return etcd(cluster, cluster.hosts[0], "random-token")


def test_it_keeps_its_data_where_rke_does(spec):
    assert "/var/lib/etcd:/var/lib/etcd" in spec.binds
    assert flag_value(spec.command, "data-dir") == "/var/lib/etcd"


def test_the_standing_form_cannot_start_without_data(spec):
    assert flag_value(spec.command, "initial-cluster") == "etcd-n1=https://10.1.0.1:2380"
    assert flag_value(spec.command, "initial-cluster-state") == "existing"
    assert form(spec) is Form.STANDING


def test_the_bootstrap_form_is_the_member_alone_in_a_new_cluster(spec):
    new = bootstrap_form(spec)
    assert form(new) is Form.BOOTSTRAP
    assert flag_value(new.command, "initial-cluster") == "etcd-n1=https://10.1.0.1:2380"
    assert flag_value(new.command, "initial-cluster-token") == "random-token"


def test_the_joining_form_names_the_other_members_and_itself(spec):
    others = {"etcd-n3": "https://10.1.0.3:2380", "etcd-n1": "https://10.1.0.1:2380"}
    joining = joining_form(spec, others)
    assert form(joining) is Form.JOINING
    expected = "etcd-n3=https://10.1.0.3:2380,etcd-n1=https://10.1.0.1:2380"
    assert flag_value(joining.command, "initial-cluster") == expected


@pytest.mark.parametrize("make", [bootstrap_form, lambda spec: joining_form(spec, {"a": "https://a:2380"})])
def test_the_forms_differ_in_nothing_but_flags(spec, make):
    assert replace(make(spec), command=()) == replace(spec, command=())
    assert len(make(spec).command) == len(spec.command)


@pytest.mark.parametrize(
    ("address", "internal", "clients", "peers"),
    [
        pytest.param(
            "192.0.2.1", "10.0.0.1", "https://10.0.0.1:2379,https://127.0.0.1:2379", "https://10.0.0.1:2380", id="own"
        ),
        pytest.param("192.0.2.1", "192.0.2.1", "https://0.0.0.0:2379", "https://0.0.0.0:2380", id="maybe-translated"),
        pytest.param("192.0.2.1", "db.example", "https://0.0.0.0:2379", "https://0.0.0.0:2380", id="name"),
        pytest.param("2001:db8::1", "2001:db8::1", "https://[::]:2379", "https://[::]:2380", id="ipv6-translated"),
        pytest.param(
            "2001:db8::1",
            "fd00::1",
            "https://[fd00::1]:2379,https://127.0.0.1:2379",
            "https://[fd00::1]:2380",
            id="ipv6",
        ),
    ],
)
def test_it_listens_on_the_internal_address_where_that_is_the_machines_own(
    make_cluster, make_host, address, internal, clients, peers
):
    host = make_host("n1", address, "ecw", internal)
    spec = etcd(make_cluster(host), host, "t")
    assert flag_value(spec.command, "listen-client-urls") == clients
    assert flag_value(spec.command, "listen-peer-urls") == peers


@pytest.mark.parametrize(
    ("image", "flag"),
    [
        ("registry.k8s.io/etcd:3.6.5-0", "--feature-gates=InitialCorruptCheck=true"),
        ("quay.io/coreos/etcd:v3.6.16", "--feature-gates=InitialCorruptCheck=true"),
        ("registry.k8s.io/etcd:3.5.26-0", "--experimental-initial-corrupt-check=true"),
        ("registry.example:5000/etcd@sha256:0123", "--experimental-initial-corrupt-check=true"),
        ("registry.example:5000/etcd", "--experimental-initial-corrupt-check=true"),
    ],
)
def test_flags_have_the_names_of_their_etcd_line(make_cluster, image, flag):
    cluster = make_cluster()
    spec = etcd(replace(cluster, images=replace(cluster.images, etcd=image)), cluster.hosts[0], "t")
    assert flag in spec.command


def test_both_sides_show_certificates(spec):
    for flag in ("client-cert-auth", "peer-client-cert-auth"):
        assert flag_value(spec.command, flag) == "true"
    for flag in ("trusted-ca-file", "peer-trusted-ca-file"):
        assert flag_value(spec.command, flag) == "/etc/kubernetes/ssl/kube-etcd-ca.pem"


def test_the_users_flags_win(make_cluster):
    cluster = make_cluster(etcd=Service(extra_args={"heartbeat-interval": "250", "quota-backend-bytes": "8"}))
    spec = etcd(cluster, cluster.hosts[0], "t")
    assert flag_value(spec.command, "heartbeat-interval") == "250"
    assert flag_value(spec.command, "quota-backend-bytes") == "8"


def test_an_exhausted_quota_does_not_make_it_unhealthy(spec):
    assert spec.check.path == "/health?exclude=NOSPACE"


def test_etcdctl_works_in_the_container_as_it_stands(spec):
    assert "ETCDCTL_ENDPOINTS=https://127.0.0.1:2379" in spec.env
    assert "ETCDCTL_CERT=/etc/kubernetes/ssl/kube-etcd-10-1-0-1.pem" in spec.env
