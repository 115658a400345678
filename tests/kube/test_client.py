from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lightkube.resources.core_v1 import ConfigMap, Namespace

from rke_py.errors import ApiError, ApiUnavailable, WebhookAway
from rke_py.kube.client import found, translated

from .fake_api import FakeApi, Fault, connected, running


@pytest.fixture
def two(tmp_path):
    """Two API servers with memories of their own, so that it shows which one answered."""
    first, second = FakeApi(), FakeApi()
    with running(first, tmp_path) as one, running(second, tmp_path) as other:
        yield (first, one), (second, other)


def test_version_and_time_are_the_servers(api):
    assert api.version() == "v1.34.4"
    assert api.server_time() == datetime(2026, 11, 21, 6, tzinfo=UTC)


def test_lightkube_speaks_over_the_same_connections(api, fake, server):
    fake.put("/api/v1/namespaces/demo", {"apiVersion": "v1", "kind": "Namespace"})
    api.version()
    assert [namespace.metadata.name for namespace in api.typed.list(Namespace)] == ["demo"]
    assert server.dials == 1


def test_the_next_server_is_asked_when_one_does_not_answer(two):
    (first, one), (_, other) = two
    one.shutdown()
    one.server_close()
    with connected(one, other) as api:
        assert api.version() == "v1.34.4"
        assert api.version() == "v1.34.4"
    assert first.asked == []


def test_a_connection_that_dies_under_a_read_is_no_fault(two):
    (first, one), (second, other) = two

    def die(method: str, path: str) -> None:
        one.cut()

    with connected(one, other) as api:
        api.version()
        first.before = die
        assert api.version() == "v1.34.4"
    assert second.asked == [("GET", "/version")]


def test_a_single_server_that_closed_the_connection_is_asked_again(api, fake, server):
    api.version()
    fake.before = lambda method, path: server.cut() if server.dials == 1 else None
    assert api.version() == "v1.34.4"
    assert server.dials == 2


def test_a_creation_that_may_have_happened_is_not_sent_twice(two):
    (first, one), (second, other) = two
    first.before = lambda method, path: one.cut() if method == "POST" else None
    with connected(one, other) as api, pytest.raises(ApiUnavailable, match="node-1"):
        api.request("POST", "/api/v1/namespaces", body={"metadata": {"name": "demo"}})
    assert second.asked == []


def test_apply_is_sent_again(two):
    (first, one), (second, other) = two
    first.before = lambda method, path: one.cut()
    with connected(one, other) as api:
        api.request(
            "PATCH",
            "/api/v1/namespaces/demo",
            body={"metadata": {"name": "demo"}},
            content_type="application/apply-patch+yaml",
        )
    assert second.log == [("PATCH", "/api/v1/namespaces/demo")]


def test_the_first_server_that_is_ready_is_used(two):
    (first, one), (second, other) = two
    first.texts["/readyz"] = (500, "[-]etcd failed")
    with connected(one, other) as api:
        assert api.ready()
        api.version()
    assert first.asked == [("GET", "/readyz")]
    assert second.asked == [("GET", "/readyz"), ("GET", "/version")]


def test_no_server_is_ready(two):
    (first, one), (second, other) = two
    first.texts["/readyz"] = second.texts["/readyz"] = (500, "[-]etcd failed")
    with connected(one, other) as api:
        assert not api.ready()


def test_without_any_host_the_error_says_so():
    with connected() as api:
        assert not api.ready()
        with pytest.raises(ApiUnavailable, match="no host with an API server"):
            api.version()


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_server_that_cannot_now_is_worth_asking_again(api, fake, status):
    def refuse(method: str, path: str) -> None:
        raise Fault(status, "Whatever", "later")

    fake.before = refuse
    with pytest.raises(ApiUnavailable, match="GET /version: later") as error:
        api.version()
    assert error.value.status == status


def test_a_webhook_that_cannot_be_asked_is_told_apart(api, fake):
    def refuse(method: str, path: str) -> None:
        raise Fault(500, "InternalError", 'Internal error occurred: failed calling webhook "a": no endpoints')

    fake.before = refuse
    with pytest.raises(WebhookAway):
        api.version()


def test_a_namespace_that_the_server_is_still_making_is_worth_asking_again(api, fake):
    def refuse(method: str, path: str) -> None:
        raise Fault(404, "NotFound", 'namespaces "kube-system" not found')

    fake.before = refuse
    with pytest.raises(ApiUnavailable):
        api.version()


def test_a_refusal_names_the_fields_at_fault(api, fake):
    cause = {"field": "spec.selector", "message": "field is immutable"}

    def refuse(method: str, path: str) -> None:
        raise Fault(422, "Invalid", "Deployment is invalid", (cause,))

    fake.before = refuse
    with pytest.raises(ApiError) as error:
        api.version()
    assert (error.value.status, error.value.reason) == (422, "Invalid")
    assert error.value.evidence == ("spec.selector: field is immutable",)


def test_lightkubes_errors_are_translated(api):
    with pytest.raises(ApiError, match=r"read it: .* not found") as error, translated("read it"):
        api.typed.get(ConfigMap, "nothing", namespace="default")
    assert error.value.reason == "NotFound"


def test_found_is_none_for_what_is_not_there(api):
    assert found(lambda: api.typed.get(ConfigMap, "nothing", namespace="default")) is None
