"""The way to a host: cluster.yml's words joined with the operator's ssh_config.

Of ssh_config these are followed: HostName, Port, User, IdentityFile, ProxyJump, HostKeyAlias, Include, Host and Match.
cluster.yml wins where it says something (port 22 says nothing: it is the default); HostName always applies.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import paramiko

from rke_py.cluster.model import SshAccess
from rke_py.errors import UsageError

_PORT = 22
_MOST_JUMPS = 8
_JUMP = re.compile(r"(?:ssh://)?(?:(?P<user>[^@]+)@)?(?P<address>\[[^]]+\]|[^:]+)(?::(?P<port>\d+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One SSH server on the way.

    Attributes:
        access: User and keys; its address and port are those to connect to.
        identity_files: Further key files that ssh_config names.
        alias: HostKeyAlias, or empty.
    """

    access: SshAccess
    identity_files: tuple[str, ...] = ()
    alias: str = ""

    def __str__(self) -> str:
        address = f"[{self.access.address}]" if ":" in self.access.address else self.access.address
        return f"{self.access.user}@{address}:{self.access.port}"


class SshConfig:
    """The operator's ssh_config.

    Args:
        text: The file's text with Include already followed (``read_ssh_config``); empty for none.
        user: The name of whoever runs rke-py, for hosts whose user nobody set.
    """

    def __init__(self, text: str, *, user: str) -> None:
        self._empty = not text.strip()
        try:
            self._config = paramiko.SSHConfig.from_text(text)
        except paramiko.ConfigParseError as fault:
            raise UsageError(f"ssh_config cannot be read: {fault}", hint="Check it with: ssh -G HOST") from fault
        self._user = user

    def route(self, access: SshAccess, bastion: SshAccess | None) -> tuple[Hop, ...]:
        """Return the servers to pass, the target last; cluster.yml's bastion wins over ProxyJump."""
        target = self._hop(access)
        if bastion is not None:
            return (*self._jumps_to(bastion), self._hop(bastion), target)
        return (*self._jumps_to(access), target)

    def _jumps_to(self, access: SshAccess, before: tuple[str, ...] = ()) -> tuple[Hop, ...]:
        """Follow ProxyJump; a jump host that a pattern such as ``Host *`` sends through itself is not."""
        jumps = [jump.strip() for jump in self._lookup(access.address).get("proxyjump", "none").split(",")]
        if jumps == ["none"] or access.address in before or len(before) >= _MOST_JUMPS:
            return ()
        hops = [_parse_jump(jump, access) for jump in jumps]
        if any(hop.address in (access.address, *before) for hop in hops):
            return ()
        first = self._jumps_to(hops[0], (*before, access.address, *(hop.address for hop in hops[1:])))
        return (*first, *(self._hop(hop) for hop in hops))

    def _hop(self, access: SshAccess) -> Hop:
        options = self._lookup(access.address)
        return Hop(
            access=replace(
                access,
                address=options.get("hostname", access.address),
                port=int(options.get("port", _PORT)) if access.port == _PORT else access.port,
                user=access.user or options.get("user", self._user),
            ),
            identity_files=tuple(options.get("identityfile", ())),
            alias=options.get("hostkeyalias", ""),
        )

    def _lookup(self, address: str) -> Mapping[str, Any]:
        if self._empty:
            return {}
        try:
            return self._config.lookup(address)
        except (paramiko.SSHException, ImportError) as fault:  # Match exec needs a library that is not here
            raise UsageError(f"ssh_config cannot be applied to {address}: {fault}") from fault
        except (KeyError, OSError) as fault:  # paramiko asks for the name of whoever is logged in
            hint = "This machine has no name for the user that runs rke-py: give it one in the variable USER."
            raise UsageError(f"ssh_config cannot be applied to {address}: {fault}", hint=hint) from fault


def _parse_jump(text: str, target: SshAccess) -> SshAccess:
    """Read ``[user@]host[:port]``; a jump host is shown the same keys as its target, as ssh does."""
    found = _JUMP.fullmatch(text)
    if found is None:
        raise UsageError(f"ssh_config: ProxyJump {text!r} is not [user@]host[:port]")
    address = found["address"].removeprefix("[").removesuffix("]")
    return replace(target, address=address, port=int(found["port"] or _PORT), user=found["user"] or "", host_key="")


def read_ssh_config(path: Path) -> str:
    """Return the text of an ssh_config with its Include lines replaced by what they name; empty when there is none."""
    return "\n".join(_lines(path, path.parent, ()))


def _lines(path: Path, folder: Path, before: tuple[Path, ...]) -> Sequence[str]:
    if path in before or not path.is_file():
        return ()
    lines: list[str] = []
    for line in path.read_text("utf-8", "replace").splitlines():
        words = line.strip().replace("=", " ", 1).split()
        if words and words[0].lower() == "include":
            patterns = [str(folder / Path(word.strip('"')).expanduser()) for word in words[1:]]
            names = [name for pattern in patterns for name in sorted(glob.glob(pattern))]
            lines += [line for name in names for line in _lines(Path(name), folder, (*before, path))]
        else:
            lines.append(line)
    return lines
