"""Every combination of add-ons hangs together, in both families and with every age of images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from rke_py.cluster.model import Cluster, Family
from rke_py.pki.model import Credential
from rke_py.render.addons import render_addons

from .combinations import combinations
from .structure import faults

AGES = {
    "upstream": (Family.UPSTREAM, "v1.34.4", {}),
    "newest RKE": (Family.RKE, "v1.32.13-rancher1-2", {"calico": "v3.30.2", "nginx": "nginx-1.14.3-rancher1"}),
    "oldest RKE": (Family.RKE, "v1.20.4-rancher1-1", {"calico": "v3.17.2", "nginx": "nginx-0.43.0-rancher3"}),
}


def aged(cluster: Cluster, age: str) -> Cluster:
    family, version, tags = AGES[age]
    images = cluster.images
    if tags:
        images = replace(
            images,
            coredns_autoscaler="rancher/autoscaler:1.8.6",
            kubedns_autoscaler="rancher/autoscaler:1.8.6",
            calico_node=f"rancher/mirrored-calico-node:{tags['calico']}",
            canal_node=f"rancher/mirrored-calico-node:{tags['calico']}",
            ingress=f"rancher/nginx-ingress-controller:{tags['nginx']}",
        )
    return replace(cluster, family=family, version=version, images=images)


def wrong(clusters: Iterable[tuple[str, Cluster]], bundle: Mapping[str, Credential]) -> dict[str, list[str]]:
    return {
        name: found
        for name, wanted in clusters
        if (found := faults(o for addon in render_addons(wanted, bundle) for o in addon.objects))
    }


@pytest.mark.parametrize("age", AGES)
def test_every_combination_hangs_together(cluster: Cluster, credentials: Mapping[str, Credential], age: str) -> None:
    assert wrong(combinations(aged(cluster, age)), credentials) == {}


def test_what_serves_works_without_certificates_of_ours(cluster: Cluster) -> None:
    serving = [item for item in combinations(aged(cluster, "newest RKE")) if item[0].startswith(("ing", "mon"))]
    assert wrong(serving, {}) == {}


def test_old_api_servers_are_not_sent_what_they_do_not_know(
    cluster: Cluster, credentials: Mapping[str, Credential]
) -> None:
    everything = [
        str(o)
        for _, wanted in combinations(aged(cluster, "oldest RKE"))
        for addon in render_addons(wanted, credentials)
        for o in addon.objects
    ]
    for unknown in ("policy/v1'", "minDomains", "matchLabelKeys", "nodeTaintsPolicy"):
        assert not any(unknown in text for text in everything), unknown
