import pytest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bastion_host: {address: 192.0.2.9, user: u}", []),
        ("bastion_host: {address: 192.0.2.9}", ["bastion_host.user: the bastion has no user"]),
        ("bastion_host: {user: u}", ["~bastion_host.address: the bastion has no address, so it is not used"]),
        (
            "bastion_host: {address: 'a:22', user: u, port: x}",
            [
                "bastion_host.address: 'a:22' is neither an IP address nor a host name",
                "bastion_host.port: 'x' is not a port",
            ],
        ),
        ("authentication: {strategy: X509, sans: [192.0.2.7, Api.example.com, lb_1.corp, '*.example.com']}", []),
        (
            "authentication: {strategy: x509 | webhook}",
            [],
        ),
        (
            "authentication: {strategy: oidc}",
            [
                "authentication.strategy: 'oidc' is not a strategy",
                "authentication.strategy: the strategy must contain x509",
            ],
        ),
        (
            "authentication: {sans: ['https://a']}",
            ["authentication.sans[0]: 'https://a' is neither an IP address nor a DNS name"],
        ),
        ("authorization: {mode: none}", []),
        (
            "authorization: {mode: RBAC, options: {a: b}}",
            ["~authorization.options: authorization.options has no effect, as in RKE"],
        ),
        ("proxy: {http: 'http://proxy.example.com:3128', no_proxy: [example.com]}", []),
        ("proxy: {https: 'proxy.example.com:3128'}", ["proxy.https: this is not the URL of a proxy"]),
        ("proxy: {http: 'http://user:hunter2@proxy:port'}", ["proxy.http: this is not the URL of a proxy"]),
        ("proxy: {no_proxy: [a]}", ["~proxy.no_proxy: no_proxy has no effect without http or https"]),
        ("kube_config: {server: 'https://kube.example.com:6443'}", []),
        (
            "kube_config: {server: kube.example.com}",
            ["kube_config.server: 'kube.example.com' is not the URL of an API server"],
        ),
        ("pki: {key_algorithm: rsa-2048}", []),
        ("pki: {key_algorithm: rsa}", ["pki.key_algorithm: 'rsa' is not a key algorithm"]),
        ("max_concurrent_pulls: 0", ["max_concurrent_pulls: at least one pull must be allowed"]),
    ],
)
def test_access(told, text, said):
    assert told(text) == said
