"""Every cluster.yml in the documents, whole or in part, is one that rke-py reads."""

from __future__ import annotations

import pytest

from docs.generate.example import state
from rke_py.cluster.catalog_checks import catalog_findings
from rke_py.cluster.resolve import resolve
from rke_py.config.load import load
from rke_py.config.outside import Outside
from rke_py.render.addons import render_addons

from .pages import Block, blocks

_TITLE = "cluster.yml"
_NODES = "nodes:\n  - {address: 192.0.2.1, user: ubuntu, role: [controlplane, etcd, worker]}\n"
_VARIABLES = ("REGISTRY_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ENCRYPTION_KEY")
_OUTSIDE = Outside(environment=dict.fromkeys(_VARIABLES, "hunter2"), read=lambda _path: "hunter2")
_FRAGMENTS = [block for block in blocks() if block.title == _TITLE]


@pytest.mark.parametrize("block", _FRAGMENTS, ids=lambda block: f"{block.page}:{block.line}")
def test_a_cluster_yml_is_valid(block: Block) -> None:
    whole = block.text if "nodes:" in block.text else _NODES + block.text
    loaded = load(whole, checks=(catalog_findings,), outside=_OUTSIDE)
    cluster = resolve(loaded.config, positions=loaded.positions)
    render_addons(cluster, state(cluster).bundle)


def test_every_yaml_block_says_what_it_is() -> None:
    assert [(block.page, block.line) for block in blocks() if block.language == "yaml" and not block.title] == []
