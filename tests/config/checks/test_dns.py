import pytest


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("{provider: coredns, upstreamnameservers: [192.0.2.53, '192.0.2.53:5353', '2001:db8::53']}", []),
        ("{provider: kube-dns}", []),
        ("{provider: kube-dns, options: {kube_dns_priority_class_name: a}}", []),
        ("{reversecidrs: ['10.0.0.0/8 in-addr.arpa']}", []),
        ("{nodelocal: {}}", []),
        ("{nodelocal: {update_strategy: {rollingUpdate: {}}}}", []),
        ("{nodelocal: {ip_address: 169.254.20.10, update_strategy: {rollingUpdate: {maxUnavailable: 2}}}}", []),
        (
            "{nodelocal: {node_selector: {a: b}}}",
            ["~dns.nodelocal: without ip_address there is no cache on nodes"],
        ),
        ("{nodelocal: {ip_address: local}}", ["dns.nodelocal.ip_address: 'local' is not an IP address"]),
        (
            "{provider: none, nodelocal: {ip_address: 169.254.20.10}}",
            ["dns.nodelocal: the cache on nodes asks the cluster's DNS, and provider is none"],
        ),
        (
            "{upstreamnameservers: [dns.example.com]}",
            ["dns.upstreamnameservers[0]: 'dns.example.com' is not the address of a DNS server"],
        ),
        ("{upstreamnameservers: [192.0.2.53, '192.0.2.53:5353', '2001:db8::53', '[2001:db8::53]:5353']}", []),
        *(
            (
                f"{{upstreamnameservers: ['{server}']}}",
                [f"dns.upstreamnameservers[0]: '{server}' is not the address of a DNS server"],
            )
            for server in ("[2001:db8::53]", "[2001:db8::53", "[192.0.2.53", "[2001:db8::53]:0", "192.0.2.53:")
        ),
        ("{stubdomains: {example.com: [192.0.2.53]}}", []),
        (
            "{stubdomains: {Example.com: [192.0.2.53], example.com: [192.0.2.54]}}",
            ['dns.stubdomains["example.com"]: example.com is in another entry already'],
        ),
        (
            "{stubdomains: {cluster.local: [192.0.2.53]}}",
            ['dns.stubdomains["cluster.local"]: cluster.local is the cluster\'s own domain already'],
        ),
        ("{stubdomains: {10.in-addr.arpa: [192.0.2.53]}}", []),
        ("{stubdomains: {10.in-addr.arpa: [192.0.2.53]}, nodelocal: {ip_address: 169.254.20.10}}", []),
        (
            "{stubdomains: {10.in-addr.arpa: [192.0.2.53]}, reversecidrs: [10.0.0.0/8], "
            "nodelocal: {ip_address: 169.254.20.10}}",
            ['dns.stubdomains["10.in-addr.arpa"]: 10.in-addr.arpa is the cluster\'s reverse zone already'],
        ),
        ("{stubdomains: {example.com: []}}", ['dns.stubdomains["example.com"]: example.com has no DNS server']),
        ("{stubdomains: {example.com: }}", ['dns.stubdomains["example.com"]: example.com has no DNS server']),
        (
            "{stubdomains: {example.com: [none]}}",
            ["dns.stubdomains[\"example.com\"][0]: 'none' is not the address of a DNS server"],
        ),
        ("{reversecidrs: [10.0.0.0/8, in-addr.arpa]}", []),
        (
            "{reversecidrs: ['10.0.0.0/33']}",
            ["dns.reversecidrs[0]: '10.0.0.0/33' is neither a CIDR nor a reverse zone"],
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
            "{tolerations: [{key: a, operator: Exists, effect: NoSchedule, tolerationSeconds: 30}]}",
            ["dns.tolerations[0]: tolerationSeconds goes with effect NoExecute only"],
        ),
        (
            "{tolerations: [{key: a, operator: Exists, tolerationSeconds: 0}]}",
            ["dns.tolerations[0]: tolerationSeconds goes with effect NoExecute only"],
        ),
        (
            "{tolerations: [{key: a b, operator: Exists}, {key: example.com/a, value: b c}]}",
            [
                "dns.tolerations[0].key: 'a b' cannot be a toleration's key",
                "dns.tolerations[1].value: 'b c' cannot be a toleration's value",
            ],
        ),
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


def test_a_cluster_domain_of_ones_own_leaves_the_usual_one_to_others(told):
    text = "dns: {stubdomains: {cluster.local: [192.0.2.53]}}\nservices: {kubelet: {cluster_domain: corp.example}}\n"
    assert told(text) == []
