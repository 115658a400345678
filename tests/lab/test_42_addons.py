"""A real API server accepts every object of every combination of add-ons, strictly, definitions included."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from rke_py.cluster.model import Cluster as Wanted
from rke_py.cluster.model import Family
from rke_py.pki.issue import issue
from rke_py.pki.keys import generate_key
from rke_py.render.addons import render_addons
from rke_py.workflows.loading import load_cluster
from tests.render.combinations import INGRESSES, combinations

from .cluster import Cluster
from .kubectl import Kubectl
from .waiting import until

pytestmark = pytest.mark.lab

Object = Mapping[str, Any]
NAMESPACE = "tried"
"""Where objects are tried: beside those of the cluster's own add-ons, which another family's would be merged into."""

_DRY = (
    *("apply", "--server-side", "--field-manager=rke-py", "--dry-run=server", "--force-conflicts"),
    *("--validate=strict", "-f", "-"),
)
"""As rke-py applies: what it set on an object that lives already, and sets no more, is taken away."""


@pytest.fixture(scope="module")
def wanted(cluster: Cluster) -> Wanted:
    """The running cluster as its cluster.yml asks for it."""
    return load_cluster(cluster.operator.folder / "cluster.yml").cluster


@pytest.fixture(scope="module")
def namespace(kubectl: Kubectl) -> Iterator[None]:
    """The namespace of the objects."""
    kubectl("create", "namespace", NAMESPACE)
    yield
    kubectl("delete", "namespace", NAMESPACE)


def with_images(wanted: Wanted, autoscaler: str) -> Wanted:
    """Return the cluster with an image for everything that its own release lacks."""
    names = [name for name in type(wanted.images).__dataclass_fields__ if not getattr(wanted.images, name)]
    images = {name: autoscaler if name.endswith("_autoscaler") else f"registry.example/{name}:1" for name in names}
    return replace(wanted, images=replace(wanted.images, **images))


def rendered(wanted: Wanted) -> dict[str, Object]:
    """Return every different object of every combination, by its own text."""
    nginx = replace(wanted, ingress=INGRESSES["nginx-all"])
    bundle = issue(nginx, {}, now=datetime.now(UTC), new_key=generate_key).bundle
    return {
        json.dumps(item, sort_keys=True): item
        for _, chosen in combinations(wanted)
        for addon in render_addons(chosen, bundle)
        for item in addon.objects
    }


def moved(item: Object) -> Object:
    """Return an object that lives in a namespace as one of the namespace for trying."""
    metadata = item["metadata"]
    return {**item, "metadata": {**metadata, "namespace": NAMESPACE}} if "namespace" in metadata else item


def definitions(objects: Mapping[str, Object]) -> list[Object]:
    return [item for item in objects.values() if item["kind"] == "CustomResourceDefinition"]


@pytest.mark.parametrize("family", Family)
@pytest.mark.parametrize("autoscaler", ["", "registry.example/autoscaler:1"], ids=["replicas", "autoscaler"])
def test_every_object_of_every_combination_is_accepted(
    kubectl: Kubectl, wanted: Wanted, namespace: None, family: Family, autoscaler: str
) -> None:
    objects = rendered(replace(with_images(wanted, autoscaler), family=family))
    assert len(objects) > 150
    done = kubectl.attempt(*_DRY, stdin=yaml.safe_dump_all([moved(item) for item in objects.values()]))
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == len(objects)


def test_objects_of_every_kind_that_is_defined_are_accepted(kubectl: Kubectl, wanted: Wanted) -> None:
    """The definitions are applied for this test, and an object of each of their kinds is tried."""
    kinds = definitions(rendered(wanted))
    kubectl.apply(*kinds)
    try:
        until(lambda: established(kubectl, kinds), "all kinds are served", seconds=60)
        done = kubectl.attempt(*_DRY, stdin=yaml.safe_dump_all([example(kind) for kind in kinds]))
        assert (done.returncode, done.stderr) == (0, "")
    finally:
        kubectl.delete(*kinds, wait=False)  # of each the API server takes five seconds; nothing later meets them


def established(kubectl: Kubectl, kinds: Sequence[Object]) -> bool:
    live = {item["metadata"]["name"]: item for item in kubectl.items("customresourcedefinitions")}
    conditions = (live[kind["metadata"]["name"]].get("status", {}).get("conditions", ()) for kind in kinds)
    return all(any(one["type"] == "Established" and one["status"] == "True" for one in found) for found in conditions)


def example(kind: Object) -> Object:
    """Return an object of a kind that is defined."""
    spec = kind["spec"]
    namespace = {"namespace": "default"} if spec["scope"] == "Namespaced" else {}
    return {
        "apiVersion": f"{spec['group']}/{spec['versions'][0]['name']}",
        "kind": spec["names"]["kind"],
        "metadata": {"name": "example", **namespace},
        "spec": {"anything": {"at": ["all"]}},
    }
