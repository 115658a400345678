"""A new key for Secrets at rest."""

from __future__ import annotations

from typing import Any

from ..operator import Operator
from .scenario import Move, Scenario, new_cluster


def encrypted(person: Operator) -> None:
    """Let cluster.yml ask for it."""

    def change(config: dict[str, Any]) -> None:
        config["services"].setdefault("kube-api", {})["secrets_encryption_config"] = {"enabled": True}

    person.edit(change)


ENCRYPTION_KEY = Scenario(
    name="encryption-key",
    what="a new key for Secrets at rest, all Secrets rewritten, the old key dropped",
    make=new_cluster(edit=encrypted),
    moves=(Move(words=("encrypt", "rotate-key"), steps=20, again=("up",)),),
)
