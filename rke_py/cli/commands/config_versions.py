"""``rke-py config versions``: the Kubernetes versions of the catalog."""

from __future__ import annotations

import json
from collections.abc import Iterable

import click

from rke_py.cli import options
from rke_py.cli.pages import Command


@click.command("versions", cls=Command, short_help="List the Kubernetes versions that rke-py knows.")
@click.option("--newest", is_flag=True, help="Only the newest of each minor release.")
@options.output
def versions(newest: bool, output: str) -> None:
    """List the Kubernetes versions that rke-py knows, the oldest first.

    Of RKE's own releases (v1.20 to v1.32) every one is listed, of upstream's the newest patch release of each minor;
    any other patch of that minor will do as well. "subscription" marks releases whose images only subscribers can pull.

    In JSON "docker" has the versions of Docker that RKE accepted for a release. That is advice: what a host's Docker
    can do is looked at, not its number.

    Examples:
      rke-py config versions
      rke-py config versions --newest
      rke-py config versions --output json | jq -r '.[] | select(.family == "rke").version'

    Exit status: 0 done, 2 wrong usage.
    """
    from rke_py.catalog.versions import every_version, minors, newest_of

    listed = [newest_of(minor) or "" for minor in minors()] if newest else every_version()
    rows = list(_rows(listed))
    if output == "json":
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        remarks = [name for name in ("default", "subscription") if row[name]]
        click.echo(f"{row['version']:<22} {row['family']:<10} {', '.join(remarks)}".rstrip())


def _rows(listed: Iterable[str]) -> Iterable[dict[str, object]]:
    from rke_py.catalog.release import Release
    from rke_py.catalog.versions import find_release, newest

    for version in listed:
        release = find_release(version)
        if isinstance(release, Release):
            yield {
                "version": version,
                "family": release.family,
                "default": version == newest(),
                "subscription": release.subscription,
                "docker": list(release.docker),
            }
