"""What a command line says, looked up over and over while a simulation runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from rke_py.plan.arguments import flag_value


@dataclass(slots=True, eq=False)
class CommandLine:
    """A program's words; a flag is looked for once."""

    words: tuple[str, ...]
    _values: dict[str, str | None] = field(default_factory=dict)

    def value(self, name: str) -> str | None:
        """Return the last value of a flag, None when the command line does not have it."""
        if name not in self._values:
            self._values[name] = flag_value(self.words, name)
        return self._values[name]
