"""The cluster that RKE made, to try things on: ``python -m tests.lab.rke [NAME]``, and ``lab down --name NAME``."""

from __future__ import annotations

import sys
from pathlib import Path

from .reenact import reenacted

name = sys.argv[1] if len(sys.argv) > 1 else "rke"
person = reenacted(name, Path(".lab", name).resolve()).operator
sys.stdout.write(f"cd {person.folder} && HOME={person.home} SSH_AUTH_SOCK= rke-py adopt\n")
