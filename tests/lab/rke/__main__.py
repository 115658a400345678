"""The cluster that RKE made, to try things on: ``python -m tests.lab.rke [NAME]``, with a host to spare.

``vagrant/lab/lab down --name NAME`` ends it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from .reenact import reenacted

name = sys.argv[1] if len(sys.argv) > 1 else "rke"
cluster = reenacted(name, Path(".lab", name).resolve(), spare=True)
person = cluster.operator
sys.stdout.write(f"cd {person.folder} && HOME={person.home} SSH_AUTH_SOCK= rke-py adopt\n")
