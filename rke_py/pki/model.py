"""Certificates and keys as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A certificate with its key, both PEM text; ``key`` is empty where it is not known (a user's CA).

    Attributes:
        name: Its name in the inventory, also its file name: ``kube-apiserver``.
        kubeconfig: Kubeconfig text that uses it, empty when it has none.
    """

    name: str
    certificate: str
    key: SecretStr = field(default=SecretStr(""), repr=False)
    kubeconfig: str = field(default="", repr=False)


Bundle = Mapping[str, Credential]
"""Every credential of a cluster by name."""
