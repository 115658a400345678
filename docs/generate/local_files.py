"""reference/local-files.md: what lies beside cluster.yml."""

from __future__ import annotations

from pathlib import Path

from rke_py.cli.run_log import KEPT_FILES, MOST_BYTES
from rke_py.stores.statefile import GENERATIONS, generation
from rke_py.workflows.context import Context

from .markdown import code, page, table

_AFTER = """\
All but cluster.yml have mode 0600. For a file of another name, such as `prod.yml`, the names follow it:
`prod.rkestate`, `kube_config_prod.yml`, `prod.log`.

`cluster.rkestate` holds every private key of the cluster, the CAs' included. Keep it safe and keep a copy: without it
and without the copy in the cluster nobody can change the cluster any more. What is inside, and what the copy in the
cluster is good for, is told in [state and safety](../explanation/state-and-safety.md).

## In the cluster

| object | what it is |
| -- | -- |
| Secret `kube-system/full-cluster-state` | copy of the state, without what can be issued again |
| Lease `kube-system/rke-py` | held while a run changes a cluster that has an API server |
| Node annotation `rke-py.io/owned` | which labels and taints of the node are from cluster.yml |
"""


def local_files_page() -> str:
    """Return the page of local files."""
    return page("Files beside cluster.yml", table(("file", "what it is"), _rows()), _AFTER)


def _rows() -> list[tuple[str, str]]:
    context = Context(config=Path("cluster.yml"))
    state = context.state_path
    size = f"{MOST_BYTES // 1_000_000} MB"
    return [
        (code("cluster.yml"), "what is wanted; yours, never written by rke-py"),
        (code(state), "what was made: certificates, keys, etcd's identity, the configuration as last applied in full"),
        (
            f"{code(generation(state, 1))} to {code(f'.{GENERATIONS}')}",
            f"the state as it was before the last {GENERATIONS} runs that changed it",
        ),
        (
            code(context.journal_path),
            "one JSON line for every step: begun, done, failed, undone; and how a run ended; for people",
        ),
        (code(f"{state}.lock"), "locked while a run works; the lock goes with the process, the file stays"),
        (code(f"{state}.holder"), "who has the lock; only there while somebody has it"),
        (
            code(f"{state}.replaced-TIME"),
            "what was there before `rke-py state pull` or `recover` put another in its place",
        ),
        (code(f"{state}.removed"), "the state of a cluster after `rke-py remove`"),
        (code(context.kubeconfig_path), "the administrator's kubeconfig"),
        (
            code(f"{context.certificates_path}/"),
            "[certificates of your own CA](../how-to/custom-certificates.md), keys and signing requests; read with "
            "`--custom-certs` only",
        ),
        (
            code("cluster.log"),
            "everything that happened, with host and stage, but not each Docker call of commands that only look; "
            f"{KEPT_FILES} older files of {size} each",
        ),
    ]
