"""Where figures come from: the commit, the day, the machine."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
_MEASURED = ("rke_py", "templates", "vagrant", "benchmarks/*.py", "benchmarks/**/*.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What has to be said beside a figure.

    Attributes:
        commit: Short hash; ``with changes`` follows where the code measured was not what it holds.
        date: ``2026-11-21``, UTC.
        machine: Processors, memory, kernel, Python.
    """

    commit: str
    date: str
    machine: str

    @classmethod
    def of_here(cls) -> Provenance:
        """Look at this checkout and this machine."""
        changes = _git("status", "--porcelain", "--untracked-files=no", "--", *_MEASURED)
        commit = _git("rev-parse", "--short", "HEAD") or "unknown"
        return cls(
            commit=f"{commit} with changes" if changes else commit,
            date=datetime.now(UTC).date().isoformat(),
            machine=_machine(),
        )


def _git(*words: str) -> str:
    done = subprocess.run(["git", "-C", str(CHECKOUT), *words], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _machine() -> str:
    cores = os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = processor(Path("/proc/cpuinfo").read_text("utf-8", "replace"))
    system = f"{platform.system()} {platform.release()}"
    return f"{cores} cores of {model}, {memory:.0f} GiB, {system}, Python {platform.python_version()}"


def processor(cpuinfo: str) -> str:
    """Return the processor's name out of /proc/cpuinfo; the architecture where it has none."""
    found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    return " ".join(found[1].split()) if found else platform.machine()
