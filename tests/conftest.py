"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is slow; how long an example takes says nothing about whether it is right.
settings.register_profile("rke-py", deadline=None)
settings.load_profile("rke-py")
