"""Whether a restore of etcd was begun that has to be finished, or taken back."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.errors import Problem
from rke_py.state.model import State
from rke_py.state.restore import again


def under_way_problems(state: State) -> Iterable[Problem]:
    """Name a restore that is half done: which data the cluster is to have is for whoever asked for it to say.

    Once an API server answers from the restored data only the end is left, and nothing speaks against other work.
    """
    restore = state.restore
    if restore is not None:
        yield Problem(where="", what=str(restore), hint=again(restore), warning=restore.reached)
