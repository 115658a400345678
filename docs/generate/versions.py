"""reference/versions.md: what the catalog holds."""

from __future__ import annotations

from rke_py.catalog import rke
from rke_py.catalog.order import minor_of
from rke_py.catalog.upstream import MINORS
from rke_py.catalog.upstream import release as upstream_release
from rke_py.catalog.versions import newest

from .markdown import code, page, table

_RKE = """\
## RKE's own releases

As RKE 1.x deployed them, with its images and flags. Those in italics have images that only subscribers can pull.

"""

_OTHERS = """\
## Which versions are accepted

Any patch release of a minor above, written as Kubernetes names it. The flags of every component are known for each
minor: `rke-py config validate` refuses an `extra_args` that the program does not have.

Of RKE's own releases exactly those in the table above are accepted, and any other of those minors when `system_images`
sets every image it needs. `rke-py plan --offline` shows their containers, RKE's own argument by argument; they are not
rolled out yet: `up` refuses them by name. A cluster.yml of an older release is read and checked; `config validate` says
which steps lead on.

A cluster never goes back to an older version, and never skips a minor release: both are refused before anything is
touched.

Each image may be replaced, one by one in `system_images` or all at once by a default registry in `private_registries`;
see [a private registry](../how-to/private-registry.md). `tools` is published nowhere: `rke-py images build` makes it.
"""


def versions_page() -> str:
    """Return the page of versions and images."""
    releases = [upstream_release(minor.newest, key) for key, minor in sorted(MINORS.items(), reverse=True)]
    rows = [
        (code(key), *(code(release.images[key]) for release in releases))
        for key in releases[0].images
        if key != "tools"
    ]
    rows.append((code("tools"), *("`rke-py/tools`, with the version of rke-py" for _ in releases)))
    return page(
        "Versions and images",
        f"A cluster.yml without `kubernetes_version` gets {code(newest())} for a new cluster and keeps what runs for "
        "an old one. The newest patch release that all of this was run with, and its images:",
        table(("`system_images`", *(code(release.version) for release in releases)), rows),
        _RKE + _rke_table(),
        _OTHERS,
    )


def _rke_table() -> str:
    rows = [
        (
            code(f"v{minor[0]}.{minor[1]}"),
            ", ".join(_marked(name) for name in rke.versions() if minor_of(name) == minor),
        )
        for minor in rke.minors()
    ]
    return table(("Minor", "Releases"), rows)


def _marked(version: str) -> str:
    return f"*{code(version)}*" if rke.release(version).subscription else code(version)
