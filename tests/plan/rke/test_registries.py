"""Private registries in the plans of RKE's releases: image names, logins, and no password anywhere."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256

import pytest

from rke_py.plan.offline import planned_hosts

URL = "reg.example.com:5000"
LOGIN = {"url": URL, "user": "u", "password": "p4ssw0rd", "is_default": True}


def digest(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()[:12]}"


def test_the_default_registry_stands_before_every_default_image(plan):
    made = plan(private_registries=[LOGIN], system_images={"etcd": "mine/etcd:v3.5.10"})
    assert made.process("kubelet")["image"] == f"{URL}/rancher/hyperkube:v1.28.15-rancher1"
    assert made.flags("kubelet")["pod-infra-container-image"] == f"{URL}/rancher/mirrored-pause:3.7"
    assert made.process("etcd")["image"] == "mine/etcd:v3.5.10"


def test_the_kubelet_has_the_logins_as_docker_has_them(plan):
    ecr = {"url": "1.dkr.ecr.eu-west-1.amazonaws.com", "ecr_credential_plugin": {"aws_access_key_id": "a"}}
    (host,) = planned_hosts(plan(private_registries=[LOGIN, ecr, {"user": "hub", "password": "word"}]).cluster)
    (kubelet,) = (spec for spec in host.containers if spec.name == "kubelet")
    env = dict(variable.split("=", 1) for variable in kubelet.env)
    auths = {URL: {"auth": b64encode(b"u:p4ssw0rd").decode()}, "docker.io": {"auth": b64encode(b"hub:word").decode()}}
    expected = {"auths": dict(sorted(auths.items())), "credHelpers": {ecr["url"]: "ecr-login"}}
    text = json.dumps(expected, separators=(",", ":"))
    assert env["RKE_KUBELET_DOCKER_CONFIG"] == b64encode(text.encode()).decode()
    assert env["RKE_KUBELET_DOCKER_FILE"] == "/var/lib/kubelet/config.json"


def test_digests_stand_for_them(plan):
    made = plan(private_registries=[LOGIN])
    auth = b64encode(b"u:p4ssw0rd").decode()
    config = f'{{"auths":{{"{URL}":{{"auth":"{auth}"}}}}}}'
    assert made.env("kubelet")["RKE_KUBELET_DOCKER_CONFIG"] == digest(b64encode(config.encode()).decode())
    login = b64encode(b'{"username":"u","password":"p4ssw0rd"}').decode()
    assert made.process("kubelet")["imageRegistryAuthConfig"] == digest(login)
    shown = json.dumps(made.data)
    assert "p4ssw0rd" not in shown
    assert auth not in shown


@pytest.mark.parametrize(
    ("url", "image", "found"),
    [
        ("reg.example.com", "reg.example.com/rancher/hyperkube:v1.28.15-rancher1", True),
        ("reg.example.com/a/b", "reg.example.com/a/b/rancher/hyperkube:v1.28.15-rancher1", True),
        ("reg.example.com/a", "reg.example.com/a/b/rancher/hyperkube:v1.28.15-rancher1", False),
        ("docker.io", "rancher/hyperkube:v1.28.15-rancher1", True),
        ("other.example.com", "rancher/hyperkube:v1.28.15-rancher1", False),
    ],
)
def test_rke_finds_a_login_by_the_path_without_its_last_two_parts(plan, url, image, found):
    made = plan(private_registries=[{"url": url, "user": "u", "password": "p4ss"}], system_images={"kubernetes": image})
    assert ("imageRegistryAuthConfig" in made.process("kubelet")) is found


def test_a_registry_without_login_has_an_empty_one(plan):
    made = plan(private_registries=[{"url": URL, "is_default": True}])
    assert made.process("kubelet")["imageRegistryAuthConfig"] == "e30="


@pytest.mark.parametrize(
    ("variable", "shown"),
    [
        ("HTTP_PROXY=http://proxy:3128", "HTTP_PROXY=http://proxy:3128"),
        ("HTTP_PROXY=http://me:word@proxy:3128", f"HTTP_PROXY=http://{digest('me:word')}@proxy:3128"),
        ("AWS_SECRET_ACCESS_KEY=abc", f"AWS_SECRET_ACCESS_KEY={digest('abc')}"),
        ("MY_PASSWORD=abc", f"MY_PASSWORD={digest('abc')}"),
        ("GOGC=50", "GOGC=50"),
        ("EMPTY_TOKEN=", "EMPTY_TOKEN="),
    ],
)
def test_a_variable_that_looks_secret_is_shown_as_its_digest(plan, variable, shown):
    made = plan(services={"scheduler": {"extra_env": [variable]}})
    assert made.process("kube-scheduler")["env"] == [shown]
