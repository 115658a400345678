"""The lab's one error: what failed, what shows it, what to try."""

from __future__ import annotations


class LabError(Exception):
    """A fault that is shown without a traceback.

    Args:
        what: One sentence: what went wrong.
        evidence: The last lines that show it.
        hint: What to try.
    """

    def __init__(self, what: str, *, evidence: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.evidence = evidence
        self.hint = hint

    def __str__(self) -> str:
        shown = [self.what]
        shown += [f"  | {line}" for line in self.evidence.splitlines()]
        shown += [f"Hint: {self.hint}"] if self.hint else []
        return "\n".join(shown)
