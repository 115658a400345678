"""Kinds may be decoded in many threads at once, from the first time on."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from lightkube.core.decoders import decode_list, decode_object
from rke_py.kube.kinds import KINDS, learn_kinds

sys.setswitchinterval(1e-6)
together = Barrier(8)

def first_use(_):
    together.wait()
    learn_kinds()
    for kind in KINDS:
        decode_object(b'{"metadata": {"name": "x", "labels": {"a": "b"}}}', kind)
        decode_list(b'{"items": [{"metadata": {"name": "x"}}]}', kind)

with ThreadPoolExecutor(8) as threads:
    list(threads.map(first_use, range(8)))
"""


def test_the_first_use_of_a_kind_in_several_threads_is_safe() -> None:
    assert subprocess.run([sys.executable, "-c", PROGRAM], check=False).returncode == 0
