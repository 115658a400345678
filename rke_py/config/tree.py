"""YAML nodes → plain maps, lists and scalars that keep their source text.

RKE keeps the text of a scalar where a string is wanted (``port: 0022`` is the text 0022), so what a scalar means is
decided by the field that takes it, not by YAML's guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from rke_py.config.findings import Finding, Path
from rke_py.config.scalars import is_tagged_text, kind_of

Value = object
"""A ``Scalar``, None for YAML's null, a ``dict[str, Value]`` or a ``list[Value]``."""

_TAG = "tag:yaml.org,2002:"
MERGE = _TAG + "merge"
_ODD_SPACES = {
    "\u00a0": "a no-break space",
    "\u2007": "a no-break space",
    "\u202f": "a no-break space",
    "\u200b": "a space of no width",
    "\ufeff": "a byte order mark",
}
_ODD_SPACE = re.compile("[" + "".join(_ODD_SPACES) + "]")
_ENDLESS_NUMBER = re.compile(r"\d{300}")
"""Beyond this no number of a computer holds it."""

_LIMIT = 300_000
"""More values than any cluster has, and less than anchors inside anchors can make."""


class Scalar(str):
    """The source text of a scalar; ``kind`` is what RKE's YAML takes it for: str, int, bool, float."""

    __slots__ = ("kind",)
    kind: str

    def __new__(cls, text: str, kind: str = "str") -> Scalar:
        """Keep the text and its kind."""
        scalar = super().__new__(cls, text)
        scalar.kind = kind
        return scalar


class Tree:
    """The values of one node graph and the faults met on the way.

    Attributes:
        findings: Duplicate keys, keys that are no text, tags of other programs, endless anchors and numbers.
    """

    def __init__(self, root: yaml.MappingNode) -> None:
        self.findings: list[Finding] = []
        self._open: set[int] = set()
        self._count = 0
        value = self._value(root, ())
        self.data: dict[str, Value] = value if isinstance(value, dict) else {}

    def _value(self, node: yaml.Node, path: Path) -> Value:
        self._count += 1
        if self._count > _LIMIT or id(node) in self._open:
            if self._count <= _LIMIT or not any("anchor" in finding.what for finding in self.findings):
                self._fault(path, "an anchor repeats without end", "Write the values out.")
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if not node.tag.startswith(_TAG):
            self._fault(path, f"the YAML tag {node.tag} means nothing here", "Remove it.")
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        finally:
            self._open.discard(id(node))

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Value:
        if not node.tag.startswith(_TAG):
            self._fault(path, f"the YAML tag {node.tag} means nothing here", "Remove it.")
        if _ENDLESS_NUMBER.search(node.value):
            self._fault(path, "a number of hundreds of digits is in this value", "Write the number that is meant.")
            return None
        kind = "str" if node.style else _kind(node)
        if not node.style and (odd := _ODD_SPACE.search(node.value)):
            what = f"{_ODD_SPACES[odd[0]]} is in this value"
            self._fault(
                path, what, "Write an ordinary space or none; put the value in quotes to keep it.", at_key=False
            )
        return None if kind == "null" else Scalar(node.value, kind)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Value]:
        own: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        for key, value in node.value:
            if key.tag == MERGE:
                for name, inherited in self._merged(value, path):
                    merged.setdefault(name, inherited)
            elif not isinstance(key, yaml.ScalarNode):
                self._fault(path, f"a key at line {key.start_mark.line + 1} is not text", "")
            elif key.value in own:
                line = key.start_mark.line + 1
                self._fault(
                    (*path, key.value),
                    f"{key.value} is written twice in the same map",
                    f"Keep one; line {line} repeats it.",
                )
            else:
                own[key.value] = self._value(value, (*path, key.value))
        return merged | own

    def _merged(self, node: yaml.Node, path: Path) -> Iterator[tuple[str, Value]]:
        sources = tuple(merge_sources(node))
        if len(sources) < len(node.value if isinstance(node, yaml.SequenceNode) else (node,)):
            self._fault(path, "a merge key (<<) is given something that is no map", "Give it a map, or a list of maps.")
        for source in sources:
            inherited = self._value(source, path)
            if isinstance(inherited, dict):
                yield from inherited.items()

    def _fault(self, path: Path, what: str, hint: str, *, at_key: bool = True) -> None:
        self.findings.append(Finding(path=path, what=what, hint=hint, at_key=at_key))


def _kind(node: yaml.ScalarNode) -> str:
    tagged = node.tag.removeprefix(_TAG)
    kind = kind_of(node.value)
    return tagged if tagged == "str" != kind and is_tagged_text(node.value) else kind


def merge_sources(node: yaml.Node) -> Iterator[yaml.MappingNode]:
    """Yield the maps that a merge key (``<<``) brings in, the strongest first."""
    candidates = node.value if isinstance(node, yaml.SequenceNode) else [node]
    for candidate in candidates:
        if isinstance(candidate, yaml.MappingNode):
            yield candidate
