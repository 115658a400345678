"""Answers of a tools image of this release, of a later one and of an earlier one."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from rke_py.errors import EngineError
from rke_py.observe.answers import answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    size: int
    kind: str = ""


def test_what_a_later_image_tells_besides_is_passed_over() -> None:
    assert answered(Disk, {"size": 1, "vendor": "x"}, "n1") == Disk(size=1)


def test_an_image_that_does_not_tell_enough_is_named() -> None:
    with pytest.raises(EngineError, match="does not tell size") as raised:
        answered(Disk, {"kind": "ssd"}, "n1")
    assert "rke-py images build" in raised.value.hint
