"""``rke-py completion``: the script that completes commands and flags in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from rke_py.cli.pages import Command

_VARIABLE = "_RKE_PY_COMPLETE"


@click.command("completion", cls=Command, short_help="Print the shell's completion script.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script that completes rke-py's commands and flags in SHELL.

    Examples:
      bash:  rke-py completion bash > ~/.local/share/bash-completion/completions/rke-py
      zsh:   rke-py completion zsh > "${fpath[1]}/_rke-py"
      fish:  rke-py completion fish > ~/.config/fish/completions/rke-py.fish

    Open a new shell afterwards. Exit status: 0; 2 for a shell that is not one of these.
    """
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click brings all three
    click.echo(kind(ctx.find_root().command, {}, "rke-py", _VARIABLE).source())
