import pytest

from rke_py.pki.names import api_server_names, api_url, bracketed, host_names, normal

from .clusters import cluster, host, services

V6 = host("v6", "ecw", "2001:DB8::1")


@pytest.mark.parametrize(
    ("given", "url"),
    [
        pytest.param("", "https://192.0.2.1:6443", id="the first control-plane host"),
        pytest.param("https://lb.example:443/prefix", "https://lb.example:443/prefix", id="a URL stays as it is"),
        pytest.param("lb.example", "https://lb.example:6443", id="a name"),
        pytest.param("lb.example:443", "https://lb.example:443", id="a name with a port"),
        pytest.param("198.51.100.7", "https://198.51.100.7:6443", id="an address"),
        pytest.param("2001:db8::7", "https://[2001:db8::7]:6443", id="an IPv6 address"),
        pytest.param("[2001:db8::7]:443", "https://[2001:db8::7]:443", id="an IPv6 address with a port"),
        pytest.param("[2001:db8::7]", "https://[2001:db8::7]:6443", id="an IPv6 address in brackets"),
    ],
)
def test_the_url_of_the_api(given: str, url: str) -> None:
    assert api_url(cluster(api_server_address=given)) == url


def test_the_url_of_an_ipv6_host_has_brackets() -> None:
    assert api_url(cluster(V6)) == "https://[2001:DB8::1]:6443"


def test_an_api_server_answers_to_every_name_it_is_called_by() -> None:
    wanted = cluster(
        api_sans=("API.example", "203.0.113.9"),
        api_server_address="https://lb.example:443",
        services=services(("10.43.0.0/16", "fd00:43::/112"), "corp.example"),
    )

    assert api_server_names(wanted) == {
        *("localhost", "127.0.0.1", "::1"),
        *("192.0.2.1", "10.0.0.1", "n1", "192.0.2.2", "10.0.0.2", "n2"),
        *("api.example", "203.0.113.9", "lb.example"),
        *("10.43.0.1", "fd00:43::1"),
        *("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.corp.example"),
    }


def test_an_api_server_has_no_names_of_hosts_without_control_plane() -> None:
    assert api_server_names(cluster()).isdisjoint({"n3", "192.0.2.3", "n4", "192.0.2.4"})


def test_a_host_is_called_by_both_addresses_and_its_name() -> None:
    assert host_names(host("web.example", "w", "WEB.example", "2001:db8:0::4")) == {"web.example", "2001:db8::4"}


@pytest.mark.parametrize(
    ("name", "same"),
    [("Node.Example", "node.example"), ("2001:DB8:0:0::1", "2001:db8::1"), ("10.0.0.1", "10.0.0.1")],
)
def test_names_are_compared_in_one_form(name: str, same: str) -> None:
    assert normal(name) == same


@pytest.mark.parametrize(
    ("address", "text"), [("10.0.0.1", "10.0.0.1"), ("lb.example", "lb.example"), ("fd00::1", "[fd00::1]")]
)
def test_only_ipv6_addresses_get_brackets(address: str, text: str) -> None:
    assert bracketed(address) == text
