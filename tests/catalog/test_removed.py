"""API versions that are gone."""

from __future__ import annotations

import pytest

from rke_py.catalog.removed import REMOVED, removed, removed_between


@pytest.mark.parametrize(
    ("api_version", "kind", "minor", "instead"),
    [
        ("policy/v1beta1", "PodDisruptionBudget", (1, 24), None),
        ("policy/v1beta1", "PodDisruptionBudget", (1, 25), "policy/v1"),
        ("policy/v1beta1", "PodSecurityPolicy", (1, 34), ""),
        ("policy/v1", "PodDisruptionBudget", (1, 34), None),
        ("extensions/v1beta1", "Ingress", (1, 33), "networking.k8s.io/v1"),
    ],
)
def test_what_a_release_serves_no_more(api_version, kind, minor, instead):
    row = removed(api_version, kind, minor)
    assert (row.instead if row else None) == instead


def test_a_way_takes_away_what_goes_in_the_releases_on_it():
    assert {row.since for row in removed_between((1, 25), (1, 29))} == {(1, 26), (1, 27), (1, 29)}
    assert {row.kind for row in removed_between((1, 33), (1, 34))} == {
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    }
    assert removed_between((1, 30), (1, 31)) == ()


def test_what_is_named_instead_is_not_gone_in_the_same_release():
    for row in REMOVED:
        assert not row.instead or removed(row.instead, row.kind, row.since) is None
