import pytest

from rke_py.catalog.upgrades import check_upgrade


@pytest.mark.parametrize(
    ("running", "wanted"),
    [
        ("v1.34.4", "v1.34.4"),
        ("v1.33.13", "v1.34.4"),
        ("v1.33.1", "v1.33.13"),
        ("v1.24.17-rancher1-1", "v1.25.16-rancher2-3"),
        ("v1.32.2-rancher1-1", "v1.33.13"),
        ("an unreadable one", "v1.34.4"),
    ],
)
def test_one_minor_release_at_a_time_is_the_way(running, wanted):
    assert check_upgrade(running, wanted) is None


@pytest.mark.parametrize(
    ("running", "wanted", "what", "hint"),
    [
        ("v1.34.4", "v1.33.13", "no way back to v1.33.13", "Keep kubernetes_version: v1.34.4"),
        ("v1.28.15-rancher1-1", "v1.28.14-rancher1-1", "no way back", "v1.28.15-rancher1-1"),
        ("v1.24.17-rancher1-1", "v1.27.16-rancher1-1", "would skip v1.25, v1.26", "v1.25.16-rancher2-3"),
        ("v1.32.6-rancher1-1", "v1.34.4", "would skip v1.33", "v1.33.13"),
        ("v1.18.20-rancher1-3", "v1.20.15-rancher1-1", "would skip v1.19", "with RKE itself, one minor release after"),
    ],
)
def test_a_way_back_and_a_leap_are_refused(running, wanted, what, hint):
    refused = check_upgrade(running, wanted)
    assert refused is not None
    assert what in refused.what
    assert hint in refused.hint
