"""The text of a cluster.yml → ``Loaded``, or every fault of it at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rke_py.config.anew import written_anew
from rke_py.config.checks import CHECKS
from rke_py.config.faults import fit
from rke_py.config.findings import Check, Finding, Path
from rke_py.config.obsolete import without_obsolete
from rke_py.config.outside import NOTHING, Outside, filled
from rke_py.config.positions import Positions
from rke_py.config.rancher import without_rancher
from rke_py.config.schema import ClusterConfig
from rke_py.config.text import compose
from rke_py.config.tree import Scalar, Tree
from rke_py.errors import ConfigError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A cluster.yml without faults.

    Attributes:
        config: What it says.
        positions: Where it says it, for later messages.
        warnings: What an operator should know although the run may go on.
    """

    config: ClusterConfig
    positions: Positions
    warnings: tuple[Problem, ...] = ()


def load(
    text: str,
    *,
    source: str = "cluster.yml",
    checks: Sequence[Check] = (),
    outside: Outside = NOTHING,
    version: str = "",
) -> Loaded:
    """Read a cluster.yml.

    Args:
        text: The file's content.
        source: Its name, for messages.
        outside: Where secrets come from that are not written in it.
        checks: Further checks whose findings join the others, such as ``cluster.checks.catalog_findings``.
        version: A ``kubernetes_version`` to take instead of the file's own; none when empty.

    Raises:
        ConfigError: everything that is wrong, in the file's order, each with line and column.
    """
    root, told = without_rancher(compose(text, source))
    positions = Positions(source=source, root=root)
    tree = Tree(root)
    current, obsolete = without_obsolete(tree.data)
    asked = {**current, "kubernetes_version": Scalar(version)} if version else current
    anew, changed = written_anew(asked)
    whole, missing = filled(anew, outside)
    config, misfits, left_out = fit(whole)
    findings = [*told, *tree.findings, *obsolete, *changed, *missing, *misfits]
    checked = (finding for check in (*CHECKS, *checks) for finding in check(config))
    findings += (finding for finding in checked if not _said_already(finding, left_out))
    problems = _in_order(findings, positions)
    faults = [problem for problem in problems if not problem.warning]
    if faults:
        count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise ConfigError(f"{source} has {count}", problems)
    return Loaded(config=config, positions=positions, warnings=tuple(problems))


def _said_already(finding: Finding, left_out: Iterable[Path]) -> bool:
    """Tell whether the finding is about something that was left out, or that lies above or below it."""
    return any(finding.path[: len(path)] == path[: len(finding.path)] for path in left_out)


def _in_order(findings: Iterable[Finding], positions: Positions) -> list[Problem]:
    placed = [(positions.line_and_column(finding.path, at_key=finding.at_key), finding) for finding in findings]
    placed.sort(key=lambda place: place[0])
    return [positions.problem(finding) for _, finding in placed]
