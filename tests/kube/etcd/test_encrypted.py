"""What etcd holds is counted by what the values begin with."""

from __future__ import annotations

import pytest

from rke_py.kube.etcd.encrypted import places, prefix_of, prefixes

from .fake_member import FakeMember, serving_member


@pytest.mark.parametrize(
    ("value", "prefix"),
    [
        (b"k8s\x00\n\x0c\n\x02v1\x12\x06Secret", ""),
        (b"k8s:enc:aescbc:v1:k-abcde:\x00\xff", "k8s:enc:aescbc:v1:k-abcde:"),
        (b"k8s:enc:kms:v2:plugin:\n\x10", "k8s:enc:kms:v2:plugin:"),
        (b'{"kind":"Widget"}', ""),
        (b"", ""),
    ],
)
def test_the_prefix_of_a_value(value, prefix):
    assert prefix_of(value) == prefix


@pytest.mark.parametrize(
    ("resource", "folders"),
    [
        ("secrets", ("/registry/secrets/",)),
        ("services", ("/registry/services/specs/",)),
        ("deployments.apps", ("/registry/deployments/", "/registry/apps/deployments/")),
        ("widgets.example.com", ("/registry/widgets/", "/registry/example.com/widgets/")),
    ],
)
def test_where_a_resource_is(resource, folders):
    assert places(resource, "/registry") == folders


def test_every_value_counts_and_no_neighbours(tmp_path):
    fake = FakeMember(own=1, listed=[])
    fake.stored = {f"/registry/secrets/shop/s{number:03}": b"k8s:enc:aescbc:v1:new:" for number in range(250)}
    fake.stored |= {f"/registry/secrets/shop/t{number}": b"k8s:enc:aescbc:v1:old:" for number in range(3)}
    fake.stored |= {"/registry/secrets/shop/u": b"k8s", "/registry/secrets0": b"no", "/registry/secret": b"no"}
    with serving_member(fake, tmp_path) as gateway:
        found = prefixes(gateway, places("secrets", "/registry/"))
    assert found == {"k8s:enc:aescbc:v1:new:": 250, "k8s:enc:aescbc:v1:old:": 3, "": 1}
    assert len(fake.asked) == 13
