"""What programs may rely on: it neither grows nor changes by accident."""

from __future__ import annotations

import inspect
import logging
from dataclasses import fields
from pathlib import Path

import pytest

import rke_py
from rke_py.errors import ConfigError, UsageError
from tests.sim.fleet import SimulatedEdges, simulated
from tests.sim.operator import node

NAMES = {
    "ClusterStatus": "class",
    "Configuration": "class",
    "Context": "class",
    "Event": "StageStarted | StageEnded | StepStarted | StepEnded | Pulling | Note | Warned | Finished",
    "Plan": "class",
    "Reporter": "class",
    "Result": "class",
    "RkeError": "class",
    "__version__": "text",
    "dry_run": "(context: 'Context') -> 'Plan'",
    "kubeconfig": "(context: 'Context', *, server: 'str' = '', write: 'bool' = False) -> 'str'",
    "load": (
        "(source: 'Path | str | Mapping[str, object]', *, path: 'Path' = PosixPath('cluster.yml')) -> 'Configuration'"
    ),
    "remove": "(context: 'Context', *, snapshots: 'bool' = False) -> 'Plan'",
    "status": "(context: 'Context') -> 'ClusterStatus'",
    "up": "(context: 'Context') -> 'Result'",
}
FIELDS = {
    "ClusterStatus": "name version api hosts etcd external_etcd at ending under_way drift backups last_run warnings",
    "Configuration": "path text cluster warnings",
    "Context": (
        "config text reporter consent stop accept_new_host_keys ssh_agent_auth skip only port_checks leftovers "
        "saved_plan own_certificates passphrase clock edges protect state_key random_id random_bytes"
    ),
    "Plan": "stages outages notes",
    "Result": "plan outcome silent",
}
NODES = [{"address": "192.0.2.1", "user": "root", "port": 2222, "role": ["etcd", "controlplane", "worker"]}]


def shape(value: object) -> str:
    """Describe a public value as the table does."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, type):
        return "class"
    if callable(value):
        return str(inspect.signature(value))
    return str(value).replace("rke_py.progress.", "")


def test_the_names_are_these():
    assert {name: shape(getattr(rke_py, name)) for name in rke_py.__all__} == NAMES
    assert dir(rke_py) == sorted(NAMES)


@pytest.mark.parametrize(("name", "expected"), FIELDS.items())
def test_their_fields_are_these(name, expected):
    assert [field.name for field in fields(getattr(rke_py, name))] == expected.split()


def test_each_has_a_sentence():
    assert [name for name in NAMES if name != "Event" and not inspect.getdoc(getattr(rke_py, name))] == []


def test_what_is_not_named_is_not_there():
    with pytest.raises(AttributeError, match="no attribute 'upp'"):
        rke_py.upp  # noqa: B018


class TestLoad:
    def test_a_mapping(self, tmp_path):
        found = rke_py.load({"nodes": NODES, "cluster_name": "edge"}, path=tmp_path / "edge.yml")
        assert (found.path, found.cluster.name) == (tmp_path / "edge.yml", "edge")
        assert found.cluster.hosts[0].ssh.port == 2222
        assert list(tmp_path.iterdir()) == []

    def test_text_is_the_same(self, tmp_path):
        mapping = rke_py.load({"nodes": NODES}, path=tmp_path / "cluster.yml")
        assert rke_py.load(mapping.text, path=mapping.path) == mapping

    def test_a_file_is_the_same(self, tmp_path):
        mapping = rke_py.load({"nodes": NODES}, path=tmp_path / "cluster.yml")
        mapping.path.write_text(mapping.text)
        assert rke_py.load(mapping.path) == mapping

    def test_paths_in_it_begin_where_the_file_would_be(self, tmp_path):
        (tmp_path / "mine.yml").write_text("kind: ConfigMap\napiVersion: v1\nmetadata: {name: mine}\n")
        found = rke_py.load({"nodes": NODES, "addons_include": ["mine.yml"]}, path=tmp_path / "cluster.yml")
        assert [addon.name for addon in found.cluster.addons] == ["mine.yml"]

    def test_faults_name_the_key(self):
        with pytest.raises(ConfigError) as caught:
            rke_py.load({"nodes": [{**NODES[0], "role": ["wroker"]}]})
        assert "nodes[0].role[0]" in caught.value.problems[0].where

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(UsageError):
            rke_py.load(tmp_path / "cluster.yml")

    def test_its_text_is_not_shown(self, tmp_path):
        registries = [{"url": "registry.example.com", "user": "u", "password": "PRIVATE"}]
        found = rke_py.load({"nodes": NODES, "private_registries": registries}, path=Path("cluster.yml"))
        assert "PRIVATE" in found.text
        assert "PRIVATE" not in repr(found)


def test_a_run_prints_nothing_and_sets_up_no_logging(tmp_path, capsys):
    before = logging.root.handlers[:], logging.root.level
    world = simulated(1)
    world.begin_run()
    found = rke_py.load({"nodes": [node(1, "ecw")]}, path=tmp_path / "cluster.yml")
    how = {"edges": SimulatedEdges(world), "clock": world.time}
    rke_py.up(rke_py.Context(config=found.path, text=found.text, **how))
    assert (logging.root.handlers, logging.root.level) == before
    assert capsys.readouterr() == ("", "")
