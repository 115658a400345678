"""Which of RKE's releases hosts run, and who made the cluster, as their containers tell."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rke_py.plan.containers import FoundContainer, Status
from rke_py.plan.node import containers
from rke_py.plan.observed import ObservedHost
from rke_py.plan.origin import as_hosts_tell, release_of_rke
from rke_py.transport.container_json import found_container

MADE = Path(__file__).parent / "made"
OF_RKE = [found_container(one, ()) for one in json.loads((MADE / "inspect-r1.json").read_text())]


def host(*found: FoundContainer) -> ObservedHost:
    return ObservedHost(name="r1", containers={one.name: one for one in found})


def with_tag(tag: str) -> ObservedHost:
    """Return RKE's host with images of Kubernetes that have another tag."""
    changed = (
        replace(one, spec=replace(one.spec, image=f"own.example:5000/hyperkube{tag}"))
        if "hyperkube" in one.spec.image
        else one
        for one in OF_RKE
    )
    return host(*changed)


@pytest.mark.parametrize(
    ("tag", "running", "release"),
    [
        pytest.param(":v1.32.2-rancher1", "v1.32.2", "v1.32.2-rancher1-1", id="RKE's own"),
        pytest.param(":v1.20.15-rancher2", "v1.20.15", "v1.20.15-rancher2-2", id="of several the last"),
        pytest.param(":v1.32.99-rancher1", "v1.32.99", "v1.32.99-rancher1-1", id="one that nobody knows"),
        pytest.param(":latest", "v1.32.2", "v1.32.2-rancher1-1", id="the owner's own"),
        pytest.param("", "v1.32.2", "v1.32.2-rancher1-1", id="without a tag"),
    ],
)
def test_the_release_is_that_of_the_images_else_of_the_nodes(
    make_cluster, tag: str, running: str, release: str
) -> None:
    assert release_of_rke(make_cluster(), [with_tag(tag)], running) == release


def test_without_a_container_of_rkes_there_is_none(make_cluster) -> None:
    assert release_of_rke(make_cluster(), [host()], "v1.33.13") == ""


def test_one_that_has_left_is_known_by_the_tokens_that_its_api_servers_take(make_cluster) -> None:
    for made in (True, False):
        cluster = replace(make_cluster(), made_by_rke=made)
        specs = containers(cluster, cluster.hosts[0], "t", None)
        there = host(*(FoundContainer(id="i", spec=s, status=Status.RUNNING, image_id="i") for s in specs))
        found = as_hosts_tell(make_cluster(), [there])
        assert (found.made_by_rke, found.migrating) == (made, False)


def test_one_with_a_host_of_rkes_yet_is_on_its_way(make_cluster) -> None:
    found = as_hosts_tell(make_cluster(), [host(), host(*OF_RKE)])
    assert (found.made_by_rke, found.migrating, found.key_algorithm) == (True, True, "rsa-2048")
