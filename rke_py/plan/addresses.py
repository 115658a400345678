"""Host addresses as they stand in URLs and flags."""

from __future__ import annotations

from ipaddress import ip_address

LOOPBACK = "127.0.0.1"


def https_url(address: str, port: int) -> str:
    """Return ``https://address:port``, an IPv6 address in brackets."""
    return f"https://[{address}]:{port}" if ":" in address else f"https://{address}:{port}"


def is_ip_address(text: str) -> bool:
    """Tell an IP address from a name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
