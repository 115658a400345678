from __future__ import annotations

from typing import Any

import pytest

from rke_py.transport.pulling import PullFailed, comes_later, follow, pull_hint

EVENTS: list[dict[str, Any]] = [
    {"status": "Pulling from library/etcd", "id": "3.6"},
    {"status": "Pulling fs layer", "progressDetail": {}, "id": "a"},
    {"status": "Already exists", "progressDetail": {}, "id": "b"},
    {"status": "Downloading", "progressDetail": {"current": 10, "total": 100}, "id": "a"},
    {"status": "Downloading", "progressDetail": {"current": 5, "total": 50}, "id": "c"},
    {"status": "Downloading", "progressDetail": {"current": 60, "total": 100}, "id": "a"},
    {"status": "Verifying Checksum", "progressDetail": {}, "id": "a"},
    {"status": "Download complete", "progressDetail": {}, "id": "a"},
    {"status": "Extracting", "progressDetail": {"current": 30, "total": 100}, "id": "a"},
    {"status": "Pull complete", "progressDetail": {}, "id": "a"},
    {"status": "Download complete", "progressDetail": {}, "id": "c"},
    {"status": "Digest: sha256:1"},
]


def test_bytes_are_summed_over_layers_and_never_go_back() -> None:
    seen: list[tuple[int, int]] = []
    follow(EVENTS, lambda done, total: seen.append((done, total)))
    assert seen == [(10, 100), (15, 150), (65, 150), (105, 150), (150, 150)]


def test_nobody_need_watch() -> None:
    follow(EVENTS, None)


@pytest.mark.parametrize(
    "event",
    [{"error": "gone"}, {"errorDetail": {"message": "gone"}, "error": "x"}, {"errorDetail": {}, "error": "gone"}],
)
def test_an_error_in_the_stream_is_one(event: dict[str, Any]) -> None:
    with pytest.raises(PullFailed, match="gone"):
        follow([*EVENTS, event], None)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("unauthorized: authentication required", "private_registries"),
        ("manifest for etcd:9 not found: manifest unknown", "system_images"),
        ("dial tcp: lookup registry.lab on 127.0.0.11:53: no such host", "resolv.conf"),
        ("dial tcp 10.0.0.1:5000: connect: connection refused", "does not run"),
        ("http: server gave HTTP response to HTTPS client", "insecure-registries"),
        ("tls: failed to verify certificate: x509: certificate signed by unknown authority", "certs.d"),
        ("write /var/lib/docker/tmp/x: no space left on device", "Free space"),
        ("net/http: request canceled while waiting for connection (Client.Timeout exceeded)", "firewalls"),
        ("received unexpected HTTP status: 429 Too Many Requests", "mirror"),
        ("something new", ""),
    ],
)
def test_what_mends_a_failed_pull(words: str, hint: str) -> None:
    assert hint in pull_hint(words)
    assert bool(hint) == bool(pull_hint(words))


@pytest.mark.parametrize(
    ("words", "later"),
    [
        ("toomanyrequests: You have reached your pull rate limit", True),
        ("received unexpected HTTP status: 503 Service Unavailable", True),
        ("read tcp 10.0.0.2:41000->10.0.0.1:443: read: connection reset by peer", True),
        ("net/http: TLS handshake timeout", True),
        ("dial tcp 10.0.0.1:443: i/o timeout", False),
        ("manifest for etcd:9 not found: manifest unknown", False),
        ("unauthorized: authentication required", False),
        ("write /var/lib/docker/tmp/x: no space left on device", False),
    ],
)
def test_a_pull_is_worth_another_try_when_the_registry_is_only_busy(words: str, later: bool) -> None:
    assert comes_later(words) is later
