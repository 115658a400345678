from __future__ import annotations

from collections.abc import Callable

import pytest

from rke_py.cluster.model import Cluster
from rke_py.cluster.resolve import resolve
from rke_py.config.load import load

NODES = """\
nodes:
  - {address: 192.0.2.1, internal_address: 10.0.0.1, hostname_override: CP-1, user: ubuntu, role: [controlplane, etcd]}
  - {address: W-1.example.com, user: ubuntu, role: [worker]}
"""


def resolved(text: str) -> Cluster:
    return resolve(load(text if "nodes:" in text else NODES + text).config)


@pytest.fixture(name="resolved")
def _resolved() -> Callable[[str], Cluster]:
    return resolved
