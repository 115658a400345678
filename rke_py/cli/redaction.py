"""Takes known secrets out of every text that leaves the program.

Secrets are kept out of texts where texts are made; this is the second fence, for what a library logs or a server
answers. It is one object for a whole run because secrets become known as files are read.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from threading import Lock

MASK = "[redacted]"

_SHORTEST = 4
_PREFIX = 8


class Redactor:
    """Replaces every secret it was told of; told and asked from several threads.

    Values shorter than four characters are ignored: masking every ``yes`` would hide the text and not the secret.
    Longer ones are found by their first eight characters, so that a state with thousands of keys costs no more for a
    line of log than one with ten.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._short: tuple[str, ...] = ()
        self._long: dict[str, tuple[str, ...]] = {}

    def protect(self, secrets: Iterable[str]) -> None:
        """Learn secrets; PEM text is also recognised line by line and in base64, as a kubeconfig carries it."""
        forms = {form for secret in secrets for form in _forms(secret) if len(form) >= _SHORTEST}
        with self._lock:
            short = {*self._short, *(form for form in forms if len(form) < _PREFIX)}
            self._short = tuple(sorted(short, key=len, reverse=True))
            known = dict(self._long)
            for form in forms:
                if len(form) >= _PREFIX:
                    same = {*known.get(form[:_PREFIX], ()), form}
                    known[form[:_PREFIX]] = tuple(sorted(same, key=len, reverse=True))
            self._long = known

    def text(self, text: str) -> str:
        """Return the text with every known secret masked."""
        masked = "".join(self._pieces(text)) if self._long else text
        for secret in self._short:
            masked = masked.replace(secret, MASK)
        return masked

    def value(self, value: object) -> object:
        """Return a JSON value with the texts in it masked; keys are left alone."""
        match value:
            case str():
                return self.text(value)
            case dict():
                return {key: self.value(item) for key, item in value.items()}
            case list() | tuple():
                return [self.value(item) for item in value]
        return value

    def _pieces(self, text: str) -> Iterator[str]:
        known, start, at = self._long, 0, 0
        last = len(text) - _PREFIX
        while at <= last:
            secrets = known.get(text[at : at + _PREFIX], ())
            found = next((secret for secret in secrets if text.startswith(secret, at)), None)
            if found is None:
                at += 1
                continue
            yield text[start:at]
            yield MASK
            at += len(found)
            start = at
        yield text[start:]


def _forms(secret: str) -> Iterator[str]:
    stripped = secret.strip()
    yield stripped
    if "\n" not in stripped:
        return
    yield b64encode(secret.encode()).decode()
    for line in stripped.splitlines():
        # the BEGIN and END lines of PEM are not secret, and the same in every certificate's neighbour
        if len(line) >= _PREFIX and not line.startswith("-----"):
            yield line
