"""reference/versions.md: what the catalog holds."""

from __future__ import annotations

from rke_py.catalog.upstream import MINORS
from rke_py.catalog.upstream import release as upstream_release
from rke_py.catalog.versions import newest

from .markdown import code, page, table

_OTHERS = """\
## Which versions are accepted

Any patch release of a minor above, written as Kubernetes names it. The flags of every component are known for each
minor: `rke-py config validate` refuses an `extra_args` that the program does not have.

Versions of RKE's own releases, such as `v1.32.2-rancher1-1`, are refused by name: their containers are not built yet.

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
        _OTHERS,
    )
