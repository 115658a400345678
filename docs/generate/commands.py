"""reference/commands.md: every command's own help page."""

from __future__ import annotations

from collections.abc import Iterator

import click

from rke_py.cli.rke import NEEDLESS, OPTIONS, SAME
from rke_py.cli.root import root

from .markdown import code, fenced, page, table

_WIDTH = 100
_ENVIRONMENT = """\
## Environment

| variable | meaning |
| -- | -- |
| `RKE_CONFIG` | the file that `--config` names |
| `RKE_SSH_PASSPHRASE` | the passphrase of the SSH keys, for runs that nobody watches |
| `RKE_PY_STATE_KEY` | encrypts the copies of the state, in the cluster and beside snapshots |
| `RKE_PY_STATE_KEY_FILE` | a file with that key in it |
| `SSH_AUTH_SOCK` | where the SSH agent answers, with `ssh_agent_auth: true` |
| `DOCKER_CERT_PATH` | folder with ca.pem, cert.pem and key.pem for hosts whose `docker_socket` is a port (`tcp://`) |
| `DOCKER_TLS_VERIFY` | the same with `~/.docker` as the folder |
| `NO_COLOR` | output without colours |
"""


_RKE = """\
## RKE's spellings

What RKE's operators type means the same here: flags with one dash or two, before the command or behind it, help before
a command. What RKE has and rke-py has not is answered with what to do instead.
"""


def _rke() -> str:
    same = ((code(f"rke {name}"), code(f"rke-py {ours}")) for name, ours in SAME.items())
    needless = ((code(f"rke up {flag}"), f"accepted, changes nothing. {why}") for flag, why in NEEDLESS.items())
    flags = ((code(f"rke {name} {flag}"), hint) for name, hints in OPTIONS.items() for flag, hint in hints.items())
    return _RKE + "\n" + table(("RKE", "rke-py"), [*same, *needless, *flags])


def commands_page() -> str:
    """Return the page of the command line."""
    helps = [f"## {path}\n\n{fenced(text, 'text')}" for path, text in help_pages()]
    said = "The help pages of the program, word for word. `-h` shows them too."
    return page("Command line", said, *helps, _ENVIRONMENT, _rke())


def help_pages() -> Iterator[tuple[str, str]]:
    """Yield every command's name and help page, in the order in which help lists them."""
    yield from _pages(root, "rke-py", None)


def _pages(command: click.Command, name: str, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    settings = {**command.context_settings, "terminal_width": _WIDTH, "max_content_width": _WIDTH}
    context = command.context_class(command, info_name=name, parent=parent, **settings)
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found is not None and not found.hidden:
                yield from _pages(found, inner, context)
