"""No private key of the cluster is anywhere but in the state, in the kubeconfig and in the files of its hosts."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from .cluster import Cluster
from .lab import ALL
from .operator import Operator

pytestmark = pytest.mark.lab

_MAY_HOLD_KEYS = ("cluster.rkestate", "kube_config_")
_LINE = 40
"""Characters from which on a line of PEM is the key's own and not chance."""


@pytest.fixture(scope="module")
def keys(cluster: Cluster) -> frozenset[str]:
    """Every line of every private key that the state holds, and each key in base64."""
    every = frozenset(_forms(cluster.operator))
    assert len(every) > 20
    return every


def test_no_key_is_in_what_docker_tells_of_containers(cluster: Cluster, keys: frozenset[str]) -> None:
    for host in ALL:
        assert _found(keys, json.dumps(list(cluster.lab.inspect(host)))) == set(), host


def test_no_key_is_in_an_argument_or_the_environment_of_a_process(cluster: Cluster, keys: frozenset[str]) -> None:
    for host in ALL:
        told = cluster.lab.shell(
            host, "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' || true"
        )
        assert _found(keys, told) == set(), host


def test_no_key_is_in_the_log_of_a_container_or_daemon(cluster: Cluster, keys: frozenset[str]) -> None:
    for host in ALL:
        logs = [cluster.lab.docker(host, "logs", name) for name in cluster.lab.containers(host)]
        logs.append(
            cluster.lab.shell(host, "cat /var/log/*.log /var/log/kube-audit/* /var/log/pods/*/*/* 2>/dev/null || true")
        )
        assert _found(keys, "\n".join(logs)) == set(), host


def test_no_key_is_in_anything_that_rke_py_showed_or_logged(cluster: Cluster, keys: frozenset[str]) -> None:
    operator = cluster.operator
    for words in (("plan",), ("plan", "--output", "json"), ("status",), ("status", "--output", "json")):
        operator.run(*words)
    assert _found(keys, "\n".join(operator.shown)) == set()
    logs = [path for path in operator.folder.iterdir() if path.suffix == ".log" or path.name.endswith(".journal")]
    assert len(logs) >= 2
    for path in logs:
        assert _found(keys, path.read_text()) == set(), path


def test_only_state_and_kubeconfig_beside_cluster_yml_hold_keys(cluster: Cluster, keys: frozenset[str]) -> None:
    for path in cluster.operator.folder.iterdir():
        if path.is_file() and (not path.name.startswith(_MAY_HOLD_KEYS) or path.suffix == ".journal"):
            assert _found(keys, path.read_text()) == set(), path


def _forms(operator: Operator) -> Iterator[str]:
    for credential in operator.state.bundle.values():
        key = credential.key.get_secret_value()
        if not key:
            continue
        yield base64.b64encode(key.encode()).decode()
        yield from (line for line in key.splitlines() if len(line) >= _LINE and not line.startswith("-----"))


def _found(keys: frozenset[str], text: str) -> set[str]:
    """Return the beginnings of the keys that are in the text; a failed test shows no more of them."""
    return {key[:8] for key in keys if key in text}
