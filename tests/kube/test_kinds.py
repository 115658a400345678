"""Kinds may be decoded in many threads at once, from the first time on."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from rke_py.kube import kinds

PROGRAM = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from lightkube.core.decoders import decode_list, decode_object
from rke_py.kube.kinds import KINDS, learn_kinds

sys.setswitchinterval(1e-6)
together = Barrier(8)
ONE = b'{"metadata": {"name": "x", "labels": {"a": "b"}}, "addressType": "IPv4", "endpoints": []}'

def first_use(_):
    together.wait()
    learn_kinds()
    for kind in KINDS:
        decode_object(ONE, kind)
        decode_list(b'{"items": [' + ONE + b"]}", kind)

with ThreadPoolExecutor(8) as threads:
    list(threads.map(first_use, range(8)))
"""


def test_the_first_use_of_a_kind_in_several_threads_is_safe() -> None:
    assert subprocess.run([sys.executable, "-c", PROGRAM], check=False).returncode == 0


def test_every_kind_that_is_asked_for_is_learned() -> None:
    assert set(_asked_for()) <= set(kinds.KINDS)


def _asked_for() -> Iterator[object]:
    """Yield the kinds that the package names, with their parts, as the status of a pod."""
    for file in Path(kinds.__file__).parent.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text())))
        named = {
            name.name: getattr(import_module(node.module or ""), name.name)
            for node in nodes
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lightkube.resources")
            for name in node.names
        }
        yield from named.values()
        for node in nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in named:
                yield getattr(named[node.value.id], node.attr)
