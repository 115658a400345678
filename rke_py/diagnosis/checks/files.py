"""Certificate files on hosts that are not the cluster's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rke_py.diagnosis.model import Examined, Finding
from rke_py.pki.distribution import distribution
from rke_py.plan.conventions import is_component
from rke_py.plan.observed import ObservedHost


def altered(examined: Examined) -> Iterable[Finding]:
    """Find hosts that lack certificate files, or have others than the state: restarted components fail on them."""
    for host in examined.cluster.hosts:
        there = examined.observed.hosts[host.name]
        joined = any(map(is_component, there.containers.values()))
        if there.fault is not None or there.files is None or not joined:
            continue
        odd = list(_odd(there, dict(distribution(examined.cluster, host, examined.state.bundle))))
        if odd:
            yield Finding(
                check="files",
                where=host.name,
                cause="certificate files on this host are not those of the state",
                evidence=tuple(odd),
                remedy="Put them back: rke-py up (rke-py plan --diff shows every file).",
            )


def _odd(there: ObservedHost, wanted: dict[str, str]) -> Iterator[str]:
    for path, text in wanted.items():
        found = (there.files or {}).get(path)
        if found is None:
            yield f"{path} is missing"
        elif found.content != text.encode():
            yield f"{path} differs"
