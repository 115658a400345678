from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rke_py.plan.compare import Difference, differences, needs_reload, needs_restart
from rke_py.plan.containers import ContainerSpec, FoundContainer, Status
from rke_py.plan.files import FoundFile

WANT = ContainerSpec(
    name="kube-scheduler",
    image="registry.example/kube-scheduler:v1.34.4",
    entrypoint=("kube-scheduler",),
    command=("--kubeconfig=/etc/kubernetes/ssl/kubecfg-kube-scheduler.yaml", "--leader-elect=true", "--v=2"),
    env=("HTTPS_PROXY=http://user:secret@proxy:3128",),
    binds=("/etc/kubernetes:/etc/kubernetes:ro", "/run:/run"),
    user="0",
    labels={"io.rancher.rke.container.name": "kube-scheduler"},
    log_options={"max-size": "20m"},
    reads=("/etc/kubernetes/ssl/kube-ca.pem",),
)

words = st.text(alphabet="abcdefgh-", min_size=1, max_size=6)
values = st.text(alphabet="abc/.:=0123456789", max_size=8)
flags = st.builds("--{}={}".format, words.filter(lambda word: not word.startswith("-")), values)
paths = st.builds("/{}".format, st.text(alphabet="abc", min_size=1, max_size=5))
specs = st.builds(
    ContainerSpec,
    name=st.sampled_from(["etcd", "kubelet", "other"]),
    image=words,
    entrypoint=st.tuples(words),
    command=st.lists(flags, max_size=6).map(tuple),
    env=st.dictionaries(words, values, max_size=4).map(lambda env: tuple(f"{k}={v}" for k, v in env.items())),
    binds=st.lists(st.builds("{}:{}".format, paths, paths), max_size=4, unique=True).map(tuple),
    network_mode=st.sampled_from(["", "host", "none"]),
    privileged=st.booleans(),
    user=st.sampled_from(["", "0", "1000:1000"]),
    restart=st.sampled_from(["", "always", "no"]),
    labels=st.dictionaries(words, values, max_size=3),
    log_options=st.dictionaries(words, values, max_size=3),
    security_opt=st.lists(st.sampled_from(["label=disable", "seccomp=unconfined"]), unique=True).map(tuple),
    cap_add=st.lists(st.sampled_from(["NET_ADMIN", "CAP_SYS_ADMIN"]), unique=True).map(tuple),
    grace=st.integers(1, 100),
)


@given(specs)
def test_a_container_as_wanted_has_no_differences(make_found, want):
    assert differences(want, make_found(want)) == ()


@given(specs, st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_the_order_of_env_binds_and_flags_of_different_names_does_not_count(make_found, want, random):
    single = tuple({flag.partition("=")[0]: flag for flag in want.command}.values())
    want = replace(want, command=single)
    shuffled = {name: _shuffled(getattr(want, name), random) for name in ("command", "env", "binds", "security_opt")}
    assert differences(want, make_found(replace(want, **shuffled))) == ()


def _shuffled(values, random):
    return tuple(random.sample(values, len(values)))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"image": "registry.example/kube-scheduler:v1.33.13"},
            Difference(
                field="image",
                wanted="registry.example/kube-scheduler:v1.34.4",
                found="registry.example/kube-scheduler:v1.33.13",
            ),
            id="image",
        ),
        pytest.param({"entrypoint": ("sh",)}, ("entrypoint", "kube-scheduler", "sh"), id="entrypoint"),
        pytest.param({"command": (*WANT.command[:2], "--v=4")}, ("command", "--v=2", "--v=4"), id="flag-changed"),
        pytest.param({"command": WANT.command[:2]}, ("command", "--v=2", ""), id="flag-missing"),
        pytest.param({"command": (*WANT.command, "--v=2")}, ("command", "", "--v=2"), id="flag-twice"),
        pytest.param(
            {"binds": ("/etc/kubernetes:/etc/kubernetes", "/run:/run")},
            ("binds", "/etc/kubernetes:/etc/kubernetes:ro", "/etc/kubernetes:/etc/kubernetes"),
            id="bind-options",
        ),
        pytest.param({"privileged": True}, ("privileged", "False", "True"), id="privileged"),
        pytest.param({"network_mode": "bridge"}, ("network_mode", "host", "bridge"), id="network"),
        pytest.param({"pid_mode": "host"}, ("pid_mode", "", "host"), id="pid"),
        pytest.param({"restart": "no"}, ("restart", "always", "no"), id="restart"),
        pytest.param({"user": "99"}, ("user", "root", "99"), id="user"),
        pytest.param({"grace": 20}, ("grace", "10", "20"), id="grace"),
        pytest.param({"cap_add": ("CAP_NET_ADMIN",)}, ("cap_add", "", "NET_ADMIN"), id="capability"),
        pytest.param(
            {"labels": {}}, ("labels", "io.rancher.rke.container.name=kube-scheduler", ""), id="label-missing"
        ),
        pytest.param(
            {"log_options": {"max-size": "1m"}}, ("log_options", "max-size=20m", "max-size=1m"), id="log-options"
        ),
        pytest.param({"limits": {"Memory": 104857600}}, ("limits", "", "Memory=104857600"), id="limits"),
        pytest.param({"volumes_from": ("sidekick",)}, ("volumes_from", "", "sidekick"), id="volumes-from"),
        pytest.param(
            {"security_opt": ("seccomp=unconfined",)}, ("security_opt", "", "seccomp=unconfined"), id="security"
        ),
    ],
)
def test_a_field_that_differs_is_named_with_both_values(make_found, changes, expected):
    if isinstance(expected, tuple):
        expected = Difference(field=expected[0], wanted=expected[1], found=expected[2])
    assert differences(WANT, make_found(replace(WANT, **changes))) == (expected,)


@pytest.mark.parametrize(
    ("want", "found"),
    [
        pytest.param({}, {"user": "root"}, id="root-by-name"),
        pytest.param({}, {"user": ""}, id="root-by-default"),
        pytest.param({"user": ""}, {"user": "haproxy"}, id="the-image's-user"),
        pytest.param({"network_mode": ""}, {"network_mode": "default"}, id="default-network"),
        pytest.param({"restart": ""}, {"restart": "no"}, id="no-restart"),
        pytest.param({}, {"cgroupns_mode": "private"}, id="docker's-choice-of-cgroup-namespace"),
        pytest.param({}, {"security_opt": ("label=disable",)}, id="label-that-docker-adds"),
        pytest.param({}, {"labels": {**WANT.labels, "org.opencontainers.image.version": "1"}}, id="image's-labels"),
        pytest.param({}, {"log_options": {"max-size": "20m", "compress": "true"}}, id="daemon's-log-options"),
        pytest.param({"binds": ("/a/:/b/:z,rw",)}, {"binds": ("/a:/b:z",)}, id="bind-defaults"),
        pytest.param({"binds": ("/a:/b:ro,z",)}, {"binds": ("/a:/b:z,ro",)}, id="bind-option-order"),
        pytest.param({"cap_add": ("NET_ADMIN",)}, {"cap_add": ("CAP_NET_ADMIN",)}, id="capability-prefix"),
        pytest.param(
            {"security_opt": ("label:disable",)}, {"security_opt": ("label=disable",)}, id="old-label-spelling"
        ),
    ],
)
def test_what_docker_spells_out_is_no_difference(make_found, want, found):
    want = replace(WANT, **want)
    assert differences(want, make_found(replace(want, **found))) == ()


def test_the_namespace_of_cgroups_counts_where_one_is_wanted(make_found):
    want = replace(WANT, cgroupns_mode="host")
    found = make_found(replace(want, cgroupns_mode="private"))
    assert [difference.field for difference in differences(want, found)] == ["cgroupns_mode"]


def test_values_of_a_repeated_flag_have_an_order(make_found):
    want = replace(WANT, command=("--service-account-issuer=new", "--service-account-issuer=old"))
    found = make_found(replace(want, command=tuple(reversed(want.command))))
    assert differences(want, found) == (
        Difference(
            field="command",
            wanted="--service-account-issuer=new --service-account-issuer=old",
            found="--service-account-issuer=old --service-account-issuer=new",
        ),
    )


def test_what_an_etcd_member_was_told_when_it_was_made_does_not_count(make_found):
    want = ContainerSpec(
        name="etcd",
        image="etcd",
        entrypoint=("etcd",),
        command=("--initial-cluster=a=https://a:2380", "--initial-cluster-state=existing", "--name=a"),
    )
    found = replace(want, command=("--name=a", "--initial-cluster-state=new", "--initial-cluster-token=t"))
    assert differences(want, make_found(found)) == ()


def test_a_variable_of_the_image_is_replaced_by_a_wanted_one(make_found):
    want = replace(WANT, env=("PATH=/opt/bin",))
    found = make_found(want)
    merged = replace(found.spec, env=("PATH=/opt/bin", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"))
    assert differences(want, replace(found, spec=merged)) == ()


def test_a_variable_that_is_no_longer_wanted_differs(make_found):
    found = make_found(replace(WANT, env=(*WANT.env, "DEBUG=1")))
    (difference,) = differences(WANT, found)
    assert (difference.field, difference.wanted) == ("env", "")
    assert difference.found.startswith("DEBUG=sha256:")


def test_values_of_variables_are_not_shown(make_found):
    (difference,) = differences(WANT, make_found(replace(WANT, env=("HTTPS_PROXY=http://user:older@proxy:3128",))))
    assert "secret" not in str(difference)
    assert "older" not in str(difference)
    assert "HTTPS_PROXY" in str(difference)


def test_a_script_is_shown_as_a_digest(make_found):
    want = replace(WANT, command=("-c", "line one\nline two"))
    (difference,) = differences(want, make_found(replace(want, command=("-c", "line one\nline three"))))
    assert "\n" not in str(difference)
    assert difference.wanted.startswith("sha256:")


def test_a_difference_reads_from_found_to_wanted():
    assert str(Difference(field="image", wanted="b:2", found="b:1")) == "image: b:1 → b:2"
    assert str(Difference(field="binds", wanted="/a:/a", found="")) == "binds: nothing → /a:/a"


CA = "/etc/kubernetes/ssl/kube-ca.pem"


@pytest.fixture
def written(make_found):
    """Files of a host, the CA written so many seconds after the container's start."""

    def make(found: FoundContainer, seconds: float) -> dict[str, FoundFile]:
        modified = found.started_at + timedelta(seconds=seconds)
        paths = (CA, "/etc/kubernetes/other")
        return {path: FoundFile(path=path, content=b"", mode=0o600, uid=0, gid=0, modified=modified) for path in paths}

    return make


@pytest.mark.parametrize(("seconds", "expected"), [(-1, ()), (0, ()), (1, (CA,))])
def test_a_file_that_is_newer_than_the_container_needs_a_restart(make_found, written, seconds, expected):
    found = make_found(WANT)
    assert needs_restart(WANT, found, written(found, seconds)) == expected
    assert needs_reload(WANT, found, written(found, seconds)) == ()


def test_a_file_that_is_taken_up_on_a_signal_needs_a_reload(make_found, written):
    want = replace(WANT, reads=(), reloads=(CA,), reload_signal="USR2")
    found = make_found(want)
    assert needs_restart(want, found, written(found, 5)) == ()
    assert needs_reload(want, found, written(found, 5)) == (CA,)


def test_a_container_that_never_started_needs_no_restart(make_found, written):
    found = make_found(WANT)
    files = written(found, 5)
    assert needs_restart(WANT, replace(found, status=Status.CREATED, started_at=None), files) == ()
