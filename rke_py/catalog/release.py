"""A Kubernetes version and what runs with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A version that can be run.

    Attributes:
        version: As in cluster.yml: ``v1.34.4``.
        minor: ``(1, 34)``.
        family: ``upstream``, later also ``rke``: the shape of the containers.
        images: The default reference of every image, by its key in ``system_images``.
        network_plugin: What runs when cluster.yml names none.
        flags: Names of the flags each component knows, by component; none for a component means not known.
    """

    version: str
    minor: tuple[int, int]
    family: str
    images: Mapping[str, str]
    network_plugin: str
    flags: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A version that cannot be run, with the reason and what to write instead."""

    what: str
    hint: str
