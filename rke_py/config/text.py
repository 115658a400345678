"""YAML text → its node graph; syntax faults with line, column and a word on the usual causes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import cast

import yaml

from rke_py.errors import ConfigError, Problem

_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NEWLINE = "\n"
_SHOWN = 10
_DEPTH = 100
_CONFLICT = re.compile(r"(<{7}|>{7}|\|{7})( |$)|={7}$")
_USUAL_CAUSES = (
    ("expected '-' indicator", "This line is not indented as those above it."),
    ("expected <block end>", "This line is not indented as those above it."),
    ("expected key", "This line is not indented as those above it, or a colon is missing."),
    ("expected ':'", "A colon is missing, or a quote is not closed."),
    (
        "mapping values are not allowed",
        "Put a text with a colon and a space in it into quotes, or mend the indentation.",
    ),
    ("expected ',' or", "A bracket is not closed, or a comma is missing."),
    ("unexpected end of stream", "A quote is not closed."),
    ("undefined alias", "Put a text that begins with * into quotes, or define the anchor above."),
    ("cannot start any token", "Put a text that begins with such a character into quotes."),
)
_ODD_INDENT = re.compile("[\t\u00a0\u2007\u202f]")


def compose(text: str, source: str) -> yaml.MappingNode:
    """Return the root mapping of a one-document YAML text, marks included.

    Raises:
        ConfigError: the text is empty, not YAML, not one document, or not a mapping.
    """
    faults = [*_conflict_markers(text, source), *_odd_characters(text, source)]
    if faults:
        raise ConfigError(f"{source} is not valid YAML", faults)
    text = text.removeprefix("\ufeff")
    try:
        _refuse_depth(text)
        roots = [root for root in yaml.compose_all(text, Loader=_LOADER) if not _says_nothing(root)]
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(source, [_marked_problem(error, text, source)]) from error
    if not roots:
        raise ConfigError(f"{source} is empty", [Problem(where=source, what="nothing is written here")])
    root, *others = roots
    if others:
        raise _not_yaml(source, [_another_document(source, document, text) for document in others])
    if not isinstance(root, yaml.MappingNode):
        problem = Problem(
            where=_where(source, root.start_mark), what="the file is not a map", hint="Start with: nodes:"
        )
        raise ConfigError(f"{source} is not a cluster.yml", [problem])
    return root


def documents(text: str) -> list[yaml.Node]:
    """Return the root node of every document of a YAML text, such as a file of manifests.

    Raises:
        yaml.YAMLError: it is not YAML; a ``MarkedYAMLError`` tells where.
    """
    _refuse_depth(text)
    return list(yaml.compose_all(text, Loader=_LOADER))


def _refuse_depth(text: str) -> None:
    """Refuse lists and maps inside one another without end: what builds nodes from them calls itself for each."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH:
            mark = cast("yaml.error.Mark", event.start_mark)
            raise yaml.MarkedYAMLError(problem="lists or maps are nested too deeply", problem_mark=mark)


def _not_yaml(source: str, problems: Sequence[Problem]) -> ConfigError:
    return ConfigError(f"{source} is not valid YAML", problems)


def _says_nothing(document: yaml.Node) -> bool:
    """Tell whether a document is empty, as the one after a last line of three dashes is."""
    return isinstance(document, yaml.ScalarNode) and not document.style and not document.value


def _another_document(source: str, document: yaml.Node, text: str) -> Problem:
    before = text.splitlines()[: document.start_mark.line + 1]
    line = next((number for number in range(len(before), 0, -1) if before[number - 1].startswith("---")), len(before))
    hint = "One file holds one cluster: remove the line of three dashes, or put what follows into a file of its own."
    return Problem(where=f"{source}:{line}:1", what="a second document begins here", hint=hint)


def _where(source: str, mark: yaml.Mark) -> str:
    return f"{source}:{mark.line + 1}:{mark.column + 1}"


def _conflict_markers(text: str, source: str) -> Iterator[Problem]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(("<<<<<<<", "=======", ">>>>>>>", "|||||||")) and _CONFLICT.match(line):
            yield Problem(
                where=f"{source}:{number}:1",
                what=f"a merge-conflict marker ({line[:7]}) was left in the file",
                hint="Finish the merge and delete the marker lines.",
            )


def _odd_characters(text: str, source: str) -> Iterator[Problem]:
    for match in islice(yaml.reader.Reader.NON_PRINTABLE.finditer(text), _SHOWN):
        before = text[: match.start()]
        yield Problem(
            where=f"{source}:{before.count(_NEWLINE) + 1}:{match.start() - before.rfind(_NEWLINE)}",
            what=f"the character U+{ord(match[0]):04X} is not allowed in YAML",
            hint="Delete it; it often comes in with text pasted from elsewhere.",
        )


def _marked_problem(error: yaml.MarkedYAMLError, text: str, source: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Problem(where=source, what=str(error))
    odd = _odd_indent(error, text.splitlines())
    if odd:
        number, column, what = odd
        where = f"{source}:{number}:{column}"
        return Problem(where=where, what=what, hint="YAML is indented with ordinary spaces only.")
    if error.context_mark and (error.context or "").startswith("found duplicate anchor"):
        what = f"line {error.context_mark.line + 1} has an anchor of this name already"
        return Problem(where=_where(source, mark), what=what, hint="Give one of the two another name.")
    what = error.problem or "not YAML"
    hint = next((hint for words, hint in _USUAL_CAUSES if words in what), "")
    return Problem(where=_where(source, mark), what=what, hint=" ".join(filter(None, (hint, _begun_earlier(error)))))


def _odd_indent(error: yaml.MarkedYAMLError, lines: Sequence[str]) -> tuple[int, int, str] | None:
    """Return line, column and name of the character that may well have caused the fault, looking where YAML looked."""
    marks = [mark.line for mark in (error.context_mark, error.problem_mark) if mark is not None]
    for number in range(min(marks), min(max(marks) + 1, len(lines))):
        indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
        if odd := _ODD_INDENT.search(indent):
            name = "tab" if odd[0] == "\t" else "no-break space"
            return number + 1, odd.start() + 1, f"a {name} indents this line"
    return None


def _begun_earlier(error: yaml.MarkedYAMLError) -> str:
    """Return what YAML was reading and since where, when that is on another line than the fault."""
    context, begun, problem = error.context, error.context_mark, error.problem_mark
    if not context or begun is None or (problem and begun.line == problem.line):
        return ""
    return f"It happened {context}, which begins at line {begun.line + 1}."
