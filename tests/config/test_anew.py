import pytest

from rke_py.config.load import load

from .conftest import NODES

_CUSTOM = """\
services:
  kube-api:
    secrets_encryption_config: {enabled: true, custom_config: {resources: [{resources: [secrets], count: 010}]}}
  kubelet: {extra_args: {a: 0640, b: '0640', c: yes, d: 1.20, e: 22:22, f: null}}
"""
RKE, UPSTREAM = "kubernetes_version: v1.24.17-rancher1-1\n", "kubernetes_version: v1.34.4\n"


def test_rke_reads_what_it_wrote_anew():
    loaded = load(NODES + RKE + _CUSTOM)
    arguments = loaded.config.services.kubelet.extra_args
    assert arguments == {"a": "416", "b": "0640", "c": "true", "d": "1.2", "e": "22:22", "f": ""}
    (warning,) = loaded.warnings
    assert warning.what == (
        "RKE writes a file with custom_config anew, which changes services.kubelet.extra_args.a to 416, "
        "services.kubelet.extra_args.d to 1.2"
    )


@pytest.mark.parametrize(
    "text",
    [UPSTREAM + _CUSTOM, RKE + _CUSTOM.replace("custom_config: {resources: [{resources: [secrets], count: 010}]}", "")],
)
def test_all_other_files_are_read_as_they_are_written(text):
    arguments = load(NODES + text).config.services.kubelet.extra_args
    assert (arguments["a"], arguments["d"]) == ("0640", "1.20")
