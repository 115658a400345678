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
        ("{plugin: canal, options: {canal_flannel_backend_type: host-gw, canal_iface: eth0}, mtu: 1400}", []),
        (
            "{plugin: canal, options: {canal_flannel_backend_vni: none}}",
            ["network.options.canal_flannel_backend_vni: 'none' is not a network identifier"],
        ),
        ("{plugin: calico, options: {calico_encapsulation: vxlan, calico_node_priority_class_name: a}}", []),
        (
            "{plugin: calico, options: {calico_encapsulation: gre}}",
            ["network.options.calico_encapsulation: 'gre' is not an encapsulation of calico"],
        ),
        ("{plugin: calico, options: {calico_ip_autodetection_method: 'interface=eth.*'}}", []),
        (
            "{plugin: calico, options: {calico_ip_autodetection_method: eth0}}",
            ["network.options.calico_ip_autodetection_method: 'eth0' is not a way to find a node's address"],
        ),
        ("{plugin: calico, mtu: -1}", ["network.mtu: -1 is not an MTU"]),
        ("{plugin: none, mtu: 1400}", ["~network.mtu: mtu has no effect with plugin none"]),
        ("{plugin: weave, options: {WeavePassword: a}}", []),
        ("{plugin: none, options: {a: b}}", ["~network.options: options have no effect with plugin none"]),
        ("{node_selector: {'a b': c}}", ["network.node_selector[\"a b\"]: 'a b' cannot be a label's key"]),
        (
            "{update_strategy: {strategy: Recreate}}",
            ["network.update_strategy.strategy: 'Recreate' is not an update strategy of a DaemonSet"],
        ),
        ("{update_strategy: {rollingUpdate: {maxUnavailable: 100%}}}", []),
        (
            "{update_strategy: {rollingUpdate: {maxUnavailable: 00%}}}",
            [
                "network.update_strategy.rollingUpdate: nothing may be down and nothing may be added, "
                "so nothing could ever be replaced"
            ],
        ),
        (
            "{update_strategy: {rollingUpdate: {maxUnavailable: 200%}}}",
            ["network.update_strategy.rollingUpdate.maxUnavailable: 200% is more than all pods"],
        ),
        (
            "{update_strategy: {rollingUpdate: {maxUnavailable: 2147483648}}}",
            ["network.update_strategy.rollingUpdate.maxUnavailable: 2147483648 is more than Kubernetes can count"],
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
        ("{provider: metrics-server, replicas: 2, options: {v: 4}}", []),
        ("{update_strategy: {rollingUpdate: {maxUnavailable: 0}}}", []),
        ("{provider: prometheus}", ["monitoring.provider: 'prometheus' is not a provider of monitoring"]),
        ("{options: {tls-cert-file: a}}", ["monitoring.options.tls-cert-file: tls-cert-file is set by rke-py"]),
        (
            "{options: {--v: 4}}",
            ["monitoring.options.--v: '--v' is not the name of a flag of metrics-server"],
        ),
        ("{replicas: -1}", ["monitoring.replicas: a negative count means nothing"]),
    ],
)
def test_monitoring(told, block, said):
    assert told(f"monitoring: {block}") == said


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("{provider: nginx, network_mode: hostNetwork, dns_policy: Default, options: {use-gzip: 'true'}}", []),
        ("{provider: traefik, options: {log.level: INFO}, http_port: 8080}", []),
        ("{provider: haproxy}", ["ingress.provider: 'haproxy' is not a provider of ingress"]),
        ("{network_mode: hostport}", ["ingress.network_mode: 'hostport' is not a network_mode"]),
        ("{dns_policy: Local}", ["ingress.dns_policy: 'Local' is not a dns_policy"]),
        ("{http_port: 70000}", ["ingress.http_port: 70000 is not a port"]),
        ("{http_port: 443}", ["ingress.https_port: 443 is http_port already"]),
        (
            "{network_mode: none, http_port: 8080}",
            ["~ingress.http_port: http_port has no effect with network_mode none"],
        ),
        ("{extra_args: {--v: 4}}", ["ingress.extra_args.--v: '--v' is not the name of a flag"]),
        ("{extra_args: {http-port: high}}", ["ingress.extra_args.http-port: 'high' is not a port"]),
        (
            "{provider: traefik, options: {'log level': INFO}}",
            ["ingress.options[\"log level\"]: 'log level' is not the name of a flag"],
        ),
        ("{options: {use-gzip: 'true', whitelist_source.range: a}}", []),
        (
            "{options: {'use gzip': 'true'}}",
            ["ingress.options[\"use gzip\"]: 'use gzip' cannot be the name of a setting"],
        ),
        (
            "{options: {..data: 'true'}}",
            ["ingress.options[\"..data\"]: '..data' cannot be the name of a setting"],
        ),
        ("{extra_envs: [{value: a}]}", ["ingress.extra_envs[0]: name is missing"]),
        ("{extra_envs: [{name: A, value: '5'}, {name: B, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]}", []),
        (
            "{extra_envs: [{name: A, value: 5}, {name: B, value: true}]}",
            [
                "ingress.extra_envs[0].value: the value of a variable has to be text",
                "ingress.extra_envs[1].value: the value of a variable has to be text",
            ],
        ),
        ("{extra_volume_mounts: [{}]}", ["ingress.extra_volume_mounts[0]: name and mountPath is missing"]),
        ("{extra_volumes: [{name: a, emptyDir: {}}], extra_volume_mounts: [{name: a, mountPath: /a}]}", []),
    ],
)
def test_ingress(told, block, said):
    assert told(f"ingress: {block}") == said


def test_the_plugin_of_a_file_that_names_none_follows_from_its_version(told):
    text = "network: {mtu: 1400, options: {canal_iface: eth0}}\nkubernetes_version: v1.32.2-rancher1-1\n"
    assert told(text) == []


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
