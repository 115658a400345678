"""The cache outside the checkout: what was built, under the hash of what it was built from."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "RKE_PY_LAB_CACHE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """A folder with everything the lab keeps between its runs.

    Attributes:
        root: Has ``programs/``, ``systems/``, ``images/``, ``tools/``, ``registry/``, ``engine/`` and ``bin/``.
    """

    root: Path

    @classmethod
    def of_user(cls) -> Cache:
        """Return the cache named by RKE_PY_LAB_CACHE, or the one in the user's cache folder."""
        chosen = os.environ.get(VARIABLE)
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return cls(root=Path(chosen).resolve() if chosen else base / "rke-py-lab")

    def folder(self, *parts: str) -> Path:
        """Return a folder below the root, made if it is missing."""
        path = self.root.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True)
        return path

    @contextmanager
    def building(self, target: Path) -> Iterator[Path]:
        """Give an empty folder to build in; what is in it becomes `target` at the end, all at once or not at all."""
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            yield work
            work.chmod(0o755)
            shutil.rmtree(target, ignore_errors=True)
            work.replace(target)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Wait until no other process of the lab does the same."""
        with (self.folder("locks") / name).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def engine_in_use(self) -> Iterator[None]:
        """Keep others from stopping engine and registry meanwhile."""
        with (self.folder("locks") / "in-use").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    @contextmanager
    def engine_unused(self) -> Iterator[bool]:
        """Tell whether nobody uses the engine, and keep it so meanwhile."""
        with (self.folder("locks") / "in-use").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True


def key_of(*inputs: str | Path) -> str:
    """Return the short hash of texts, files and folders; a file's name counts, its time does not."""
    digest = hashlib.sha256()
    for item in inputs:
        for name, content in _contents(item):
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()[:16]


def _contents(item: str | Path) -> Iterator[tuple[str, bytes]]:
    if isinstance(item, str):
        yield "", item.encode()
    elif item.is_file():
        yield item.name, item.read_bytes()
    else:
        for path in sorted(item.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield str(path.relative_to(item)), path.read_bytes()
