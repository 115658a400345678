import pytest

from rke_py.config.load import load
from rke_py.errors import ConfigError


def hints(text):
    with pytest.raises(ConfigError) as raised:
        load(text)
    return {problem.where.partition(" ")[2]: problem.hint for problem in raised.value.problems}


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        pytest.param("cluster_nam: a", "cluster_nam", "Did you mean cluster_name?", id="misspelt"),
        pytest.param("Services: {}", "Services", "Did you mean services?", id="case"),
        pytest.param("kubelet: {}", "kubelet", "It belongs under services.", id="too-far-left"),
        pytest.param("plugin: flannel", "plugin", "It belongs under network.", id="too-far-left-2"),
        pytest.param("hostname_override: a", "hostname_override", "It belongs to an entry of nodes.", id="of-a-node"),
        pytest.param(
            "services: {system_images: {}}",
            "services.system_images",
            "It is a top-level key: move it to the left margin.",
            id="too-far-right",
        ),
        pytest.param("services: {kube_api: {}}", "services.kube_api", "Did you mean kube-api?", id="underscore"),
        pytest.param(
            "\u00a0cluster_name: a",
            '["\u00a0cluster_name"]',
            "There is a no-break space in it; write an ordinary one.",
            id="nbsp",
        ),
    ],
)
def test_an_unknown_key_names_the_right_one(text, place, hint):
    assert hints(text)[place] == hint


@pytest.mark.parametrize(
    ("text", "told_of"),
    [
        ("cluster_name: [a]", "cluster_name: a list stands here; one text is wanted"),
        ("services: []", "services: a list stands here; a map is wanted"),
        ("services: {kubelet: x}", "services.kubelet: 'x' stands here; a map is wanted"),
        ("services: {kubelet: {extra_args: [a]}}", "services.kubelet.extra_args: a list stands here; a map is wanted"),
        (
            "services: {kubelet: {extra_args: {v: [2]}}}",
            "services.kubelet.extra_args.v: a list stands here; one text is wanted",
        ),
        (
            "services: {kubelet: {extra_args_array: {v: 2}}}",
            "services.kubelet.extra_args_array.v: '2' stands here; a list is wanted",
        ),
        ("addon_job_timeout: soon", "addon_job_timeout: 'soon' stands here; a whole number (without quotes) is wanted"),
        ("ssh_agent_auth: 'true'", "ssh_agent_auth: 'true' stands here; true or false (without quotes) is wanted"),
        (
            "dns: {update_strategy: {rollingUpdate: {maxSurge: some}}}",
            "dns.update_strategy.rollingUpdate.maxSurge: 'some' stands here; "
            "a count such as 1 or a share such as 25% is wanted",
        ),
        ("addons: {kind: List}", "addons: a map stands here; one text is wanted"),
    ],
)
def test_a_wrong_type_says_what_is_there_and_what_is_wanted(told, text, told_of):
    assert told(text) == [told_of]


def test_what_could_not_be_read_is_not_reported_again_as_missing(told):
    text = "nodes:\n  - {address: 192.0.2.1, user: [u], role: [etcd, controlplane, worker]}\n"
    assert told(text) == ["nodes[0].user: a list stands here; one text is wanted"]


def test_an_item_that_is_no_map_does_not_hide_what_is_wrong_with_the_others(told):
    nodes = (
        "nodes: [{address: a, user: u, role: [etcd, controlplane, worker]}, null, {address: a, user: u, role: [boss]}]"
    )
    assert told(nodes) == [
        "nodes[1]: nothing stands here; a map is wanted",
        "nodes[2].address: nodes[0] has address a already",
        "nodes[2].role[0]: 'boss' is not a role",
    ]


def test_an_item_that_is_no_text_does_not_hide_what_is_wrong_with_the_others(told):
    assert told("nodes: [{address: a, user: u, role: [etcd, [], boss]}]") == [
        "nodes[0].role[1]: a list stands here; one text is wanted",
        "nodes[0].role[2]: 'boss' is not a role",
    ]


def test_a_node_that_is_no_map_does_not_hide_the_others_faults(told):
    assert told("nodes: [a]\nnetwork: {plugin: flanel}\n") == [
        "nodes[0]: 'a' stands here; a map is wanted",
        "network.plugin: 'flanel' is not a plugin of network",
    ]
