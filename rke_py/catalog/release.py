"""A Kubernetes version and what runs with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

RKE = "rke"
UPSTREAM = "upstream"
"""The two families; every row of the catalog belongs to one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A version that can be run.

    Attributes:
        version: As in cluster.yml: ``v1.34.4``.
        minor: ``(1, 34)``.
        family: ``upstream`` or ``rke``: the shape of the containers.
        images: The default reference of every image, by its key in ``system_images``.
        network_plugin: What runs when cluster.yml names none.
        flags: Names of the flags each component knows, by component; a component that is missing is not known.
        options: RKE's service options: flags by service (``kubeapi``, ``kubelet``, …); an empty value means that the
            flag is not passed. Empty in the upstream family.
        templates: Name of the template of each of RKE's add-ons, by add-on (``canal``, ``coreDNS``, …).
        docker: Docker versions RKE accepted, as ``20.10``; advice only.
        subscription: True when its images are in a registry that only subscribers can read.
    """

    version: str
    minor: tuple[int, int]
    family: str
    images: Mapping[str, str]
    network_plugin: str
    flags: Mapping[str, frozenset[str]] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    docker: tuple[str, ...] = ()
    subscription: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A version that cannot be run, with the reason and what to write instead.

    Attributes:
        readable: True when a file of it is understood all the same: RKE had it, long ago.
    """

    what: str
    hint: str
    readable: bool = False
