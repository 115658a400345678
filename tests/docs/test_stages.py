"""The order that the documents tell is the order of a plan."""

from __future__ import annotations

from docs.generate.example import fresh_plan, removal

from .pages import ROOT, headings

_PAGE = ROOT / "docs" / "explanation" / "order-and-limits.md"


def test_the_stages_of_a_new_cluster_are_told_in_their_order() -> None:
    told = headings(_PAGE)
    begin, end = told.index("The stages") + 1, told.index("What proves a step")
    assert list(told[begin:end]) == [stage.name for stage in fresh_plan().stages]


def test_a_removal_goes_from_workers_to_etcd() -> None:
    assert [stage.name for stage in removal().stages] == ["remove workers", "remove control plane", "remove etcd"]
