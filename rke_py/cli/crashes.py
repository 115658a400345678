"""What is not in the error tree is a fault of rke-py: a short message here, the traceback in a file."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from rke_py.cli.redaction import Redactor
from rke_py.errors import InternalError, RkeError, RolloutFailed

_FULL = (errno.ENOSPC, errno.EDQUOT)


def known(error: BaseException) -> RkeError | None:
    """Return the error when an operator can meet it, a group of such as one that shows each; None for any other."""
    if isinstance(error, RkeError):
        return error
    if isinstance(error, OSError) and error.errno in _FULL:
        hint = "Free space where standard output goes, or beside cluster.yml; then run the same again."
        return RkeError(f"what was to be written has no room: {error.strerror}", where=error.filename or "", hint=hint)
    if isinstance(error, BaseExceptionGroup):
        leaves = tuple(_leaves(error))
        failures = tuple(leaf for leaf in leaves if isinstance(leaf, RkeError))
        if len(failures) == len(leaves):
            return RolloutFailed(error.message, failures)
    return None


def internal(error: BaseException, log: Path | None) -> InternalError:
    """Return the error for a fault of rke-py whose traceback is at the end of ``log``."""
    place = f"the traceback at the end of {log}" if log else "what you ran"
    return InternalError(
        "rke-py itself failed; this is a fault in rke-py, not in your cluster.yml",
        evidence=[f"{type(error).__name__}: {error}"],
        hint=f"Report it with {place}, the output of rke-py --version and the command.\n"
        "Secrets that rke-py knows are masked there; read it before you send it.",
    )


def keep_traceback(error: BaseException, redactor: Redactor) -> Path | None:
    """Append the traceback to the user's own log of rke-py, for commands that keep no log; None when that fails."""
    path = user_log()
    text = "".join(traceback.format_exception(error))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a", encoding="utf-8", opener=private) as file:
            file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n{redactor.text(text)}\n")
    except OSError:
        return None
    return path


def user_log() -> Path:
    """Return the log file that is used where there is no cluster.yml to put one beside."""
    # imported here: only a fault or a folder without write permission needs it
    from platformdirs import user_log_path

    return user_log_path("rke-py") / "rke-py.log"


def private(path: str, flags: int) -> int:
    """Open a file that only its owner can read (an ``opener`` for open)."""
    return os.open(path, flags, mode=0o600)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
