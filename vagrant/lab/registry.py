"""The registry that all labs share: a container with its data in the cache, reachable from every lab's network."""

from __future__ import annotations

import time
import urllib.error
import urllib.request

from . import docker
from .cache import Cache
from .commands import attempt, run
from .errors import LabError

CONTAINER = "rke-py-lab-registry"
LABEL = "io.rke-py.lab.registry"
PORT = 5000
PUSH = f"127.0.0.1:{PORT}"
"""How this machine calls it; Docker speaks plain HTTP to loopback addresses."""

_START_SECONDS = 30
_POLL_SECONDS = 0.1
_MANIFESTS = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"
_CONFIGURATION = f"""\
version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: /registry}}, delete: {{enabled: true}}}}
http: {{addr: "0.0.0.0:{PORT}"}}
"""


def ensure(cache: Cache, image: str) -> None:
    """Start the registry from an image that carries Debian's docker-registry, unless it runs.

    Raises:
        LabError: It does not answer: something else has its port, for example.
    """
    with cache.locked("registry"):
        running = [found for found in docker.containers(LABEL) if found.state == "running"]
        if not running:
            remove()
            configuration = cache.folder("registry") / "config.yml"
            configuration.write_text(_CONFIGURATION)
            run(
                *("docker", "run", "-d", "--name", CONTAINER, "--label", LABEL, "--restart", "unless-stopped"),
                *("-p", f"{PUSH}:{PORT}", "-v", f"{configuration}:/config.yml:ro"),
                *("-v", f"{cache.folder('registry', 'data')}:/registry"),
                *("--entrypoint", "/usr/bin/docker-registry", image, "serve", "/config.yml"),
            )
        _await()


def _await() -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"http://{PUSH}/v2/", timeout=5):
                return
        except OSError as refusal:
            if time.monotonic() > deadline:
                raise LabError(
                    f"the registry does not answer on {PUSH}: {refusal}",
                    evidence=attempt("docker", "logs", "--tail", "10", CONTAINER).stderr,
                ) from refusal
        time.sleep(_POLL_SECONDS)


def join(network: str, address: str) -> None:
    """Give the registry an address on a lab's network."""
    run("docker", "network", "connect", "--ip", address, network, CONTAINER)


def address(network: str) -> str:
    """Return the registry's address on a lab's network."""
    template = f'{{{{(index .NetworkSettings.Networks "{network}").IPAddress}}}}'
    return run("docker", "inspect", "--format", template, CONTAINER)


def leave(network: str) -> None:
    """Take the registry off a lab's network, if it is on it."""
    attempt("docker", "network", "disconnect", "-f", network, CONTAINER)


def remove() -> None:
    """Remove the registry's container; what was pushed stays in the cache."""
    attempt("docker", "rm", "-fv", CONTAINER)


def digest(name: str) -> str:
    """Return the digest of ``repository:tag`` as the registry serves it; empty when it does not."""
    repository, tag = name.rsplit(":", 1)
    request = urllib.request.Request(
        f"http://{PUSH}/v2/{repository}/manifests/{tag}", method="HEAD", headers={"Accept": _MANIFESTS}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(answer.headers["Docker-Content-Digest"])
    except urllib.error.HTTPError as refusal:
        if refusal.code == 404:
            return ""
        raise LabError(f"the registry refuses {name}: {refusal}") from refusal
