"""A cluster one of whose CAs ends long before all others."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.pki.owner import YEAR, OwnersCa, key_pem
from tests.sim.operator import Operator

DAY = 86400


def with_short_lived(ca: str, person: Operator, folder: Path) -> Operator:
    """Make the cluster with one CA, an owner's, that ends in a hundred days, while all others live ten years."""
    root = OwnersCa.root(now=person.world.now - 10 * YEAR + timedelta(days=100))
    (folder / f"{ca}.pem").write_text(root.text)
    (folder / f"{ca}-key.pem").write_bytes(key_pem(root.key))
    person.own_certificates = folder
    person.up()
    person.own_certificates = None
    return person


def ended_alone(ca: str, person: Operator, folder: Path) -> Operator:
    """Make the cluster and let that CA have just ended."""
    with_short_lived(ca, person, folder)
    person.world.time.pass_time(101 * DAY)
    return person
