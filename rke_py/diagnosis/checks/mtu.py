"""Large packets that get lost: small answers come, large ones hang."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.diagnosis.model import Examined, Finding


def cut_packets(examined: Examined) -> Iterable[Finding]:
    """Find pairs of hosts that answer a small packet over the pod network, and not one of its MTU."""
    lost: dict[str, list[str]] = {}
    for echo in examined.echoes:
        if echo.small and not echo.large:
            lost.setdefault(echo.target, []).append(echo.source)
    for target, sources in lost.items():
        yield Finding(
            check="mtu",
            where=target,
            cause="large packets between the pods of this host and others get lost",
            evidence=(f"small packets are answered to {', '.join(sources)}, large ones are not", *_sizes(examined)),
            remedy="Give every interface on the way the same MTU, or set network.mtu to the smallest one less 50 bytes "
            "(less 20 with IP in IP).",
        )


def _sizes(examined: Examined) -> Iterable[str]:
    for host in examined.observed.hosts.values():
        if host.deep is not None and host.deep.mtu:
            yield f"MTU of {host.name}: {host.deep.mtu}, of its pod network: {host.deep.tunnel_mtu}"
