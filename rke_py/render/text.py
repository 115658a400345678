"""Templates to text.

Every value that enters a YAML template passes ``to_yaml``, every value that enters another language (HAProxy's
configuration, a Corefile) passes ``word``: no value can change the structure around it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from typing_extensions import override

from rke_py.render.resources import templates

WORD = re.compile(r"[A-Za-z0-9._:/@%+\[\]-]+")
"""What an address, a name, a path or a number may consist of outside YAML."""


_UNLIMITED = -1


class _OneLine(yaml.CSafeDumper):
    """Writes any value on one line, texts always in double quotes."""

    @override
    def ignore_aliases(self, data: object) -> bool:
        """Write a value that occurs twice twice: an alias would be resolved against the wrong document."""
        return True


def _quoted(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_OneLine.add_representer(str, _quoted)


def to_yaml(value: object) -> str:
    """Return the value as YAML that fits on one line, wherever a value may stand.

    Args:
        value: Texts, numbers, booleans, None, and mappings and sequences of them; tuples are sequences.
    """
    text = yaml.dump(_plain(value), Dumper=_OneLine, default_flow_style=True, width=_UNLIMITED, sort_keys=False)
    return text.removesuffix("...\n").rstrip("\n")


def word(value: object) -> str:
    """Return the value as text if it is one word of harmless characters.

    Raises:
        ValueError: It is empty, or holds a blank, a quote, a brace or a line break.
    """
    text = str(value)
    if not WORD.fullmatch(text):
        raise ValueError(f"{text!r} is not a single word")
    return text


def render(template: str, values: Mapping[str, object]) -> str:
    """Return the template's text with the values filled in.

    Args:
        template: Its path below ``templates/``: ``addons/coredns.yaml.j2``.
        values: Every name that the template uses; a missing one is an error of ours (jinja2.UndefinedError).
    """
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    """Make the one environment: no autoescaping, since nothing here is HTML."""
    environment = Environment(
        loader=FileSystemLoader(templates()),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["to_yaml"] = to_yaml
    environment.filters["word"] = word
    return environment


def _plain(value: object) -> object:
    """Turn the read-only containers of the model into those that YAML knows."""
    match value:
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
