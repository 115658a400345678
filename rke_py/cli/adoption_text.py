"""A cluster that RKE made, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rke_py.cli.status_text import aligned, as_far_as_seen, plain
from rke_py.diagnosis.adoption import AdoptedHost
from rke_py.errors import Problem
from rke_py.workflows.adoption import Adoption

_HOSTS = ("HOST", "ROLES", "NODE", "KUBELET")
_SHOWN = 5
"""Certificates that the text spells out; the JSON has them all."""


def adoption_json(found: Adoption) -> dict[str, Any]:
    """Return what was found as JSON-ready data, ``ready`` first; times are UTC, RFC 3339."""
    return {"ready": found.ready, **plain(asdict(found))}


def adoption_lines(found: Adoption) -> Iterator[str]:
    """Yield what was found: hosts, certificates, drift, offers, and what blocks."""
    api = "the API answers, and the CA of this state signed what it shows" if found.api else "the API does not answer"
    yield f"cluster {found.name}, Kubernetes {found.version}, {len(found.etcd)} etcd members: {api}"
    yield ""
    yield from aligned([_HOSTS, *(_row(host) for host in found.hosts)])
    yield ""
    for expiry in found.ends[:_SHOWN]:
        left = f"in {expiry.days} days" if expiry.days >= 0 else "which is over"
        yield f"certificate {expiry.name} ends on {expiry.not_after:%Y-%m-%d}, {left}"
    yield ""
    yield from _drift(found)
    for host in found.hosts:
        if host.left_over:
            yield f"{host.name}: helpers of RKE are left over, which do nothing: {', '.join(host.left_over)}"
    if any(host.left_over for host in found.hosts):
        yield "they go with: rke-py up --clean-leftovers"
    yield ""
    yield "what RKE never did, and how you come to have it:"
    yield from (f"  {offer.name}: {offer.what} ({offer.how})" for offer in found.offers)
    yield ""
    yield from (f"warning: {problem}" for problem in found.warnings)
    if found.mended:
        yield "rke-py up mends by itself:"
        yield from _with_hints(found.mended)
    yield from _blocks(found.blocks)


def _row(host: AdoptedHost) -> tuple[str, ...]:
    if host.silent:
        return (host.name, ",".join(host.roles), "unreachable", "-")
    if host.node is None:
        return (host.name, ",".join(host.roles), "unknown", "-")
    ready = "Ready" if host.node.ready else "NotReady"
    return (host.name, ",".join(host.roles), ready, host.node.kubelet_version)


def _drift(found: Adoption) -> Iterator[str]:
    drift = found.drift
    if drift.unknown:
        yield f"whether it is as RKE left it cannot be told: {drift.unknown}"
    elif not drift.steps:
        seen = as_far_as_seen(drift)
        yield f"containers, files and nodes are as RKE left them: nothing would be restarted, nothing written{seen}"
    else:
        yield "not as cluster.yml and RKE would have it:"
        for one in drift.steps:
            yield f"  {one.host} {one.step}"
            yield from (f"    {why}" for why in one.why)


def _blocks(blocks: tuple[Problem, ...]) -> Iterator[str]:
    if not blocks:
        yield "nothing stands against taking it over"
        return
    yield "to be mended first:"
    yield from _with_hints(blocks)


def _with_hints(problems: tuple[Problem, ...]) -> Iterator[str]:
    for problem in problems:
        yield f"  {problem}"
        if problem.hint:
            yield f"    {problem.hint}"
