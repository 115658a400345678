import pytest

from rke_py.config.obsolete import is_empty


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("auth: {strategy: x}", "auth"),
        ("enforce_docker_version: true", "enforce_docker_version"),
        ("authentication: {options: {a: b}}", "authentication.options"),
        ("system_images: {wave_node: a/b:c}", "system_images.wave_node"),
        ("system_images: {heapster: a/b:c}", "system_images.heapster"),
        ("network: {plugin: flannel, options: {flannel_image: a/b:c}}", "network.options.flannel_image"),
    ],
)
def test_a_key_of_older_releases_is_one_notice(told, text, place):
    assert told(text) == [f"~{place}: {place} is a key of older RKE releases and has no effect"]


def test_an_empty_key_of_older_releases_is_no_notice(told):
    assert told("services: {kube-api: {pod_security_policy: false}}\nauthentication: {options: {}}") == []


@pytest.mark.parametrize("value", [None, "", {}, [], {"a": None, "b": {"c": ""}}])
def test_empty_values(value):
    assert is_empty(value)


@pytest.mark.parametrize("value", ["0 ", "none", [""], {"a": {"b": "c"}}])
def test_values_that_ask_for_something(value):
    assert not is_empty(value)
