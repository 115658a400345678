"""A Go new enough: the machine's, else the pinned one, fetched through the machine's Go module proxy."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

from .cache import Cache
from .commands import attempt, run
from .errors import LabError

MINIMUM = (1, 26)
_PINNED = "v0.0.1-go1.26.8.linux-amd64"
_PINNED_SHA256 = "30c2b1bf7dcc88d3eb0a1364e47ddd9128edb3110a30e8a0ef61cd5856b31de7"
_USUAL_PROXY = "https://proxy.golang.org"  # what Go itself takes when nothing is set
_USUAL_PLACES = ("/usr/local/go/bin/go", "/usr/lib/go/bin/go", "/snap/bin/go")


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """A Go toolchain.

    Attributes:
        program: Path of its ``go``.
        version: As it says itself: ``go1.26.8``.
    """

    program: str
    version: str


def find(cache: Cache) -> Go:
    """Return a toolchain, fetched into the cache if the machine has none that is new enough."""
    candidates = filter(None, (shutil.which("go"), *_USUAL_PLACES))
    for program in dict.fromkeys(candidates):
        if Path(program).exists() and numbers(version := _version(program)) >= MINIMUM:
            return Go(program=program, version=version)
    program = str(_fetched(cache))
    return Go(program=program, version=_version(program))


def numbers(version: str) -> tuple[int, ...]:
    """Return ``go1.26.8`` as (1, 26, 8); empty when it is no version."""
    found = re.fullmatch(r"go(\d+)\.(\d+)(?:\.(\d+))?(?:[a-z-].*)?", version.strip())
    return tuple(int(part) for part in found.groups() if part) if found else ()


def _version(program: str) -> str:
    return attempt(program, "env", "GOVERSION", environment={"GOTOOLCHAIN": "local"}).stdout.strip()


def _fetched(cache: Cache) -> Path:
    target = cache.root / "go" / _PINNED
    if not target.exists():
        with cache.building(target) as work:
            archive = work / "toolchain.zip"
            _download(archive)
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(work)
            archive.unlink()
            root = next(work.glob("golang.org/toolchain@*"))
            for program in (*root.glob("bin/*"), *root.glob("pkg/tool/*/*")):
                program.chmod(0o755)  # module archives carry no modes
            (work / "go").symlink_to(root.relative_to(work))
    return target / "go" / "bin" / "go"


def _download(target: Path) -> None:
    path = f"golang.org/toolchain/@v/{_PINNED}.zip"
    refusals = []
    for proxy in _proxies():
        try:
            with urllib.request.urlopen(f"{proxy}/{path}", timeout=60) as answer, target.open("wb") as file:
                shutil.copyfileobj(answer, file)
        except OSError as refusal:
            refusals.append(f"{proxy}: {refusal}")
            continue
        if hashlib.sha256(target.read_bytes()).hexdigest() == _PINNED_SHA256:
            return
        refusals.append(f"{proxy}: not the pinned archive")
    raise LabError(
        f"no Go {'.'.join(map(str, MINIMUM))} here and none to be had",
        evidence="\n".join(refusals),
        hint="install Go, or set GOPROXY",
    )


def _proxies() -> list[str]:
    """Return the module proxies of this machine, from Go's settings where an older Go can tell them."""
    told = attempt("go", "env", "GOPROXY").stdout.strip() if shutil.which("go") else ""
    chosen = told or os.environ.get("GOPROXY") or _USUAL_PROXY
    return [proxy for proxy in re.split("[,|]", chosen) if "://" in proxy]


def build(go: Go, source: Path, target: Path, package: str, *, flags: str, tags: str, cgo: bool) -> None:
    """Build one package of a module whose go.mod and go.sum pin everything."""
    run(
        *(go.program, "build", "-trimpath", "-mod=readonly", "-buildvcs=false"),
        *("-tags", tags, "-ldflags", f"-s -w {flags}".strip(), "-o", str(target), package),
        environment={"CGO_ENABLED": "1" if cgo else "0", "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off"},
        folder=source,
    )
