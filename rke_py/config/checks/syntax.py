"""Spellings that Kubernetes and Docker accept: names, labels, addresses, images."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

_DNS_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_DNS_LABEL}(\.{_DNS_LABEL})*\Z")
_HOST_LABEL = r"[A-Za-z0-9_]([-A-Za-z0-9_]*[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"{_HOST_LABEL}(\.{_HOST_LABEL})*\Z")
_LABEL_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?\Z")
_IMAGE = re.compile(
    r"(?:(?P<registry>[A-Za-z0-9.-]+(?::\d+)?|\[[0-9a-fA-F:]+\](?::\d+)?)/)?"
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
    r"(?P<tag>:\w[\w.-]{0,127})?(?P<digest>@[A-Za-z0-9]+:[0-9a-fA-F]{32,})?\Z",
    re.ASCII,
)


def is_subdomain(text: str) -> bool:
    """Tell whether the text is a DNS-1123 subdomain: what a node's name must be."""
    return _is_short(text) and bool(_SUBDOMAIN.match(text))


def is_host_name(text: str) -> bool:
    """Tell whether the text is a name that resolvers and TLS take; unlike RFC 1123 both allow ``_``, as RKE did."""
    return _is_short(text) and bool(_HOST_NAME.match(text))


def _is_short(name: str) -> bool:
    return len(name) <= 253 and all(len(label) <= 63 for label in name.split("."))


def is_label_name(text: str) -> bool:
    """Tell whether the text is the key of a label or taint: ``[prefix/]name``."""
    prefix, slash, name = text.rpartition("/")
    return (is_subdomain(prefix) if slash else True) and len(name) <= 63 and bool(_LABEL_NAME.match(name))


def is_label_value(text: str) -> bool:
    """Tell whether the text is the value of a label or taint; it may be empty."""
    return text == "" or (len(text) <= 63 and bool(_LABEL_NAME.match(text)))


def is_ip(text: str) -> bool:
    """Tell whether the text is an IPv4 or IPv6 address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_port(text: str) -> bool:
    """Tell whether the text is a TCP port number."""
    return text.isascii() and text.isdecimal() and 1 <= int(text) <= 65535


def subnet(text: str) -> IPv4Network | IPv6Network | None:
    """Return the network of a CIDR such as 10.42.0.0/16; None when it is none or has host bits set."""
    if "/" not in text:
        return None
    try:
        return ip_network(text.strip())
    except ValueError:
        return None


def is_image(text: str) -> bool:
    """Tell whether Docker would take the text for an image reference."""
    return bool(_IMAGE.match(text))


def has_tag(image: str) -> bool:
    """Tell whether an image reference is pinned by a tag or a digest."""
    match = _IMAGE.match(image)
    return bool(match and (match["tag"] or match["digest"]))
