"""``python -m benchmarks``: every program, one after another, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

PROGRAMS = ("start", "cluster", "simulated", "connections", "status", "day_two", "snapshots")


def main() -> int:
    """Run them all; return 1 when one of them could not measure."""
    failed = [
        name
        for name in PROGRAMS
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode
    ]
    if failed:
        print(f"Error: not measured: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
