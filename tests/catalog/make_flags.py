"""Write the table of flags of one Kubernetes minor from ``--help`` of the very programs.

    python tests/catalog/make_flags.py 'kube-apiserver=hyperkube kube-apiserver' … 'etcd=etcd' > \
        rke_py/catalog/data/flags-1.34.json
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys

_FLAG = re.compile(r"^ {2,6}(?:-\w, )?--(?P<name>[A-Za-z0-9][\w-]*)", re.MULTILINE)
_VERSION = re.compile(r"\bv?(\d+\.\d+\.\d+)")


def flag_names(help_text: str) -> list[str]:
    """Return the names of the flags that a help text lists, without dashes."""
    return sorted({match["name"] for match in _FLAG.finditer(help_text)})


def table(programs: dict[str, list[str]]) -> dict[str, object]:
    """Ask every program for its version and its flags."""
    made_from, flags = {}, {}
    for component, command in sorted(programs.items()):
        version = _VERSION.search(_output([*command, "--version"]))
        made_from[component] = version[1] if version else "unknown"
        flags[component] = flag_names(_output([*command, "--help"]))
    return {"made_from": made_from, "flags": flags}


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def main() -> None:
    """Print the table of the programs named on the command line."""
    named = (argument.partition("=") for argument in sys.argv[1:])
    sys.stdout.write(
        json.dumps(table({component: shlex.split(command) for component, _, command in named}), indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
