"""What every step has: the host it is on, and why it is done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OnHost:
    """A step on one host.

    Attributes:
        host: The node's name; an add-on has none.
        why: What was found that makes it necessary.
    """

    host: str
    why: tuple[str, ...] = ()
