"""Which registry's credentials a pull shows."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from rke_py.cluster.images_model import Registry
from rke_py.plan.registries import login_of


def registry(url: str, user: str = "me") -> Registry:
    return Registry(url=url, user=user, password=SecretStr("secret"))


@pytest.mark.parametrize(
    ("image", "urls", "found"),
    [
        pytest.param("repo.com/rancher/x:v1", ["repo.com"], "repo.com", id="host"),
        pytest.param("repo.com:5000/x:v1", ["repo.com:5000"], "repo.com:5000", id="host-and-port"),
        pytest.param("repo.com/a/b/rancher/x", ["repo.com", "repo.com/a/b"], "repo.com/a/b", id="longest"),
        pytest.param("repo.com/a/rancher/x", ["repo.com", "repo.com/a/b"], "repo.com", id="not-deeper"),
        pytest.param("repo.com/ab/x", ["repo.com/a"], None, id="whole-parts"),
        pytest.param("repo.com.evil/x", ["repo.com"], None, id="whole-host"),
        pytest.param("rancher/x:v1", ["docker.io"], "docker.io", id="docker-hub"),
        pytest.param("x:v1", ["docker.io"], "docker.io", id="docker-hub-library"),
        pytest.param("other.com/x", ["repo.com"], None, id="anonymous"),
    ],
)
def test_the_longest_url_that_the_image_begins_with(image: str, urls: list[str], found: str | None) -> None:
    login = login_of(image, [registry(url) for url in urls])
    assert (login.url if login else None) == found


def test_an_entry_without_credentials_is_no_login() -> None:
    assert login_of("repo.com/x", [registry("repo.com", user="")]) is None


def test_of_two_entries_for_one_url_the_last_counts() -> None:
    login = login_of("repo.com/x", [registry("repo.com", "first"), registry("repo.com", "second")])
    assert login is not None
    assert login.user == "second"
