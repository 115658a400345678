"""``python3 -m vagrant.lab``."""

import sys

from .cli import main

sys.exit(main())
