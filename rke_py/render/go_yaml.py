"""YAML as Go programs write it: RKE puts checksums of such texts into containers' environments.

Keys are sorted, lists are not indented below their key, and what would be read as something else than text is in double
quotes. PyYAML's own style has single quotes there, which gives another checksum.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml
from typing_extensions import override

_WORDS = frozenset(
    {"", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "<<", ".nan", ".inf", "+.inf", "-.inf"}
)
_NUMBER = re.compile(
    r"[-+]?(0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]+|0[bB][01_]+|[0-9][0-9_]*|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)\Z",
    re.ASCII,
)
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?\Z", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?\Z", re.ASCII)


class _Dumper(yaml.CSafeDumper):
    """PyYAML's emitter with the choice of quotes that Go's has; the two emitters come from the same C library."""

    @override
    def ignore_aliases(self, data: Any) -> bool:
        return True


def go_yaml(document: Mapping[str, Any]) -> str:
    """Return a document as text, with a newline at its end."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=True, default_flow_style=False, allow_unicode=True)


def _represent_text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else '"' if _reads_otherwise(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _reads_otherwise(text: str) -> bool:
    """Tell whether a plain scalar of this text would not be read as text."""
    patterns = (_NUMBER, _SEXAGESIMAL, _TIMESTAMP)
    return text.lower() in _WORDS or any(pattern.match(text) for pattern in patterns)


_Dumper.add_representer(str, _represent_text)
