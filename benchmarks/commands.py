"""Running the installed command, with the time it took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

RKE_PY = str(Path(sys.executable).with_name("rke-py"))
"""The command as an operator starts it, of the environment that this program runs in."""

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""An operator's: what Python compiled is kept."""

_EVIDENCE = 2000


class NotMeasured(Exception):
    """Something did not work that has to work before its time means anything."""


def seconds_of(command: Sequence[str]) -> float:
    """Run a command to its end and return its wall time.

    Raises:
        NotMeasured: Its exit status was not 0.
    """
    began = time.monotonic()
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=ENVIRONMENT
    )
    seconds = time.monotonic() - began
    if done.returncode:
        said = (done.stderr or done.stdout)[-_EVIDENCE:]
        raise NotMeasured(f"{' '.join(command)}: exit status {done.returncode}\n{said}")
    return seconds
