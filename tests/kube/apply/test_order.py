from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rke_py.kube.apply.order import waves

KINDS = ["Deployment", "Namespace", "Widget", "CustomResourceDefinition", "ConfigMap", "ClusterRoleBinding", "Job"]


def manifest(kind: str, name: str = "x"):
    return {"kind": kind, "metadata": {"name": name}}


def test_what_others_need_comes_first_and_unknown_kinds_last():
    ordered = [wave[0]["kind"] for wave in waves([manifest(kind) for kind in KINDS])]
    assert ordered == [
        "Namespace",
        "CustomResourceDefinition",
        "ConfigMap",
        "ClusterRoleBinding",
        "Deployment",
        "Widget",
    ]


@given(st.lists(st.sampled_from(KINDS)))
def test_every_manifest_is_in_exactly_one_wave(kinds):
    manifests = [manifest(kind, str(number)) for number, kind in enumerate(kinds)]
    names = [item["metadata"]["name"] for wave in waves(manifests) for item in wave]
    assert sorted(names) == sorted(item["metadata"]["name"] for item in manifests)
