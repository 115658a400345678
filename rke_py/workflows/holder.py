"""Who runs this process, as others are shown."""

from __future__ import annotations

import os
import platform

from rke_py.kube.interface import Holder
from rke_py.workflows.context import Context
from rke_py.workflows.login import login_name


def this_process(context: Context) -> Holder:
    """Return the user, the machine and the process that run rke-py now."""
    return Holder(user=login_name(), machine=platform.node(), process=os.getpid(), since=context.clock.now())
