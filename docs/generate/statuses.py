"""reference/exit-statuses.md: statuses, and the errors that lead to them."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py import errors
from rke_py.cli import exits
from rke_py.errors import RkeError

from .markdown import code, first_sentence, page, table

_FORM = """\
## What an error looks like

On standard error, with the place first (a line of cluster.yml or a host), what was seen, and what to try:

```text
Error: cluster.yml:14:12 nodes[1].role[0]: 'control-plane' is not a role
Hint:  Did you mean controlplane?
```

Lines that begin with `|` are evidence, such as the last log lines of a container. All faults of cluster.yml come at
once, and so do all faults of the hosts that the checks before the first change find. With `--output json` the same is
in the last line of a command that writes [events](events.md); of others it is on standard error alone.
"""


def statuses_page() -> str:
    """Return the page of exit statuses."""
    meanings = [line for line in (exits.__doc__ or "").splitlines() if line.startswith("|")]
    rows = ((code(kind.__name__), str(kind.exit_code), first_sentence(kind.__doc__)) for kind in error_types())
    return page(
        "Exit statuses",
        "\n".join(meanings).replace("``", "`"),
        _FORM,
        "## Errors by type\n\nThe `type` of an error in JSON output.",
        table(("type", "status", "meaning"), rows),
    )


def error_types() -> Iterator[type[RkeError]]:
    """Yield every error an operator can meet, in the order of rke_py/errors.py."""
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, RkeError) and not name.startswith("_") and kind is not RkeError:
            yield kind
