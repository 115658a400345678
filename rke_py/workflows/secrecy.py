"""Every secret of a cluster, for whoever has to keep them out of what people read."""

from __future__ import annotations

import json
from collections.abc import Iterator

import yaml

from rke_py.config.rke_json import secrets_in_node
from rke_py.config.schema import ClusterConfig
from rke_py.config.secrets import secrets_in, secrets_in_document
from rke_py.state.model import State


def secrets_of(state: State, config: ClusterConfig) -> Iterator[str]:
    """Yield every private key, password and token that the state and cluster.yml hold."""
    for credential in state.bundle.values():
        yield credential.key.get_secret_value()
    for credential in (state.rotation.new if state.rotation else {}).values():
        yield credential.key.get_secret_value()
    change = state.encryption_change
    for text in (state.encryption, *((change.old, change.new) if change else ())):
        yield from secrets_in_document(yaml.safe_load(text) if text else None)
    for key in state.retired_keys:
        yield from secrets_in_document(json.loads(key.section))
    for record in state.hosts.values():
        yield from secrets_in_node(record.node)
    yield from filter(None, secrets_in(config))
