"""A docker-py client whose requests run over SSH channels, at an API version that both sides know."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import Any

import docker
import docker.auth
import docker.errors
import docker.utils
import requests
from docker.constants import DEFAULT_DOCKER_API_VERSION, MINIMUM_DOCKER_API_VERSION

from rke_py.transport.container_json import version_of
from rke_py.transport.docker_http import BASE_URL, ChannelAdapter

AT_ONCE = 8
"""Requests under way at once on a host; as ``docker system dial-stdio`` each is a session, of which sshd allows 10."""

_TIMEOUT = 60

_SILENCE = 600
"""Seconds without a word after which a pull or a load is given up."""


class DockerApi(docker.APIClient):
    """docker-py without what the operator's own Docker configuration and environment add to requests.

    Args:
        version: The API version to speak.

    Attributes:
        feeding: Entered while a call holds one of the connections and needs another: so many at once leave some.
    """

    def __init__(self, version: str) -> None:
        super().__init__(base_url="http://docker:80", version=version, timeout=_TIMEOUT)
        self._general_configs: dict[str, object] = {}  # HttpHeaders of ~/.docker/config.json
        self.base_url = BASE_URL
        self.trust_env = False  # HTTP_PROXY and netrc
        self.feeding = threading.BoundedSemaphore(AT_ONCE // 2)

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
            try:
                self.remove_container(name, v=True, force=True)
            except docker.errors.APIError as fault:
                if fault.status_code != HTTPStatus.CONFLICT or "in progress" not in str(fault.explanation):
                    raise
                self._await_removed(name)

    def _await_removed(self, name: str) -> None:
        """Wait for a removal that somebody else began; raises DockerException when it failed."""
        answer: Mapping[str, Any] = self.wait(name, timeout=_TIMEOUT, condition="removed")
        fault = (answer.get("Error") or {}).get("Message")
        if fault:
            raise docker.errors.DockerException(fault)

    def image_env(self, image_id: str) -> tuple[str, ...]:
        """Return the environment baked into an image; raises ImageNotFound."""
        config = self.inspect_image(image_id)["Config"]  # type: ignore[no-untyped-call]
        return tuple((config or {}).get("Env") or ())

    def pull_image(self, image: str, login: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        """Pull an image and yield what Docker says about it.

        Args:
            image: Its reference; without a tag, ``latest``.
            login: ``username`` and ``password``; empty to show none.
        """
        repository, tag = docker.utils.parse_repository_tag(image)
        headers = {"X-Registry-Auth": docker.auth.encode_header(login).decode()}
        return self._events("images/create", {"fromImage": repository, "tag": tag or "latest"}, headers)

    def load_images(self, archive: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
        """Send a ``docker save`` archive and yield what Docker says about it."""
        return self._events("images/load", {}, {"Content-Type": "application/x-tar"}, iter(archive))

    def modified(self, container: str, path: str) -> datetime | None:
        """Return when a path in a container was last written; None when there is no such path.

        docker-py has no call for this, and the times in an archive that Docker makes are cut to the second.
        """
        url = self._address(f"containers/{container}/archive")
        answer = self.head(url, params={"path": path}, timeout=_TIMEOUT)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        _raise_for_status(answer)
        stat = json.loads(b64decode(answer.headers["X-Docker-Container-Path-Stat"]))
        return datetime.fromisoformat(stat["mtime"])

    def _events(
        self, path: str, params: Mapping[str, str], headers: Mapping[str, str], data: Iterator[bytes] | None = None
    ) -> Iterator[Mapping[str, Any]]:
        # docker-py's own calls wait for ever for a pull and a minute for a load, which unpacks silently.
        url = self._address(path)
        answer = self.post(url, params=params, headers=headers, data=data, stream=True, timeout=_SILENCE)
        _raise_for_status(answer)
        return (json.loads(line) for line in answer.iter_lines() if line)

    def _address(self, path: str) -> str:
        return f"{self.base_url}/v{self.api_version}/{path}"


def _raise_for_status(answer: requests.Response) -> None:
    try:
        answer.raise_for_status()
    except requests.HTTPError as fault:
        raise docker.errors.create_api_error_from_http_exception(fault) from fault


def open_api(dial: Callable[[], Any]) -> DockerApi:
    """Return a client that talks through the channels that ``dial`` opens, or what is like one.

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
    _raise_for_status(answer)
    theirs = answer.headers.get("Api-Version", MINIMUM_DOCKER_API_VERSION)
    return min(theirs, DEFAULT_DOCKER_API_VERSION, key=version_of)
