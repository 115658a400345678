"""Small programs on a host, run by the user's login shell; only to find out why Docker cannot be reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from paramiko.channel import Channel

from rke_py.transport.channels import HostTransport
from rke_py.transport.interface import Output

_MOST = 65536


def run_command(transport: HostTransport, command: Sequence[str], timeout: float) -> Output:
    """Run a program to its end.

    Args:
        transport: The connection to the host.
        command: Its argument list.
        timeout: Seconds for each step.

    Raises:
        ChannelRefused: The server does not run commands.
        ConnectionLost, TimeoutError: As they say.
    """
    channel = transport.open_command(command, timeout)
    try:
        channel.shutdown_write()
        return finish(channel, timeout)
    finally:
        channel.close()


def finish(channel: Channel, timeout: float) -> Output:
    """Read what a program still writes, up to 64 KiB of each stream, and wait for its end; raises TimeoutError."""
    channel.settimeout(timeout)
    stdout = _rest(channel.recv)
    stderr = _rest(channel.recv_stderr)
    if not channel.status_event.wait(timeout):
        raise TimeoutError(f"the command did not end within {timeout:g} s")
    return Output(exit_code=channel.exit_status, stdout=stdout, stderr=stderr)


def _rest(receive: Callable[[int], bytes]) -> str:
    data = b""
    while len(data) < _MOST and (chunk := receive(_MOST)):
        data += chunk
    return data.decode("utf-8", "replace").strip()
