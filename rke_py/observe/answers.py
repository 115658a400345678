"""What a command of the tools image answered, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from rke_py.errors import EngineError

T = TypeVar("T")


def answered(kind: type[T], answer: Mapping[str, Any], host: str) -> T:
    """Return an answer as a value of a dataclass; what an image of a later release tells beside it is passed over.

    Raises:
        EngineError: It lacks something: the image is of another release.
    """
    known: Any = kind
    wanted = {each.name: each for each in fields(known)}
    lacking = sorted(
        name
        for name, each in wanted.items()
        if name not in answer and each.default is MISSING and each.default_factory is MISSING
    )
    if lacking:
        hint = "Build and bring the one of this release: rke-py images build."
        what = f"the tools image does not tell {', '.join(lacking)}: it is of another release of rke-py"
        raise EngineError(host, what, hint=hint)
    return kind(**{name: value for name, value in answer.items() if name in wanted})
