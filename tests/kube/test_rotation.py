"""Who still runs with what a rotation replaces, and when pods are given the new CA."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime

import pytest

from rke_py.errors import ApiError
from rke_py.kube.rotation import await_root_ca, token_keys, workloads_before
from rke_py.plan.steps import Workload

OLD = "-----BEGIN CERTIFICATE-----\nb2xk\n-----END CERTIFICATE-----\n"
NEWEST = OLD.replace("b2xk", "bmV3")
NEW = OLD + NEWEST
SINCE = datetime(2026, 11, 21, 6, tzinfo=UTC)
WEB = Workload(namespace="shop", kind="StatefulSet", name="web")


@pytest.fixture
def shop(fake):
    """A namespace whose pods are given the new CA, and where there is a token Secret with it."""
    fake.put("/api/v1/namespaces/shop", {"status": {"phase": "Active"}})
    fake.put("/api/v1/namespaces/shop/configmaps/kube-root-ca.crt", {"data": {"ca.crt": NEW}})
    return token_secret(fake, NEW)


def token_secret(fake, ca: str, namespace: str = "shop") -> str:
    """Store a token Secret, and return its path."""
    path = f"/api/v1/namespaces/{namespace}/secrets/ci"
    data = {"ca.crt": b64encode(ca.encode()).decode()}
    fake.put(path, {"type": "kubernetes.io/service-account-token", "data": data})
    return path


def pod(fake, *volumes: dict, **more: str) -> None:
    """Store a pod of an hour before."""
    owner = {"kind": WEB.kind, "name": WEB.name, "controller": True}
    metadata = {"creationTimestamp": "2026-11-21T05:00:00Z", "ownerReferences": [owner], **more}
    fake.put("/api/v1/namespaces/shop/pods/web-0", {"metadata": metadata, "spec": {"volumes": list(volumes)}})


@pytest.mark.parametrize(
    "volume",
    [
        {"projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}},
        {"projected": {"sources": [{"configMap": {"name": "kube-root-ca.crt"}}]}},
        {"projected": {"sources": [{"secret": {"name": "ci"}}]}},
        {"configMap": {"name": "kube-root-ca.crt"}},
        {"secret": {"secretName": "ci"}},
    ],
)
def test_a_pod_counts_however_it_is_given_the_ca_or_a_token(fake, api, shop, volume):
    pod(fake, volume)
    assert workloads_before(api, SINCE) == (WEB,)


@pytest.mark.parametrize("volume", [{"emptyDir": {}}, {"secret": {"secretName": "password"}}])
def test_a_pod_that_is_given_neither_does_not(fake, api, shop, volume):
    fake.put("/api/v1/namespaces/shop/secrets/password", {"type": "Opaque"})
    pod(fake, volume)
    assert workloads_before(api, SINCE) == ()


def test_a_pod_that_ends_does_not(fake, api, shop):
    pod(fake, {"secret": {"secretName": "ci"}}, deletionTimestamp="2026-11-21T06:00:00Z")
    assert workloads_before(api, SINCE) == ()


def test_every_namespace_and_token_secret_with_the_new_ca_is_all_that_is_waited_for(fake, api, shop):
    await_root_ca(api, NEW, 0)


def test_one_that_is_to_go_may_be_beside_it(fake, api, shop):
    await_root_ca(api, NEWEST, 0)


def test_a_token_secret_with_the_old_ca_is_waited_for(fake, api, shop):
    token_secret(fake, OLD)
    with pytest.raises(ApiError, match="these token Secrets have not the new CA: shop/ci"):
        await_root_ca(api, NEW, 0)


def test_one_of_a_namespace_that_ends_is_not(fake, api, shop):
    fake.put("/api/v1/namespaces/gone", {"status": {"phase": "Terminating"}})
    token_secret(fake, OLD, "gone")
    await_root_ca(api, NEW, 0)


@pytest.mark.parametrize("token", [b"changeme", b"\xff\xfe", b"WzFd.", b""], ids=["words", "bytes", "a list", "none"])
def test_what_is_no_token_was_signed_by_no_key(fake, api, shop, token):
    fake.put(shop, {**fake.objects[shop], "data": {"token": b64encode(token).decode()}})
    assert token_keys(api) == {"shop/ci": ""}
