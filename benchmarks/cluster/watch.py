"""Looks from outside when a cluster works, on equal terms for everybody who makes one.

Nodes: the first host's API is asked for them over one HTTPS connection. DNS: the first host asks the cluster's name
server for a Service's address.
"""

from __future__ import annotations

import http.client
import json
import ssl
import subprocess
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from benchmarks.commands import NotMeasured
from benchmarks.hosts import Hosts

LIMIT = 300.0
"""Seconds after which a cluster is given up."""

_INTERVAL = 0.15
_ANSWER_SECONDS = 2.0
_NAME_SERVER, _NAME = "10.43.0.10", "kubernetes.default.svc.cluster.local"
_ASK_DNS = Path(__file__).with_name("ask_dns.pl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A way into an API: trust, and what is shown."""

    tls: ssl.SSLContext
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


Knock = Callable[[], Door | None]
"""Returns the way in, or None while there is none yet."""


def by_token(certificate: Path, token: str) -> Knock:
    """Return the way in with a token; the API server shows that very certificate."""

    def knock() -> Door | None:
        tls = ssl.create_default_context(cafile=str(certificate))
        return Door(tls=tls, headers={"Authorization": f"Bearer {token}"})

    return knock


def by_kubeconfig(kubeconfig: Path) -> Knock:
    """Return the way in with a kubeconfig that is still to be written."""

    def knock() -> Door | None:
        if not kubeconfig.exists():
            return None
        config = yaml.safe_load(kubeconfig.read_text("utf-8"))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        tls = ssl.create_default_context(cadata=b64decode(cluster["certificate-authority-data"]).decode())
        pair = kubeconfig.with_name("watch.pem")
        pair.touch(mode=0o600)
        pair.write_bytes(b64decode(user["client-certificate-data"]) + b64decode(user["client-key-data"]))
        tls.load_cert_chain(pair)
        return Door(tls=tls)

    return knock


class Watch:
    """Watches until all nodes are Ready and DNS answers; begin it right before the cluster is begun.

    Args:
        hosts: Where the cluster is made.
        knock: The way into its API.
    """

    def __init__(self, hosts: Hosts, knock: Knock) -> None:
        self._hosts = hosts
        self._knock = knock
        self._over = threading.Event()
        self._seen: dict[str, float] = {}
        self._dns: subprocess.Popen[str] | None = None
        self._threads = [threading.Thread(target=look, daemon=True) for look in (self._watch_nodes, self._watch_dns)]

    def __enter__(self) -> Watch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._dns is not None:
            self._dns.kill()
        for thread in self._threads:
            thread.join()

    def wait(self) -> Mapping[str, float]:
        """Return when the nodes were Ready (``ready``) and DNS answered (``dns``), by the monotonic clock.

        Raises:
            NotMeasured: It took too long.
        """
        deadline = time.monotonic() + LIMIT
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        missing = {"ready", "dns"} - set(self._seen)
        if missing:
            why = f"after {LIMIT:.0f} s" if time.monotonic() >= deadline else "and nobody watches any more"
            raise NotMeasured(f"the cluster does not work {why}; not seen: {', '.join(sorted(missing))}")
        return dict(self._seen)

    def _watch_nodes(self) -> None:
        door, connection = None, None
        while not self._over.wait(_INTERVAL):
            door = door or self._knock()
            if door is None:
                continue
            if connection is None:
                address = self._hosts.addresses[0]
                connection = http.client.HTTPSConnection(address, 6443, timeout=_ANSWER_SECONDS, context=door.tls)
            try:
                connection.request("GET", "/api/v1/nodes", headers=dict(door.headers))
                answer = connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                connection = None
                continue
            if answer.status == http.client.OK and ready_nodes(json.loads(text)) == len(self._hosts.hosts):
                self._seen["ready"] = time.monotonic()
                break
        if connection is not None:
            connection.close()

    def _watch_dns(self) -> None:
        words = (_NAME_SERVER, _NAME, str(_INTERVAL), str(LIMIT))
        command = ("docker", "exec", "-i", self._hosts.hosts[0].container, "perl", "-", *words)
        with (
            _ASK_DNS.open() as script,
            subprocess.Popen(command, stdin=script, stdout=subprocess.PIPE, text=True) as self._dns,
        ):
            if self._dns.stdout is not None and self._dns.stdout.readline() == "answered\n":
                self._seen["dns"] = time.monotonic()


def ready_nodes(nodes: Mapping[str, Any]) -> int:
    """Return how many nodes of a NodeList are Ready."""
    return sum(
        any(found["type"] == "Ready" and found["status"] == "True" for found in node["status"].get("conditions", ()))
        for node in nodes["items"]
    )
