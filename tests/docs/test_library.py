"""The examples for programs do what their page says, on the simulated fleet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

import rke_py
from tests.sim.fleet import SimulatedEdges, simulated
from tests.sim.operator import node
from tests.sim.world import World

from .pages import blocks

_PAGE = "docs/how-to/use-as-a-library.md"
_CODE = [block for block in blocks() if block.page == _PAGE and block.language == "python"]


@pytest.fixture(scope="module")
def page() -> SimpleNamespace:
    """Everything that the page defines."""
    names: dict[str, Any] = {"__name__": "page"}
    for block in _CODE:
        exec(compile("\n" * (block.line - 1) + block.text, _PAGE, "exec"), names)
    return SimpleNamespace(**names)


@pytest.fixture
def world() -> World:
    return simulated(2)


@pytest.fixture
def how(world) -> Iterator[dict[str, Any]]:
    """What takes a run to the simulated fleet."""
    world.begin_run()
    return {"edges": SimulatedEdges(world), "clock": world.time}


@pytest.fixture
def file(tmp_path, page, how) -> Path:
    """The cluster.yml of a cluster that the page made."""
    text = yaml_of([node(1, "ecw"), node(2, "w")])
    path = tmp_path / "cluster.yml"
    path.write_text(text)
    page.change(path, **how)
    return path


def yaml_of(nodes: list[dict[str, Any]], **more: Any) -> str:
    return str(yaml.safe_dump({"nodes": nodes, **more}))


def test_a_cluster_is_made_from_a_mapping(page, world, how, tmp_path):
    machines = [machine.address for machine in world.machines.values()]
    result = page.create(machines, tmp_path, **how)
    assert isinstance(result, rke_py.Result)
    assert not result.outcome.failures
    assert "kubelet" in world.machines["n2"].containers
    assert {"cluster.rkestate", "kube_config_cluster.yml"} <= {path.name for path in tmp_path.iterdir()}
    assert not (tmp_path / "cluster.yml").exists()


def test_the_plan_is_read_before_it_runs(page, world, how, tmp_path):
    file = tmp_path / "cluster.yml"
    file.write_text(yaml_of([node(1, "ecw")]))
    assert any(line.startswith("n1: ") for line in page.changes(file, **how))
    assert list(world.machines["n1"].containers) == []


def test_a_change_is_watched(page, how, file):
    assert page.change(file, **how) == (0, [])
    file.write_text(yaml_of([node(1, "ecw"), node(2, "w", labels={"a": "b"})]))
    done, failed = page.change(file, **how)
    assert done > 0
    assert failed == []


def test_workers_that_failed_are_named(page, world, how, file):
    world.machines["n2"].power_off()
    assert page.change(file, **how)[1] == ["n2"]


def test_all_faults_come_at_once(page):
    found = page.faults("nodes:\n  - {address: 192.0.2.1, user: root, role: [wroker]}\nno_such_key: 1\n")
    assert len(found) >= 2
    assert any("wroker" in fault for fault in found)


def test_the_cluster_is_looked_at(page, world, how, file):
    assert page.unhealthy(file, **how) == []
    world.machines["n2"].power_off()
    assert page.unhealthy(file, **how) == ["n2"]


def test_a_kubeconfig_is_handed_out(page, file):
    assert "server: https://lb.example.com:6443" in page.access(file, "https://lb.example.com:6443")


def test_nothing_is_removed_without_consent(page, world, how, file):
    with pytest.raises(rke_py.RkeError):
        rke_py.remove(rke_py.Context(config=file, consent=page.agree, **how))
    assert world.machines["n2"].containers


def test_the_cluster_is_removed(page, world, how, file):
    page.destroy(file, **how)
    assert [machine.containers for machine in world.machines.values()] == [{}, {}]
