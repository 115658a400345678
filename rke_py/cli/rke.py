"""RKE's command line, understood: its spellings become ours, and what is not here is answered with what is.

Pure functions on arguments. What RKE called otherwise is rewritten before click sees it; click's own names know nothing
of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

SAME: dict[str, str] = {
    "config": "config init",
    "config --list-version": "config versions --newest",
    "config --list-version --all": "config versions",
    "config --system-images": "config images",
    "config --system-images --version V": "config images --kubernetes-version V",
    "etcd snapshot-restore": "etcd snapshot restore",
    "etcd snapshot-save": "etcd snapshot save",
    "util get-kubeconfig": "kubeconfig --write",
    "util get-state-file": "state pull",
}
"""A spelling of RKE's → ours, as far as both mean the same."""

_LOG = "cluster.log beside cluster.yml has everything that happened, in detail."

NEEDLESS: dict[str, str] = {
    "--debug": _LOG,
    "--trace": _LOG,
    "--use-local-state": "The state beside cluster.yml is the one that is used.",
    "--ignore-docker-version": "Docker is judged by what it can do; the list of tested versions is only advice.",
}
"""Flags of RKE's that change nothing here, and why."""

ENVIRONMENT: dict[str, str] = {
    "RANCHER_METADATA_URL": "rke-py brings along what it knows of each Kubernetes version.",
}
"""Variables of RKE's that are not read, and why."""


_LOCAL = "Name this machine in nodes, with an address and an SSH key that lets you in, even where it is the only one."
_DIND = "For a trial on one machine, with containers as hosts: make demo in a checkout of rke-py."

OPTIONS: dict[str, dict[str, str]] = {
    "up": {
        "--local": _LOCAL,
        "--dind": _DIND,
        "--dind-storage-driver": _DIND,
        "--dind-dns-server": _DIND,
        "--update-only": "Name the new workers with --only HOST; everything else is left as it is.",
        "--init": "rke-py plan shows what would be done; rke-py cert generate-csr makes keys and signing requests.",
    },
    "remove": {"--local": _LOCAL, "--dind": _DIND},
}
"""Flags of RKE's that are not here, by command, and what to do instead."""

_WITH_VALUE = frozenset({"--config", "-c", "-f"})
_HELP = frozenset({"--help", "-h"})
_ANYWHERE = frozenset({"--quiet", "-q"})
_SHORT = {"-d": "--debug"}
_CONFIG = {"-l": "--list-version", "-a": "--all", "-s": "--system-images"}


class Understood(NamedTuple):
    """A command line in our own spelling, and what to say about the one that was typed."""

    arguments: tuple[str, ...]
    notes: tuple[str, ...]


class Instead(NamedTuple):
    """What is not here, and what to do instead."""

    what: str
    hint: str


def understood(arguments: Sequence[str]) -> Understood:
    """Return what RKE's operators mean by a command line.

    Flags may be written with one dash and may stand before the command, ``help COMMAND`` shows its page, and commands
    that only changed their name have both.
    """
    words = [_two_dashes(word) for word in arguments]
    kept = [word for word in words if _name(word) not in NEEDLESS]
    typed = {_name(word) for word in words}
    notes = [f"{word} changes nothing here. {why}" for word, why in NEEDLESS.items() if word in typed]
    before, rest = _split(kept)
    rest = _ours(rest)
    if rest[:1] in (["help"], ["h"]):
        rest = [*rest[1:], "--help"]
    return Understood((*rest, *before) if rest else tuple(before), tuple(notes))


def unread(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return what to say of variables that RKE reads and rke-py does not."""
    return tuple(f"{name} is not read. {why}" for name, why in ENVIRONMENT.items() if environment.get(name))


def instead(arguments: Sequence[str]) -> Instead | None:
    """Return what to say of a command or a flag that RKE has and rke-py has not; None when there is no such thing."""
    group = arguments[0] if arguments else ""
    known = [name for name in SAME if name.startswith(f"{group} ")]
    if known and len(arguments) == 1 and group not in {name.split()[0] for name in SAME.values()} | {"cert"}:
        return Instead(f"rke-py has no command '{group}'", "\n".join(f"{name}: rke-py {SAME[name]}" for name in known))
    for word in arguments[1:]:
        if hint := OPTIONS.get(group, {}).get(_name(word)):
            return Instead(f"rke-py {group} has no {_name(word)}", hint)
    return None


def _ours(words: list[str]) -> list[str]:
    """Replace a spelling of RKE's at the beginning by ours."""
    if words[:1] == ["config"]:
        return _config(words)
    ours = SAME.get(" ".join(words[:2]))
    return words if ours is None else [*ours.split(), *words[2:]]


def _config(words: list[str]) -> list[str]:
    """Return what RKE's ``config`` means: it has flags where ours has commands, and without them writes a file."""
    if len(words) > 1 and (not words[1].startswith("-") or words[1] in _HELP):
        return words
    flags = [_CONFIG.get(word, word) for word in words[1:]]
    left = [flag for flag in flags if flag not in ("--all", "--list-version", "--system-images")]
    if "--list-version" in flags:
        return ["config", "versions", *([] if "--all" in flags else ["--newest"]), *left]
    if "--system-images" in flags:
        return ["config", "images", *("--kubernetes-version" if flag == "--version" else flag for flag in left)]
    return ["config", "init", *words[1:]]


def _name(word: str) -> str:
    """Return a flag without its value."""
    return word.partition("=")[0]


def _two_dashes(word: str) -> str:
    """Return a flag that RKE takes with one dash as we take it; one letter stays a short flag."""
    name = _name(word).lstrip("-")
    if word.startswith("-") and not word.startswith("--") and len(name) > 1 and name in _LONG:
        return f"-{word}"
    return _SHORT.get(word, word)


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split off what stands before the command and belongs behind it."""
    before: list[str] = []
    rest = list(words)
    while rest and (rest[0] in _WITH_VALUE | _ANYWHERE or rest[0].startswith("--config=")):
        taken = 2 if rest[0] in _WITH_VALUE else 1
        before += rest[:taken]
        rest = rest[taken:]
    return before, rest


_LONG = frozenset(
    {
        *("config", "ssh-agent-auth", "ignore-docker-version", "debug", "quiet", "trace"),
        *("local", "dind", "dind-storage-driver", "dind-dns-server", "update-only", "disable-port-check", "init"),
        *("cert-dir", "custom-certs", "force", "service", "rotate-ca", "name", "s3", "s3-endpoint", "s3-endpoint-ca"),
        *("access-key", "secret-key", "bucket-name", "region", "folder", "use-local-state"),
        *("empty", "print", "system-images", "list-version", "all", "version", "help"),
    }
)
"""Every long flag of RKE's."""
