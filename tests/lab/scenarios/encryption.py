"""Secrets are encrypted at rest, get a new key, are encrypted no more."""

from __future__ import annotations

from typing import Any

from ..cluster import Cluster
from ..operator import Operator
from .scenario import Move, Scenario, new_cluster


def encrypted(person: Operator, *, enabled: bool = True) -> None:
    """Let cluster.yml ask for it, or ask for it no more."""

    def change(config: dict[str, Any]) -> None:
        config["services"].setdefault("kube-api", {})["secrets_encryption_config"] = {"enabled": enabled}

    person.edit(change)


def _plain(cluster: Cluster) -> None:
    encrypted(cluster.operator, enabled=False)


ENCRYPTION_KEY = Scenario(
    name="encryption-key",
    what="a new key for Secrets at rest, all Secrets rewritten, the old key dropped",
    make=new_cluster(edit=encrypted),
    moves=(Move(words=("encrypt", "rotate-key"), steps=20, again=("up",)),),
)
ENCRYPTION = Scenario(
    name="encryption",
    what="Secrets encrypted at rest, and then no more",
    make=new_cluster(),
    moves=(
        Move(words=("encrypt", "enable"), steps=10, before=lambda cluster: encrypted(cluster.operator), again=("up",)),
        Move(words=("encrypt", "disable"), steps=10, before=_plain, again=("up",)),
    ),
)
