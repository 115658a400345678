from itertools import pairwise

import pytest

from rke_py.catalog.order import in_range, minor_of, order, order_of

ASCENDING = (
    "v1.19.16",
    "v1.20.4-rancher1-1",
    "v1.20.15-rancher1-1",
    "v1.20.15-rancher1-10",  # text: the words are not split at their dashes
    "v1.20.15-rancher1-2",
    "v1.20.15-rancher2-1",
    "v1.20.15",
    "v1.21.0-rancher0",
)


@pytest.mark.parametrize(("lower", "higher"), list(pairwise(ASCENDING)))
def test_rancher_is_one_word_before_the_final_release(lower, higher):
    assert order_of(lower) < order_of(higher)


@pytest.mark.parametrize(
    ("bounds", "inside"),
    [
        (">=1.22.0-rancher0", True),
        (">=1.22.17-rancher1-1", True),
        (">=1.22.17", False),
        (">=1.22.17-rancher1-1 <1.22.17-rancher1-2", True),
        (">=1.20.0-rancher0 <1.22.17-rancher1-1", False),
        ("<=1.22.17-rancher1-1 >1.22.16", True),
    ],
)
def test_a_range_is_all_of_its_bounds(bounds, inside):
    assert in_range("v1.22.17-rancher1-1", bounds) is inside


@pytest.mark.parametrize("text", ["latest", "v1.2", "", "v1.2.3-", "1.2.3.4"])
def test_what_is_not_a_version_has_no_order(text):
    assert order(text) is None
    assert minor_of(text) is None
