"""Broken files are refused with reasons, never with a traceback."""

from pathlib import Path
from random import Random

import pytest

from rke_py.cluster.catalog_checks import catalog_findings
from rke_py.cluster.resolve import resolve
from rke_py.config.load import load
from rke_py.config.outside import Outside
from rke_py.config.unbuilt import unbuilt_findings
from rke_py.errors import ConfigError

_CASES = Path(__file__).parent / "cases"
_RANCHER = """\
rancher_kubernetes_engine_config:
  kubernetesVersion: v1.32.2-rancher1-1
  nodes: [{address: 192.0.2.1, user: u, role: [controlplane, etcd, worker]}]
  services: {kube_api: {extraArgs: {v: 2}}, kubelet: &k {fail_swap_on: false}}
  network: {plugin: flannel}
name: demo
"""
_FILES = (
    *((_CASES / name).read_text() for name in ("everything.yml", "everything.yml", "rke-config.yml")),
    _RANCHER,
    "nodes: [{address: 192.0.2.1, user: u, role: [controlplane, etcd, worker]}]\n",
)
_JUNK = (
    *(
        "\t",
        "\u00a0",
        "\ufeff",
        ":",
        ": ",
        "- ",
        "#",
        " #",
        "{",
        "}",
        "[",
        "]",
        ",",
        "'",
        '"',
        "|",
        ">",
        "&a ",
        "*a",
        "<<: ",
    ),
    *(
        "!!int ",
        "!x ",
        "? ",
        "---",
        "...",
        "%",
        "@",
        "`",
        "\n",
        "\r\n",
        "null",
        "~",
        "yes",
        "0640",
        "1e999",
        ".nan",
        "-1",
    ),
    *(
        "1" * 400,
        "0x",
        "0x_",
        "${",
        "${X}",
        "$${",
        "é",
        "\U0001f600",
        "<<<<<<< HEAD\n",
        "=======\n",
        "  ",
        "\x00",
        "\x7f",
    ),
    *(
        "nodes:",
        "services:",
        "custom_config: {}",
        "kubernetes_version: v1.99.0\n",
        "2001-01-01",
        "22:22",
        "{}",
        "[]",
        '""',
    ),
)
OUTSIDE = Outside(environment={"KEY": "k"}, read=lambda _path: "hunter2\n")


def broken(seed: int) -> str:
    """Return a valid file after one to four accidents."""
    random = Random(seed)
    text = random.choice(_FILES)
    for _ in range(random.randint(1, 4)):
        text = random.choice(_ACCIDENTS)(random, text)
    return text


def _junk(random: Random, text: str) -> str:
    place = random.randint(0, len(text))
    return text[:place] + random.choice(_JUNK) + text[place:]


def _value(random: Random, text: str) -> str:
    """Write something else behind a colon."""
    colons = [number for number, char in enumerate(text) if char == ":"]
    if not colons:
        return text
    place = random.choice(colons) + 1
    ends = [end for char in ",}\n" if (end := text.find(char, place)) >= 0]
    return f"{text[:place]} {random.choice(_JUNK)}{text[min(ends, default=len(text)) :]}"


def _cut(random: Random, text: str) -> str:
    first, last = sorted(random.randint(0, len(text)) for _ in range(2))
    return text[:first] + text[min(last, first + random.choice((1, 5, 50, 5000))) :]


def _line(random: Random, text: str) -> str:
    """Delete, repeat, indent or move a line."""
    lines = text.split("\n")
    number, other = random.randrange(len(lines)), random.randrange(len(lines))
    line = lines.pop(number)
    match random.randint(0, 4):
        case 1:
            lines[number:number] = [line, line]
        case 2:
            lines.insert(number, " " * random.randint(1, 5) + line)
        case 3:
            lines.insert(number, line[random.randint(0, 3) :])
        case 4:
            lines.insert(other, line)
    return "\n".join(lines)


_ACCIDENTS = (_junk, _value, _cut, _line)


def _read(text: str) -> None:
    """Read a file as ``config validate`` does; faults are fine, but each has a place and words."""
    fault = _fault(text)
    if fault is not None:
        assert fault.problems
        assert all(problem.what and "cluster.yml" in problem.where for problem in fault.problems)


def _fault(text: str) -> ConfigError | None:
    try:
        loaded = load(text, checks=(catalog_findings,), outside=OUTSIDE)
        list(unbuilt_findings(loaded.config, "upstream"))
        resolve(loaded.config, positions=loaded.positions)
    except ConfigError as error:
        return error
    return None


@pytest.mark.parametrize("part", range(10))
def test_a_thousand_broken_files(part):
    for seed in range(part * 100, part * 100 + 100):
        _read(broken(seed))


@pytest.mark.long
@pytest.mark.parametrize("part", range(1, 100))
def test_a_hundred_thousand_broken_files(part):
    for seed in range(part * 1000, part * 1000 + 1000):
        _read(broken(seed))
