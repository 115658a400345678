"""A cluster.yml that a program has as a file, as text or as a mapping, checked before anything else is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from rke_py.cluster.model import Cluster
from rke_py.errors import Problem
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.loading import load_cluster, read_text
from rke_py.workflows.remembered import running_version

_BESIDE = Path("cluster.yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What a cluster.yml asks for, without a fault.

    Attributes:
        path: Where the file is, or would be: state, kubeconfig and journal are kept beside it.
        text: What is in it; secrets too.
        cluster: The cluster that it asks for, every default filled in.
        warnings: What is odd about it.
    """

    path: Path
    text: str = field(repr=False)
    cluster: Cluster
    warnings: tuple[Problem, ...] = ()


def load(source: Path | str | Mapping[str, object], *, path: Path = _BESIDE) -> Configuration:
    """Read and check a cluster.yml; no host is asked, nothing is written.

    A cluster that was made already keeps its version where the source names none.

    Args:
        source: A file's path; else its text, or the same as a mapping, whose faults are then told by line of
            ``yaml.safe_dump(source, sort_keys=False)`` and by key.
        path: Where state, kubeconfig and journal are kept beside, and where the paths in ``addons_include`` begin; the
            file itself need not be there. With a ``Path`` as source it is that.

    Raises:
        UsageError: There is no such file.
        ConfigError: Every fault of it.
    """
    match source:
        case Path():
            path, text = source, read_text(source)
        case str():
            text = source
        case _:
            text = yaml.safe_dump(dict(source), sort_keys=False, allow_unicode=True)
    state = StateStore(Context(config=path).state_path).read()
    asked = load_cluster(path, text=text, running_version=running_version(state))
    return Configuration(path=path, text=text, cluster=asked.cluster, warnings=asked.warnings)
