"""YAML text → its node graph; syntax faults with line, column and a word on the usual causes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from rke_py.errors import ConfigError, Problem

_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONFLICT = re.compile(r"(<{7}|>{7})( |$)|={7}$")


def compose(text: str, source: str) -> yaml.MappingNode:
    """Return the root mapping of a one-document YAML text, marks included.

    Raises:
        ConfigError: the text is empty, not YAML, not one document, or not a mapping.
    """
    conflicts = list(_conflict_markers(text, source))
    if conflicts:
        raise ConfigError(f"{source} has merge-conflict markers", conflicts)
    try:
        root = yaml.compose(text.removeprefix("\ufeff"), Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(source, _marked_problem(error, text, source)) from error
    except yaml.reader.ReaderError as error:
        raise _not_yaml(source, _character_problem(error, text, source)) from error
    except RecursionError as error:
        raise _not_yaml(source, Problem(where=source, what="lists or maps are nested too deeply")) from error
    if root is None:
        raise ConfigError(f"{source} is empty", [Problem(where=source, what="nothing is written here")])
    if not isinstance(root, yaml.MappingNode):
        problem = Problem(
            where=_where(source, root.start_mark), what="the file is not a map", hint="Start with: nodes:"
        )
        raise ConfigError(f"{source} is not a cluster.yml", [problem])
    return root


def _not_yaml(source: str, problem: Problem) -> ConfigError:
    return ConfigError(f"{source} is not valid YAML", [problem])


def _where(source: str, mark: yaml.Mark) -> str:
    return f"{source}:{mark.line + 1}:{mark.column + 1}"


def _conflict_markers(text: str, source: str) -> Iterator[Problem]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(("<<<<<<<", "=======", ">>>>>>>")) and _CONFLICT.match(line):
            yield Problem(
                where=f"{source}:{number}:1",
                what=f"a merge-conflict marker ({line[:7]}) was left in the file",
                hint="Finish the merge and delete the marker lines.",
            )


def _marked_problem(error: yaml.MarkedYAMLError, text: str, source: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Problem(where=source, what=str(error))
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    indent = line[: len(line) - len(line.lstrip())]
    what = error.problem or "not YAML"
    hint = _begun_earlier(error)
    if "\t" in indent:
        what, hint = "a tab indents this line", "YAML is indented with spaces only."
    elif "\u00a0" in line:
        what, hint = "a no-break space stands in this line", "Replace it with an ordinary space."
    elif what == "but found another document":
        what, hint = "a second document begins here", "One file holds one cluster: remove the line of three dashes."
    return Problem(where=_where(source, mark), what=what, hint=hint)


def _begun_earlier(error: yaml.MarkedYAMLError) -> str:
    """Return what YAML was reading and since where, when that is on another line than the fault."""
    context, begun, problem = error.context, error.context_mark, error.problem_mark
    if not context or begun is None or (problem and begun.line == problem.line):
        return ""
    return f"It happened {context}, which begins at line {begun.line + 1}."


def _character_problem(error: yaml.reader.ReaderError, text: str, source: str) -> Problem:
    before = text[: error.position]
    line = before.count("\n") + 1
    column = error.position - (before.rfind("\n") + 1) + 1
    character = error.character if isinstance(error.character, int) else ord(str(error.character)[:1] or " ")
    return Problem(
        where=f"{source}:{line}:{column}",
        what=f"the character U+{character:04X} is not allowed in YAML",
        hint="Delete it; it often comes in with text pasted from elsewhere.",
    )
