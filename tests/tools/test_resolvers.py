"""Which resolv.conf pods can use."""

from __future__ import annotations

from pathlib import Path

import pytest

from rke_py.tools.resolvers import ORDINARY, UPSTREAM, name_servers, resolv_conf

STUB = "nameserver 127.0.0.53\noptions edns0\n"
REAL = "search example\nnameserver 10.0.0.2\nnameserver fd00::2\n"


def write(root: Path, path: str, text: str) -> None:
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_name_servers() -> None:
    assert name_servers(f"# comment\n{REAL}nameserver\n") == ("10.0.0.2", "fd00::2")


@pytest.mark.parametrize(
    ("ordinary", "upstream", "chosen"),
    [
        pytest.param(REAL, None, ORDINARY, id="no systemd-resolved"),
        pytest.param(STUB, REAL, UPSTREAM, id="stub of systemd-resolved"),
        pytest.param(REAL, REAL, ORDINARY, id="systemd-resolved runs but the host does not use it"),
        pytest.param(STUB, None, ORDINARY, id="a resolver of another kind on the host"),
        pytest.param(STUB, STUB, ORDINARY, id="no usable file"),
        pytest.param("nameserver ::1\n", REAL, UPSTREAM, id="IPv6 loopback"),
        pytest.param("nameserver fe80::1%eth0\n", REAL, ORDINARY, id="link-local address"),
        pytest.param(None, REAL, UPSTREAM, id="no resolv.conf"),
    ],
)
def test_choice(tmp_path: Path, ordinary: str | None, upstream: str | None, chosen: str) -> None:
    for path, text in ((ORDINARY, ordinary), (UPSTREAM, upstream)):
        if text is not None:
            write(tmp_path, path, text)
    assert resolv_conf(tmp_path) == chosen
