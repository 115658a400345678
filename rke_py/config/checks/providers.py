"""Names of providers and of their options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rke_py.config.findings import Finding, Path, nearest


def provider_findings(path: Path, provider: str, known: tuple[str, ...]) -> Iterator[Finding]:
    """Yield what is wrong with the name of a provider; an empty one is the default."""
    if provider and provider not in known:
        yield Finding(path=path, what=f"'{provider}' is not a {path[-1]} of {path[0]}", hint=nearest(provider, known))


def option_findings(
    path: Path, options: Mapping[str, str], known: tuple[str, ...], others: tuple[str, ...]
) -> Iterator[Finding]:
    """Yield the options that a provider does not take.

    Args:
        path: Of the options.
        options: As written.
        known: Keys that it takes.
        others: How the keys begin that belong to another provider: they do no harm.
    """
    for key in options:
        if key in known:
            continue
        if key.startswith(others):
            what = f"{key} belongs to another choice and has no effect"
            yield Finding(path=(*path, key), what=what, hint="Remove it.", warning=True, at_key=True)
        else:
            what = f"{key} is not an option here"
            yield Finding(path=(*path, key), what=what, hint=nearest(key, known), at_key=True)
