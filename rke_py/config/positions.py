"""Key paths → line and column of the file they came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from rke_py.config.findings import Finding, Path, spell_path
from rke_py.config.tree import MERGE, merge_sources
from rke_py.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Positions:
    """Finds keys and values of a cluster.yml; without a root every answer has no line.

    Attributes:
        source: The file's name as the operator gave it.
    """

    source: str
    root: yaml.MappingNode | None = field(default=None, repr=False)

    def line_and_column(self, path: Path, *, at_key: bool = False) -> tuple[int, int]:
        """Return where the value (or its key) stands, counted from 1; its nearest ancestor when it is not there.

        Returns:
            (0, 0) when nothing is known of the file.
        """
        if self.root is None:
            return 0, 0
        node: yaml.Node = self.root
        mark = node.start_mark
        for part in path:
            found = _step(node, part)
            if found is None:
                break
            key, node = found
            mark = (key if at_key or _opens_on_next_line(key, node) else node).start_mark
        return mark.line + 1, mark.column + 1

    def line_of(self, path: Path) -> int:
        """Return the line of exactly that key; 0 when the file does not have it."""
        node: yaml.Node | None = self.root
        key: yaml.Node | None = None
        for part in path:
            found = _step(node, part) if node is not None else None
            if found is None:
                return 0
            key, node = found
        return key.start_mark.line + 1 if key is not None else 0

    def problem(self, finding: Finding) -> Problem:
        """Return the finding with its place spelled out: ``cluster.yml:14:5 nodes[1].role[0]``."""
        line, column = self.line_and_column(finding.path, at_key=finding.at_key)
        place = f"{self.source}:{line}:{column}" if line else self.source
        where = f"{place} {spell_path(finding.path)}".rstrip()
        return Problem(where=where, what=finding.what, hint=finding.hint, warning=finding.warning)


def _step(node: yaml.Node, part: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(part, int):
        if isinstance(node, yaml.SequenceNode) and part < len(node.value):
            return node.value[part], node.value[part]
        return None
    if not isinstance(node, yaml.MappingNode):
        return None
    return next(filter(None, (_entry(each, part) for each in _with_merged(node))), None)


def _entry(node: yaml.MappingNode, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Return an entry of the map itself; a secret may be in a file of its own."""
    for wanted in (name, f"{name}_file"):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == wanted and key.tag != MERGE:
                return key, value
    return None


def _with_merged(node: yaml.MappingNode) -> Iterator[yaml.MappingNode]:
    """Yield the map and those that merge keys bring in, the strongest first, each once however they lead in circles."""
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            merged = [source for key, value in one.value if key.tag == MERGE for source in merge_sources(value)]
            waiting += reversed(merged)


def _opens_on_next_line(key: yaml.Node, node: yaml.Node) -> bool:
    """Tell whether the value is a block below its key; the key is what an operator looks for then."""
    return not isinstance(node, yaml.ScalarNode) and bool(node.start_mark.line > key.start_mark.line)
