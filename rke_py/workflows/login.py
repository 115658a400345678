"""Who is logged in on the operator's machine."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable


def login_name(told: Callable[[], str] = getpass.getuser) -> str:
    """Return who is logged in; the number of the user where nobody gave it a name, as in many containers.

    Args:
        told: What the environment and the system's list of users tell.
    """
    try:
        return told()
    except (KeyError, OSError):  # the latter from Python 3.13 on
        return str(os.getuid())
