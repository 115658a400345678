"""Several measurements of the same thing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.spread import Spread, verdict

SECONDS = st.floats(min_value=0, max_value=1e6)


@given(st.lists(SECONDS, min_size=1))
def test_the_middle_lies_between_the_least_and_the_most(values):
    spread = Spread.of(values)
    assert min(values) == spread.least <= spread.middle <= spread.most == max(values)


def test_cells_are_minimum_median_maximum():
    assert Spread.of([18.04, 17.5, 30]).cells() == ("17.5", "18.0", "30.0")


@pytest.mark.parametrize(("value", "word"), [(1.5, "met"), (1.51, "missed")])
def test_verdict(value, word):
    assert verdict(value, 1.5) == word
