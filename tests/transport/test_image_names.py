from __future__ import annotations

import pytest

from rke_py.transport.image_names import spellings


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("registry.k8s.io/etcd:3.6.16-0", ()),
        ("localhost/etcd:3", ()),
        ("registry:5000/etcd:3", ()),
        ("flannel/flannel:v1", ("docker.io/flannel/flannel:v1",)),
        ("haproxy:3.0", ("library/haproxy:3.0", "docker.io/haproxy:3.0", "docker.io/library/haproxy:3.0")),
        (
            "haproxy@sha256:1",
            ("library/haproxy@sha256:1", "docker.io/haproxy@sha256:1", "docker.io/library/haproxy@sha256:1"),
        ),
    ],
)
def test_the_spellings_of_a_name(name: str, others: tuple[str, ...]) -> None:
    assert spellings(name) == (name, *others)
