import pytest

from rke_py.config.reverse_zones import reverse_zones


@pytest.mark.parametrize(
    ("given", "zones"),
    [
        ((), ("in-addr.arpa", "ip6.arpa")),
        (("10.0.0.0/8",), ("10.in-addr.arpa",)),
        (("10.42.0.0/16", "10.43.0.0/16"), ("42.10.in-addr.arpa", "43.10.in-addr.arpa")),
        (("192.0.2.0/24",), ("2.0.192.in-addr.arpa",)),
        (("192.0.2.128/31",), ("128.2.0.192.in-addr.arpa", "129.2.0.192.in-addr.arpa")),
        (("172.16.0.0/14",), tuple(f"{number}.172.in-addr.arpa" for number in (16, 17, 18, 19))),
        (("fd00::/8",), ("d.f.ip6.arpa",)),
        (("10.0.0.0/8 in-addr.arpa.",), ("10.in-addr.arpa", "in-addr.arpa")),
        (("0.0.0.0/0",), ("in-addr.arpa",)),
    ],
)
def test_reverse_zones(given: tuple[str, ...], zones: tuple[str, ...]) -> None:
    assert reverse_zones(given) == zones
