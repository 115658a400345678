import pytest

CONTROLPLANE_WARNING = (
    "~upgrade_strategy.max_unavailable_controlplane: more than one control-plane node may be down at once; "
    "quorum of etcd caps it where they share hosts"
)


@pytest.mark.parametrize("limit", ["1", "2", "50", "1%", "10%", "100%"])
def test_a_limit_is_a_count_or_a_share(told, limit):
    assert told(f"upgrade_strategy: {{max_unavailable_worker: {limit}}}") == []


@pytest.mark.parametrize("limit", ["0", "-1", "0%", "101%", "ten", "1.5", "%"])
def test_a_limit_is_nothing_else(told, limit):
    assert told(f"upgrade_strategy: {{max_unavailable_worker: '{limit}'}}") == [
        f"upgrade_strategy.max_unavailable_worker: '{limit}' is not a limit"
    ]


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("{max_unavailable_controlplane: 1, drain: true}", []),
        ("{max_unavailable_controlplane: 2}", [CONTROLPLANE_WARNING]),
        ("{drain: true, node_drain_input: {grace_period: -1, timeout: 60, force: true}}", []),
        (
            "{node_drain_input: {timeout: -1}}",
            ["upgrade_strategy.node_drain_input.timeout: a negative time means nothing"],
        ),
        (
            "{node_drain_input: {grace_period: -2}}",
            ["upgrade_strategy.node_drain_input.grace_period: a negative time means nothing"],
        ),
    ],
)
def test_upgrade_strategy(told, block, said):
    assert told(f"upgrade_strategy: {block}") == said
