"""cluster.yml and everything it refers to, read from disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rke_py.catalog.release import UPSTREAM, Release
from rke_py.catalog.upgrades import check_upgrade
from rke_py.catalog.versions import find_release, newest
from rke_py.cluster.catalog_checks import catalog_findings
from rke_py.cluster.completed import completed
from rke_py.cluster.model import Cluster, Family, UserAddon
from rke_py.cluster.resolve import resolve
from rke_py.config.findings import Check, Finding
from rke_py.config.load import Loaded, load
from rke_py.config.outside import Outside, Unreadable
from rke_py.config.rke_json import to_rke_json
from rke_py.config.schema import ClusterConfig
from rke_py.config.unbuilt import unbuilt_findings
from rke_py.config.upstream import upstream_findings
from rke_py.errors import Problem, UsageError
from rke_py.state.model import State
from rke_py.state.past import with_past
from rke_py.workflows.user_addons import addons_beside, read_addons


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What cluster.yml asks for.

    Attributes:
        cluster: Resolved.
        completed: As it is written, with every default beside it.
        loaded: As it is written.
    """

    cluster: Cluster
    completed: ClusterConfig
    loaded: Loaded

    @property
    def remembered(self) -> dict[str, Any]:
        """It in the form in which the state remembers it."""
        return to_rke_json(self.completed)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What an operator should know although the run may go on."""
        return self.loaded.warnings


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A cluster.yml without a fault, of any release: of those too that cannot be planned any more.

    Attributes:
        version: The Kubernetes version it names, else the one that runs, else that of a new cluster.
    """

    config: ClusterConfig
    version: str
    warnings: tuple[Problem, ...]


def check_config(config: Path, *, running_version: str | None = None) -> Checked:
    """Read and check a cluster.yml with its ``addons_include``, whether or not it can be planned.

    Args:
        config: The file.
        running_version: The version that runs, which a file that names none keeps; None where there is no cluster.

    Raises:
        UsageError: There is no such file.
        ConfigError: Everything that is wrong with it.
    """
    loaded = read_config(config, None, (_performable(running_version, to_perform=False), addons_beside(config.parent)))
    addons = _included(loaded, config)
    version = loaded.config.kubernetes_version or running_version or newest()
    if isinstance(find_release(version, loaded.config.system_images.given()), Release):
        resolve(loaded.config, addons=addons, running_version=running_version, positions=loaded.positions)
    return Checked(config=loaded.config, version=version, warnings=loaded.warnings)


def load_cluster(
    config: Path,
    *,
    text: str | None = None,
    running_version: str | None = None,
    to_perform: bool = False,
    version: str = "",
) -> Asked:
    """Read a cluster.yml with its ``addons_include``.

    Args:
        config: The file.
        text: What is in it, when that is known already; the file need not be there then.
        running_version: The version that runs, which a file that names none keeps.
        to_perform: Refuse what rke-py can read and plan but not perform on hosts yet, instead of warning of it.
        version: A ``kubernetes_version`` to take instead of the file's own; none when empty.

    Raises:
        UsageError: There is no such file.
        ConfigError: Everything that is wrong with it; to perform, a version that cannot follow the running one too.
    """
    checks = (_performable(running_version, to_perform=to_perform), addons_beside(config.parent))
    loaded = read_config(config, text, checks, version)
    cluster = resolve(
        loaded.config,
        addons=_included(loaded, config),
        running_version=running_version,
        home=str(Path.home()),
        positions=loaded.positions,
    )
    return Asked(cluster=cluster, completed=completed(loaded.config, cluster), loaded=loaded)


def _included(loaded: Loaded, config: Path) -> tuple[UserAddon, ...]:
    """Read what ``addons_include`` names."""
    return tuple(addon for entry in loaded.config.addons_include for addon in read_addons(entry, config.parent))


def with_remembered(asked: Asked, state: State | None) -> Asked:
    """Return it with what a state remembers of its hosts: roles that they may still carry, and hosts that leave."""
    return replace(asked, cluster=with_past(asked.cluster, state, asked.loaded.config, str(Path.home())))


def refuse_rke_family(cluster: Cluster, what: str) -> None:
    """Refuse what is not built yet for clusters that RKE made; raises UsageError."""
    if cluster.family is Family.RKE:
        raise UsageError(
            f"{what} of RKE's own releases ({cluster.version}) is not built yet in rke-py",
            hint="Use the RKE that made it.",
        )


def refuse_while_migrating(cluster: Cluster, what: str) -> None:
    """Refuse what takes every host for one of ours, while some may be RKE's yet; raises UsageError."""
    if cluster.migrating:
        raise UsageError(
            f"{what} is possible once every host has left RKE's releases",
            hint="Go on with: rke-py up. Until then rke-py status shows how every component is.",
        )


def read_config(config: Path, text: str | None = None, checks: Sequence[Check] = (), version: str = "") -> Loaded:
    """Read and check a cluster.yml, with further checks of one's own; raises UsageError and ConfigError."""
    known = read_text(config) if text is None else text
    outside = Outside(environment=os.environ, read=lambda path: _read_beside(config, path))
    return load(known, source=config.name, checks=(catalog_findings, *checks), outside=outside, version=version)


def _read_beside(config: Path, path: str) -> str:
    """Return the text of a file that cluster.yml names."""
    try:
        return (config.parent / Path(path).expanduser()).read_text(encoding="utf-8")
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error
    except (UnicodeDecodeError, RuntimeError, ValueError) as error:
        raise Unreadable(str(error)) from error


def read_text(config: Path) -> str:
    """Return what is in a cluster.yml; raises UsageError."""
    try:
        return config.read_text(encoding="utf-8")
    except FileNotFoundError:
        hint = "Name the file with --config, or write one for your machines: rke-py config init"
        raise UsageError(f"there is no {config}", hint=hint) from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{config} is not UTF-8 text: {error}", hint="Save it as UTF-8.") from error
    except OSError as error:
        raise UsageError(f"{config} cannot be read: {error.strerror}") from error


def _performable(running_version: str | None, *, to_perform: bool) -> Check:
    """Return the check that nothing is asked for that cannot be performed."""

    def performable(config: ClusterConfig) -> Iterator[Finding]:
        version = config.kubernetes_version or running_version or newest()
        release = find_release(version, config.system_images.given())
        if isinstance(release, Release):
            for finding in unbuilt_findings(config, release.family, exists=running_version is not None):
                yield replace(finding, warning=not to_perform)
            if release.family == UPSTREAM:
                yield from upstream_findings(config)
            refused = check_upgrade(running_version, version) if running_version and to_perform else None
            if refused is not None:
                yield Finding(path=("kubernetes_version",), what=refused.what, hint=refused.hint)

    return performable
