"""What of the pod network all hosts have to agree on: as it runs, and as it is asked for.

A plugin's pods are made anew host by host, so hosts that already have another setting do not understand the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rke_py.plan.wanted import Wanted

Options = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option that hosts have to agree on.

    Attributes:
        name: Its key in ``network.options``.
        default: What holds without it, in both families.
        of_rke: Whether RKE's releases heed it; otherwise the default runs there, whatever cluster.yml says.
        secret: Whether its value is not shown.
    """

    name: str
    default: str = ""
    of_rke: bool = True
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An option that is to be another one than runs."""

    option: Option
    runs: str
    asked: str

    def __str__(self) -> str:
        """Return it for a list."""
        if self.option.secret:
            return self.option.name
        return f"{self.option.name} from {self.runs or 'the default'} to {self.asked or 'the default'}"


AGREED: Mapping[str, tuple[Option, ...]] = {
    "flannel": (
        Option(name="flannel_backend_type", default="vxlan"),
        Option(name="flannel_backend_port", default="8472"),
        Option(name="flannel_backend_vni", default="1"),
    ),
    "canal": (
        Option(name="canal_flannel_backend_type", default="vxlan"),
        Option(name="canal_flannel_backend_port", default="8472", of_rke=False),
        Option(name="canal_flannel_backend_vni", default="1", of_rke=False),
    ),
    "calico": (Option(name="calico_encapsulation", default="ipip", of_rke=False),),
    "weave": (Option(name="WeavePassword", secret=True),),
}
"""By plugin."""

_REACHED: Mapping[str, tuple[Option, ...]] = {
    "flannel": (Option(name="flannel_iface"),),
    "canal": (Option(name="canal_iface"),),
    "calico": (Option(name="calico_ip_autodetection_method"),),
}
"""Options that say at which of a host's addresses others reach its pods."""


def changes(options: tuple[Option, ...], before: Options, asked: Options, *, left_by_rke: bool) -> Iterator[Change]:
    """Yield the options that would be others than run.

    Args:
        options: Which.
        before: ``network.options`` of the last run that finished.
        asked: Those that are asked for.
        left_by_rke: Whether RKE's releases brought what runs.
    """
    for option in options:
        said = before.get(option.name)
        runs = said if said and (option.of_rke or not left_by_rke) else option.default
        wanted = asked.get(option.name) or option.default
        if runs != wanted:
            yield Change(option=option, runs=runs, asked=wanted)


def options_of(configuration: Mapping[str, object]) -> Options:
    """Return ``network.options`` of a run that finished, those that are not empty."""
    network = configuration.get("network")
    options = network.get("options") if isinstance(network, Mapping) else None
    return {key: str(value) for key, value in options.items() if value} if isinstance(options, Mapping) else {}


def network_costs(wanted: Wanted) -> Iterator[str]:
    """Yield what it costs that hosts have to agree on something else; a move out of RKE's releases refuses that."""
    network = wanted.cluster.network
    if not _goes_on(wanted) or not wanted.differences(network.plugin):
        return
    every = (*AGREED.get(network.plugin, ()), *_REACHED.get(network.plugin, ()))
    heeded = tuple(option for option in every if option.of_rke or wanted.cluster.rke is None)
    found = tuple(changes(heeded, options_of(wanted.state.configuration), network.options, left_by_rke=False))
    if found:
        deleted = network.update_strategy.get("strategy") == "OnDelete"
        when = "you have deleted its pods on all hosts" if deleted else "its pods on all hosts are new"
        yield (
            f"hosts have to agree on what changes of {network.plugin} ({', '.join(map(str, found))}): pods of "
            f"different hosts may not reach one another until {when}"
        )


def network_notes(wanted: Wanted) -> Iterator[str]:
    """Yield what of a change of the pod network does not reach pods that run."""
    before = wanted.state.configuration.get("network")
    mtu = (before.get("mtu") or 0) if isinstance(before, Mapping) else 0
    if _goes_on(wanted) and mtu != wanted.cluster.network.mtu:
        yield "network.mtu: pods that run keep theirs until they are made anew"


def _goes_on(wanted: Wanted) -> bool:
    """Tell whether the pod network that runs is ours, or becomes ours, and stays the same plugin."""
    plugin = wanted.cluster.network.plugin
    ours = any(addon.name == plugin for addon in wanted.addons)
    return ours and wanted.finished_once and not wanted.cluster.migrating and not wanted.left_network
