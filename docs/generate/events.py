"""reference/events.md: the lines of ``--output json``, written by the program's own writer."""

from __future__ import annotations

import io
from dataclasses import fields
from datetime import UTC, datetime

from rke_py.cli.console.json_lines import NAMES, JsonLines
from rke_py.cli.redaction import Redactor
from rke_py.errors import Problem, ProofFailed
from rke_py.progress import (
    Event,
    Finished,
    Note,
    Pulling,
    StageEnded,
    StageStarted,
    StepEnded,
    StepStarted,
    Warned,
)

from .markdown import code, codes, fenced, first_sentence, page, table

_FAULT = ProofFailed(
    "n1",
    "kube-apiserver did not become healthy within 120 s; the old kube-apiserver was put back",
    evidence=("Error: unknown flag: --no-such-flag",),
    hint="Read the rest on the host with: docker logs kube-apiserver",
)

SAMPLES: tuple[Event, ...] = (
    StageStarted(stage="etcd", hosts=("n1", "n2", "n3")),
    StepStarted(stage="etcd", host="n1", step="bootstrap etcd"),
    Pulling(host="n2", image="gcr.io/etcd-development/etcd:v3.6.16", done=4_194_304, total=26_214_400),
    StepEnded(stage="etcd", host="n1", step="bootstrap etcd", seconds=2.1),
    StepEnded(stage="control plane", host="n1", step="replace kube-apiserver", seconds=121.4, error=_FAULT),
    StageEnded(stage="etcd", seconds=9.8),
    Note(text="Stopping: steps under way are finished first, nothing new is started."),
    Warned(problem=Problem(where="n4", what="it is small: 1 processor", warning=True)),
    Finished(changed=58, seconds=21.3),
)

_INTRODUCTION = """\
With `--output json` `rke-py up`, `remove`, `images build`, and whatever else changes a cluster, its hosts or its
snapshots, write one JSON object a line to standard output. Every object has `event`, `time` (UTC, RFC 3339) and
`elapsed` (seconds since the run began).
The last line is `finished` or `failed`. Fields may be added in later releases; none changes its meaning.

Commands that look, such as `rke-py plan`, `status`, `version` and `config validate`, and those of `state` answer with
one JSON document instead; their help pages name its fields. Where they cannot, standard output has nothing, and
standard error says why.
"""
_FAILED = "how the run ended when it failed; `error` as in `step-ended`, with `problems` and `failures` inside"


def events_page() -> str:
    """Return the page of events."""
    rows = [(code(name), codes(f.name for f in fields(kind)), _meaning(kind)) for kind, name in NAMES.items()]
    rows.append((code("failed"), codes(("exit_status", "error")), _FAILED))
    return page(
        "Events of a run",
        _INTRODUCTION,
        table(("event", "fields", "meaning"), rows),
        "A failed step's `error` has `type` (see [exit statuses](exit-statuses.md)), `where`, `what`, `evidence` "
        "(lines), `notes`, `hint`, `problems` and `failures` (errors again). `pulling` comes at most once a second for "
        "an image; its `done` and `total` are bytes, and a `total` of 0 is not known yet.",
        "## An example of each",
        fenced(written(), "json"),
    )


def written() -> str:
    """Return a line for each sample, as the program writes it."""
    stream, seconds = io.StringIO(), iter(range(1, len(SAMPLES) + 2))
    moment = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)
    writer = JsonLines(stream, elapsed=lambda: float(next(seconds)), now=lambda: moment, redactor=Redactor())
    for event in SAMPLES:
        writer.report(event)
    return stream.getvalue()


def _meaning(kind: type[Event]) -> str:
    return first_sentence(kind.__doc__).replace(" is None ", " is null ")
