"""A docker-py client whose requests run over SSH channels, at an API version that both sides know."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import docker
import requests
from docker.constants import DEFAULT_DOCKER_API_VERSION, MINIMUM_DOCKER_API_VERSION
from paramiko.channel import Channel

from rke_py.transport.container_json import version_of
from rke_py.transport.docker_http import BASE_URL, ChannelAdapter

AT_ONCE = 8
"""Requests under way at once on a host; as ``docker system dial-stdio`` each is a session, of which sshd allows 10."""

_TIMEOUT = 60


class DockerApi(docker.APIClient):
    """docker-py without what the operator's own Docker configuration and environment add to requests.

    Args:
        version: The API version to speak.
    """

    def __init__(self, version: str) -> None:
        super().__init__(base_url="http://docker:80", version=version, timeout=_TIMEOUT)
        self._general_configs: dict[str, object] = {}  # HttpHeaders of ~/.docker/config.json
        self.base_url = BASE_URL
        self.trust_env = False  # HTTP_PROXY and netrc

    def create(self, body: Mapping[str, Any], name: str) -> str:
        """Create a container from the request's body and return its id."""
        created = self.create_container_from_config(body, name)  # type: ignore[no-untyped-call]
        return str(created["Id"])

    def set_restart(self, name: str, policy: str) -> None:
        """Change a container's restart policy."""
        self.update_container(name, restart_policy={"Name": policy})  # type: ignore[arg-type]

    def discard(self, name: str) -> None:
        """Remove a container with its anonymous volumes, running or not; nothing happens when there is none."""
        with suppress(docker.errors.NotFound):
            self.remove_container(name, v=True, force=True)

    def image_env(self, image_id: str) -> tuple[str, ...]:
        """Return the environment baked into an image; raises ImageNotFound."""
        config = self.inspect_image(image_id)["Config"]  # type: ignore[no-untyped-call]
        return tuple((config or {}).get("Env") or ())

    def load(self, archive: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
        """Send a ``docker save`` archive and yield what Docker says about it."""
        yield from self.load_image(iter(archive))  # type: ignore[no-untyped-call]

    def modified(self, container: str, path: str) -> datetime | None:
        """Return when a path in a container was last written; None when there is no such path.

        docker-py has no call for this, and the times in an archive that Docker makes are cut to the second.
        """
        url = f"{self.base_url}/v{self.api_version}/containers/{container}/archive"
        answer = self.head(url, params={"path": path}, timeout=self.timeout)
        if not answer.ok:
            return None
        stat = json.loads(b64decode(answer.headers["X-Docker-Container-Path-Stat"]))
        return datetime.fromisoformat(stat["mtime"])


def open_api(dial: Callable[[], Channel]) -> DockerApi:
    """Return a client that talks through the channels that ``dial`` opens.

    Raises:
        What dial raises; requests' errors; DockerException when the engine is too old.
    """
    adapter = ChannelAdapter(dial, AT_ONCE)
    api = DockerApi(_negotiated(adapter))
    api.mount("http+docker://", adapter)
    return api


def _negotiated(adapter: ChannelAdapter) -> str:
    """Return the newest version that both sides know; Engine 29 refuses below 1.44, old ones above their own."""
    session = requests.Session()  # not closed: that would close the adapter, which goes on to serve docker-py
    session.trust_env = False
    session.mount("http+docker://", adapter)
    answer = session.get(f"{BASE_URL}/_ping", timeout=_TIMEOUT)
    theirs = answer.headers.get("Api-Version", MINIMUM_DOCKER_API_VERSION)
    return min(theirs, DEFAULT_DOCKER_API_VERSION, key=version_of)
