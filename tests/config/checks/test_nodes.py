import pytest

ALL = "role: [controlplane, etcd, worker]"
_OTHER_KIND = "2001:db8::1 is IPv6, and the first Service range is IPv4: no API server would start"


def nodes(*entries):
    return "nodes:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries)


@pytest.mark.parametrize(
    ("entry", "faults"),
    [
        (f"user: u, {ALL}", ["nodes[0].address: the node has no address"]),
        (f"address: 192.0.2.1, {ALL}", ["nodes[0].user: the node has no user"]),
        (
            f"address: '192.0.2.1:22', user: u, {ALL}",
            ["nodes[0].address: '192.0.2.1:22' is neither an IP address nor a host name"],
        ),
        (f"address: node_1, user: u, {ALL}", ["nodes[0].address: 'node_1' cannot be a node's name"]),
        (f"address: node_1.corp, internal_address: _a, hostname_override: node-1, user: u, {ALL}", []),
        (
            f"address: '2001:db8::1', user: u, {ALL}",
            ["nodes[0].address: an IPv6 address cannot be a node's name", f"nodes[0].address: {_OTHER_KIND}"],
        ),
        (f"address: '2001:db8::1', hostname_override: a, user: u, {ALL}", [f"nodes[0].address: {_OTHER_KIND}"]),
        (f"address: '2001:db8::1', internal_address: 10.0.0.1, hostname_override: a, user: u, {ALL}", []),
        (
            f"address: a.example.com, internal_address: 10 0 0 1, user: u, {ALL}",
            ["nodes[0].internal_address: '10 0 0 1' is neither an IP address nor a host name"],
        ),
        (
            f"address: 192.0.2.1, hostname_override: -a, user: u, {ALL}",
            ["nodes[0].hostname_override: '-a' cannot be a node's name"],
        ),
        (f"address: 192.0.2.1, hostname_override: Node-A, user: u, {ALL}", []),
        ("address: a, user: u, role: [etcd, controlplane, worker, etcd]", ["~nodes[0].role[3]: etcd is here already"]),
        (f"address: 192.0.2.1, port: 70000, user: u, {ALL}", ["nodes[0].port: '70000' is not a port"]),
        (f"address: 192.0.2.1, port: '0022', user: u, {ALL}", []),
        (
            f"address: 192.0.2.1, user: u, docker_socket: 'unix:///var/run/docker.sock', {ALL}",
            ["nodes[0].docker_socket: this is neither an absolute path nor tcp://ADDRESS:PORT"],
        ),
        (
            f"address: 192.0.2.1, user: u, ssh_key: ~/.ssh/id_rsa, {ALL}",
            ["nodes[0].ssh_key: this is not the text of a private key"],
        ),
        (f"address: 192.0.2.1, user: u, host_key: 'SHA256:abc', {ALL}", ["nodes[0].host_key: this is not a host key"]),
        (f"address: 192.0.2.1, user: u, host_key: ssh-ed25519 AAAAC3Nza, {ALL}", []),
    ],
)
def test_one_node(told, entry, faults):
    assert told(nodes(entry)) == faults


@pytest.mark.parametrize("role", ["control-plane", "master", "control_plane", "ControlPlane"])
def test_a_misspelt_controlplane_is_recognised(told, role):
    assert told(nodes(f"address: 192.0.2.1, user: u, role: [etcd, worker, {role}]")) == [
        f"nodes[0].role[2]: '{role}' is not a role"
    ]


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (
            ["address: a, user: u, role: [worker]"],
            ["nodes: no node has role etcd", "nodes: no node has role controlplane"],
        ),
        (
            ["address: a, user: u, role: [controlplane, etcd]"],
            ["~nodes: no node has role worker, so ordinary pods have nowhere to run"],
        ),
        (
            [f"address: a, user: u, {ALL}", f"address: b, user: u, {ALL}"],
            ["~nodes: 2 etcd members bear no more failures than 1"],
        ),
        (
            [f"address: a, user: u, {ALL}", "address: a, user: u, role: [worker]"],
            ["nodes[1].address: nodes[0] has address a already"],
        ),
        (
            [f"address: a, user: u, {ALL}", "address: b, hostname_override: A, user: u, role: [worker]"],
            ["nodes[1].hostname_override: nodes[0] has hostname_override a already"],
        ),
        (
            [
                f"address: a, internal_address: 10.0.0.1, user: u, {ALL}",
                "address: b, internal_address: 10.0.0.1, user: u, role: [worker]",
            ],
            ["nodes[1].internal_address: nodes[0] has internal_address 10.0.0.1 already"],
        ),
    ],
)
def test_all_nodes_together(told, entries, said):
    assert told(nodes(*entries)) == said


def test_no_nodes_at_all(told):
    assert told("nodes: []") == ["nodes: there are no nodes"]


@pytest.mark.parametrize(
    ("labels", "faults"),
    [
        ("{zone: a, example.com/rack: b1, empty: ''}", []),
        ("{'a b': c}", ["nodes[0].labels[\"a b\"]: 'a b' cannot be a label's key"]),
        ("{zone: 'a b'}", ["nodes[0].labels.zone: 'a b' cannot be a label's value"]),
        (f"{{zone: {'x' * 64}}}", [f"nodes[0].labels.zone: '{'x' * 64}' cannot be a label's value"]),
        (
            "{Example.com/zone: a}",
            ["nodes[0].labels[\"Example.com/zone\"]: 'Example.com/zone' cannot be a label's key"],
        ),
    ],
)
def test_labels(told, labels, faults):
    assert told(nodes(f"address: 192.0.2.1, user: u, {ALL}, labels: {labels}")) == faults


@pytest.mark.parametrize(
    ("taints", "said"),
    [
        ("[{key: dedicated, value: gpu, effect: NoSchedule}]", []),
        (
            "[{key: dedicated, effect: NoSchedul}]",
            ["nodes[0].taints[0].effect: 'NoSchedul' is not an effect of taints"],
        ),
        ("[{key: dedicated}]", ["nodes[0].taints[0].effect: the taint has no effect"]),
        ("[{effect: NoExecute}]", ["nodes[0].taints[0].key: '' cannot be a taint's key"]),
        (
            "[{key: a, effect: NoExecute}, {key: a, value: b, effect: NoExecute}]",
            ["~nodes[0].taints[1]: the taint a:NoExecute is there already; this entry is dropped"],
        ),
        (
            "[{key: node-role.kubernetes.io/etcd, value: 'true', effect: NoExecute}]",
            [
                "~nodes[0].taints[0]: the taint node-role.kubernetes.io/etcd:NoExecute follows from the roles; "
                "this entry is dropped"
            ],
        ),
    ],
)
def test_taints(told, taints, said):
    assert told(nodes(f"address: 192.0.2.1, user: u, {ALL}, taints: {taints}")) == said
