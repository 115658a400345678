"""The command line: flags → workflow → exit status.

``main`` is the program's entry. Everything is imported on demand: a command's module when the command is named, the
libraries that reach hosts when it runs, so that ``--version``, ``--help`` and completion answer at once.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its status."""
    if sys.argv[1:] == ["--version"]:
        # click alone takes longer to import than everything this answer needs
        from rke_py import __version__

        sys.stdout.write(f"rke-py {__version__}\n")
        return
    from rke_py.cli.root import root

    root(prog_name="rke-py")
