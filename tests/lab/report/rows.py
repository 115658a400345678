"""The rows of the reliability report: every scenario undisturbed and killed, and upgrades with every fault.

A row's name says all about it, so that it can be repeated: ``upgrade``, ``upgrade/killed-2``,
``upgrade/host-off-last``. Any seed and any scenario may be named, also where no row of the matrix has them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from ..scenarios.arguments import ARGUMENTS
from ..scenarios.backups import LOST_ALL, LOST_DISK, LOST_QUORUM, RESTORED
from ..scenarios.encryption import ENCRYPTION, ENCRYPTION_KEY
from ..scenarios.faults import FAULTS, Fault
from ..scenarios.nodes import (
    ADD_MEMBER,
    ADD_WORKER,
    EXCHANGE,
    FIVE,
    GROW,
    REMOVE_MEMBER,
    REMOVE_WORKER,
    REPLACE_MEMBER,
    REPLACE_WORKER,
    ROLES,
)
from ..scenarios.rke import (
    ARGUMENTS_OF_RKE,
    CA_OF_RKE,
    CERTIFICATES_OF_RKE,
    DNS_OF_RKE,
    ENCRYPTION_OF_RKE,
    KEY_OF_RKE,
    MIGRATION,
    NETWORK_OF_RKE,
    QUORUM_OF_RKE,
    RESTORED_OF_RKE,
    TAKE_OVER,
    UPGRADE_AFTER_RKE,
    UPGRADE_OF_RKE,
)
from ..scenarios.rke_hosts import ADD_WORKER_TO_RKE, REMOVE_WORKER_OF_RKE, REPLACE_MEMBER_OF_RKE, SWAP_MEMBER_OF_RKE
from ..scenarios.rotation import CA_GIVEN_UP, CA_ROTATION, KEY_ROTATION, LEAF_ROTATION
from ..scenarios.scenario import Scenario
from ..scenarios.troubles import THIRDS, Killed, Struck, Trouble
from ..scenarios.upgrade import UPGRADE, UPGRADE_DRAINED, UPGRADE_ONE, UPGRADE_TWO

REPORTS = {
    "day-two": (
        UPGRADE,
        UPGRADE_DRAINED,
        UPGRADE_TWO,
        UPGRADE_ONE,
        LEAF_ROTATION,
        CA_ROTATION,
        CA_GIVEN_UP,
        KEY_ROTATION,
        ENCRYPTION,
        ENCRYPTION_KEY,
        ARGUMENTS,
        ADD_WORKER,
        REMOVE_WORKER,
        REPLACE_WORKER,
        ADD_MEMBER,
        GROW,
        FIVE,
        ROLES,
        REMOVE_MEMBER,
        REPLACE_MEMBER,
        EXCHANGE,
    ),
    "snapshots": (RESTORED, LOST_DISK, LOST_QUORUM, LOST_ALL),
    "rke": (
        TAKE_OVER,
        DNS_OF_RKE,
        NETWORK_OF_RKE,
        ADD_WORKER_TO_RKE,
        REMOVE_WORKER_OF_RKE,
        SWAP_MEMBER_OF_RKE,
        REPLACE_MEMBER_OF_RKE,
        ARGUMENTS_OF_RKE,
        UPGRADE_OF_RKE,
        CERTIFICATES_OF_RKE,
        CA_OF_RKE,
        KEY_OF_RKE,
        ENCRYPTION_OF_RKE,
        RESTORED_OF_RKE,
        QUORUM_OF_RKE,
        MIGRATION,
        UPGRADE_AFTER_RKE,
    ),
}
"""Scenarios by the file of their results, in the order of the page."""

FAULTY = (UPGRADE, MIGRATION)
"""Scenarios that every fault happens in; all their etcd members have API servers that users ask."""

KILLS = 3
"""So many drawn points at which each scenario's run is killed."""

UNDISTURBED, KILLED = "undisturbed", "killed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One run of a scenario.

    Attributes:
        report: The file of its result.
        trouble: ``undisturbed``, ``killed``, or the name of a fault.
        third: Of the move, in which the fault happens.
        seed: Decides what is drawn.
    """

    report: str
    scenario: Scenario
    trouble: str = UNDISTURBED
    third: str = ""
    seed: int = 0

    @property
    def name(self) -> str:
        """Its name."""
        details = (self.trouble, self.third, str(self.seed or ""))
        parts = (self.scenario.name, "" if self.trouble == UNDISTURBED else "-".join(filter(None, details)))
        return "/".join(filter(None, parts))

    @property
    def fault(self) -> Fault | None:
        """The fault that happens."""
        return next((fault for fault in FAULTS if fault.name == self.trouble), None)

    @property
    def small_disks(self) -> tuple[str, ...]:
        """Disks of their own that hosts of the lab need, as the lab's program takes them."""
        small = self.fault.small_disk if self.fault else ""
        return (f"{self.scenario.users.servers[1]}:{small}",) if small else ()

    def drawn(self) -> Trouble | None:
        """Draw what comes in between; the same for the same row."""
        draw = random.Random(self.name)
        if self.trouble == KILLED:
            return Killed.drawn(self.scenario.moves, draw)
        scenario = self.scenario
        if self.fault:
            return Struck.drawn(scenario.moves, scenario.users.servers, self.fault, self.third, draw)
        return None


def matrix() -> Iterator[Row]:
    """Yield every row, what nobody disturbs first."""
    scenarios = [(report, scenario) for report, found in REPORTS.items() for scenario in found]
    for report, scenario in scenarios:
        yield Row(report=report, scenario=scenario)
    for seed in range(1, KILLS + 1):
        for report, scenario in scenarios:
            yield Row(report=report, scenario=scenario, trouble=KILLED, seed=seed)
    for report, scenario in scenarios:
        if scenario in FAULTY:
            for third in THIRDS:
                yield from (Row(report=report, scenario=scenario, trouble=fault.name, third=third) for fault in FAULTS)


def row(name: str) -> Row:
    """Return the row of a name; raises KeyError when no row can have it."""
    scenario, _, trouble = name.partition("/")
    report, chosen = {each.name: (report, each) for report, found in REPORTS.items() for each in found}[scenario]
    whole = Row(report=report, scenario=chosen)
    if not trouble:
        return whole
    kind, _, detail = trouble.rpartition("-")
    if kind == KILLED and detail.isdigit():
        return Row(report=report, scenario=chosen, trouble=KILLED, seed=int(detail))
    if detail in THIRDS and kind in {fault.name for fault in FAULTS}:
        return Row(report=report, scenario=chosen, trouble=kind, third=detail)
    raise KeyError(name)
