"""Every object is written as it was read, page by page, whatever happens to some of them meanwhile."""

from __future__ import annotations

import pytest

from rke_py.errors import ApiError
from rke_py.kube.rewriting import rewrite

from .fake_api import Fault

SECRETS = "/api/v1/namespaces/shop/secrets"
MANY = 600
"""More than two pages."""


@pytest.fixture
def written(fake):
    """Store Secrets; return what is written to each."""
    for number in range(MANY):
        fake.put(f"{SECRETS}/s{number:03}", {"data": {"word": str(number)}})
    return lambda: sorted(path for method, path in fake.log if method == "PUT")


def test_each_is_written_once(fake, api, written):
    assert rewrite(api, "secrets") == MANY
    assert written() == [f"{SECRETS}/s{number:03}" for number in range(MANY)]
    stored = fake.objects[f"{SECRETS}/s007"]
    assert (stored["apiVersion"], stored["kind"], stored["data"]) == ("v1", "Secret", {"word": "7"})


def test_a_list_that_expires_is_begun_anew(fake, api, written):
    lists = []

    def expire(method: str, path: str) -> None:
        if method == "GET" and path == "/api/v1/secrets":
            lists.append(path)
            if len(lists) == 2:
                raise Fault(410, "Expired", "The provided continue parameter is too old")

    fake.before = expire
    assert rewrite(api, "secrets") == MANY
    assert set(written()) == {f"{SECRETS}/s{number:03}" for number in range(MANY)}


def test_one_that_somebody_else_wrote_or_deleted_meanwhile_needs_no_writing(fake, api, written):
    def meanwhile(method: str, path: str) -> None:
        if method == "PUT" and path.endswith("s001"):
            raise Fault(409, "Conflict", "the object has been modified")
        if method == "PUT" and path.endswith("s002"):
            raise Fault(404, "NotFound", "not found")

    fake.before = meanwhile
    assert rewrite(api, "secrets") == MANY


def test_one_that_is_refused_is_named(fake, api, written):
    def refuse(method: str, path: str) -> None:
        if method == "PUT" and path.endswith("s003"):
            raise Fault(403, "Forbidden", "a policy forbids it")

    fake.before = refuse
    with pytest.raises(ApiError, match="write Secret shop/s003 anew: a policy forbids it"):
        rewrite(api, "secrets")


def test_a_resource_of_a_group_is_found_in_the_version_that_the_server_prefers(fake, api):
    fake.put("/apis/apps/v1/namespaces/shop/deployments/web", {"spec": {}})
    assert rewrite(api, "deployments.apps") == 1
    assert fake.log == [("PUT", "/apis/apps/v1/namespaces/shop/deployments/web")]


def test_a_resource_is_found_in_another_version_than_the_preferred_one(fake, api):
    fake.served |= {"shop.example/v2": (("sellers", "Seller", True),), "shop.example/v1": (("carts", "Cart", True),)}
    fake.put("/apis/shop.example/v1/namespaces/shop/carts/mine", {"spec": {}})
    assert rewrite(api, "carts.shop.example") == 1


@pytest.mark.parametrize("resource", ["secret", "carts.apps", "carts.shop.example"])
def test_there_is_nothing_of_a_resource_that_the_api_does_not_have(api, resource):
    assert rewrite(api, resource) == 0
