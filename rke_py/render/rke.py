"""Texts of RKE's own releases: registries' logins, and what is said of files in environments."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from hashlib import md5

from rke_py.cluster.clouds import go_escaped
from rke_py.cluster.images_model import Registry


def checksum(text: str) -> str:
    """Return the digits by which RKE notices that a file changed."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def docker_config(registries: Iterable[Registry]) -> str:
    """Return the registries' credentials as Docker's configuration file has them; of one ``url`` the last counts.

    The text holds passwords.
    """
    auths: dict[str, dict[str, str]] = {}
    helpers: dict[str, str] = {}
    for registry in {registry.url: registry for registry in registries}.values():
        if registry.ecr:
            helpers[registry.url] = "ecr-login"
        else:
            login = f"{registry.user}:{registry.password.get_secret_value()}"
            auths[registry.url] = {"auth": b64encode(login.encode()).decode()}
    written = ({"auths": auths} if auths else {}) | ({"credHelpers": helpers} if helpers else {})
    return json.dumps(written, separators=(",", ":"), sort_keys=True)


def registry_auth(registry: Registry) -> str:
    """Return a registry's login as Docker's API wants it with a pull; it holds the password."""
    login = {"username": registry.user, "password": registry.password.get_secret_value()}
    given = {key: value for key, value in login.items() if value}
    text = go_escaped(json.dumps(given, separators=(",", ":"), ensure_ascii=False))
    return urlsafe_b64encode(text.encode()).decode()
