import pytest


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("{plugin: flannel}", []),
        ("{plugin: none}", []),
        ("{plugin: canal}", []),
        ("{plugin: cilium}", ["network.plugin: 'cilium' is not a plugin of network"]),
        ("{plugin: flannel, mtu: 1450}", ["network.mtu: plugin flannel does not take mtu"]),
        ("{enable_br_netfilter: true}", []),
        (
            "{enable_br_netfilter: false}",
            [],
        ),
        ("{options: {flannel_backend_type: host-gw, flannel_backend_port: 4789, flannel_backend_vni: 4096}}", []),
        (
            "{options: {flannel_backend_type: vxlam}}",
            ["network.options.flannel_backend_type: 'vxlam' is not a back-end of flannel"],
        ),
        ("{options: {flannel_backend_port: high}}", ["network.options.flannel_backend_port: 'high' is not a port"]),
        (
            "{options: {flannel_backend_vni: 0}}",
            ["network.options.flannel_backend_vni: '0' is not a network identifier"],
        ),
        ("{options: {flanel_iface: eth0}}", ["network.options.flanel_iface: flanel_iface is not an option here"]),
        (
            "{options: {canal_iface: eth0}}",
            ["~network.options.canal_iface: canal_iface belongs to another choice and has no effect"],
        ),
        ("{plugin: none, options: {a: b}}", ["~network.options: options have no effect with plugin none"]),
        ("{node_selector: {'a b': c}}", ["network.node_selector[\"a b\"]: 'a b' cannot be a label's key"]),
        (
            "{update_strategy: {strategy: Recreate}}",
            ["network.update_strategy.strategy: 'Recreate' is not an update strategy of a DaemonSet"],
        ),
        (
            "{update_strategy: {rollingUpdate: {maxUnavailable: 1, maxSurge: 1}}}",
            [
                "network.update_strategy.rollingUpdate.maxSurge: maxSurge is not for this DaemonSet: "
                "it holds ports of the host"
            ],
        ),
    ],
)
def test_network(told, block, said):
    assert told(f"network: {block}") == said


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("{provider: coredns, upstreamnameservers: [192.0.2.53, '192.0.2.53:5353', '2001:db8::53']}", []),
        ("{provider: kube-dns}", []),
        (
            "{upstreamnameservers: [dns.example.com]}",
            ["dns.upstreamnameservers[0]: 'dns.example.com' is not the address of a DNS server"],
        ),
        ("{stubdomains: {example.com: [192.0.2.53]}}", []),
        (
            "{stubdomains: {example.com: [none]}}",
            ["dns.stubdomains[\"example.com\"][0]: 'none' is not the address of a DNS server"],
        ),
        ("{reversecidrs: [10.0.0.0/8, in-addr.arpa]}", []),
        (
            "{reversecidrs: ['10.0.0.0 / 8']}",
            ["dns.reversecidrs[0]: '10.0.0.0 / 8' is neither a CIDR nor a reverse zone"],
        ),
        ("{options: {coredns_priority_class_name: a}}", []),
        (
            "{options: {kube_dns_priority_class_name: a}}",
            [
                "~dns.options.kube_dns_priority_class_name: kube_dns_priority_class_name belongs to another choice "
                "and has no effect"
            ],
        ),
        ("{linear_autoscaler_params: {min: 3, max: 2}}", ["dns.linear_autoscaler_params.max: max 2 is below min 3"]),
        (
            "{linear_autoscaler_params: {nodes_per_replica: -1}}",
            ["dns.linear_autoscaler_params.nodes_per_replica: a negative count means nothing"],
        ),
        ("{tolerations: [{key: a, operator: Exists, effect: NoExecute, tolerationseconds: 30}]}", []),
        (
            "{tolerations: [{key: a, operator: Is}]}",
            ["dns.tolerations[0].operator: 'Is' is not an operator of tolerations"],
        ),
        (
            "{tolerations: [{effect: NoExecute}]}",
            ["dns.tolerations[0]: a toleration without key needs operator Exists"],
        ),
        (
            "{tolerations: [{key: a, operator: Exists, value: b}]}",
            ["dns.tolerations[0].value: operator Exists takes no value"],
        ),
        (
            "{update_strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 0}}}",
            [
                "dns.update_strategy.rollingUpdate: nothing may be down and nothing may be added, "
                "so nothing could ever be replaced"
            ],
        ),
        (
            "{update_strategy: {strategy: Recreate, rollingUpdate: {maxSurge: 1}}}",
            ["~dns.update_strategy.rollingUpdate: rollingUpdate has no effect with strategy Recreate"],
        ),
    ],
)
def test_dns(told, block, said):
    assert told(f"dns: {block}") == said


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("{provider: metrics-server, replicas: 2, options: {v: 4}}", []),
        ("{provider: prometheus}", ["monitoring.provider: 'prometheus' is not a provider of monitoring"]),
        ("{replicas: -1}", ["monitoring.replicas: a negative count means nothing"]),
    ],
)
def test_monitoring(told, block, said):
    assert told(f"monitoring: {block}") == said


@pytest.mark.parametrize(
    ("manifests", "said"),
    [
        ("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n---\n# nothing\n", []),
        (
            "kind: Namespace\n---\njust text\n",
            [
                "addons: document 1 of the manifests has no apiVersion",
                "addons: document 2 of the manifests has no apiVersion and kind",
            ],
        ),
        (
            "a: b\n  c: d\n",
            ["addons: the manifests are not YAML, line 2 of the text: mapping values are not allowed in this context"],
        ),
        (
            "a: " + "[" * 5000,
            ["addons: the manifests are not YAML, line 1 of the text: lists or maps are nested too deeply"],
        ),
    ],
)
def test_manifests(told, manifests, said):
    indented = "".join(f"  {line}\n" for line in manifests.splitlines())
    assert told(f"addons: |\n{indented}") == said


def test_an_include_without_a_name(told):
    assert told("addons_include: [a.yml, '']") == ["addons_include[1]: the name of the file or URL is empty"]
