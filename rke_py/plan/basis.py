"""What a plan rests on, so that a saved one is carried out only while nothing of it has changed.

Certificates that a run makes anew are different each time, and machines are looked at more closely when they are about
to be changed; neither counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256

from rke_py.plan.arguments import flag_name
from rke_py.plan.compare import ignored_flags
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.model import Plan
from rke_py.plan.steps import (
    ApplyAddon,
    CreateTogether,
    DeleteFiles,
    ForgetRke,
    InstallCni,
    MigrateNode,
    SetNode,
    Step,
    WriteFiles,
)
from rke_py.state.model import State

KIND = "rke-py plan"
_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a plan rests on.

    Attributes:
        program: The version of rke-py that made it.
        configuration: Digest of everything that cluster.yml asks for.
        state: Digest of what was remembered.
        only, skip: The hosts that the run was limited to, and done without.
        certificates: Digest of the owner's certificates that the run takes over; empty when it takes none.
        steps: A line for each step, with a digest of what it does.
    """

    program: str
    configuration: str
    state: str
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    certificates: str = ""
    steps: tuple[str, ...] = ()


def plan_basis(
    plan: Plan,
    *,
    program: str,
    configuration: object,
    state: State | None,
    only: Iterable[str] = (),
    skip: Iterable[str] = (),
    certificates: Mapping[str, bytes] | None = None,
) -> Basis:
    """Return what a plan rests on.

    Args:
        plan: The plan.
        program: The version of rke-py.
        configuration: Everything that cluster.yml asks for, as JSON-ready data.
        state: What was remembered before this run; None for a cluster that does not exist yet.
        only: The hosts that the run was limited to.
        skip: The hosts that the run was to do without.
        certificates: The files of the owner's own that it takes over; None when it takes none.
    """
    return Basis(
        program=program,
        configuration=_digest(configuration),
        state=_digest(_memory(state)) if state else "",
        only=tuple(sorted(only)),
        skip=tuple(sorted(skip)),
        certificates="" if certificates is None else _digest(sorted(map(repr, certificates.items()))),
        steps=tuple(_steps(plan)),
    )


def changes(saved: Basis, now: Basis) -> tuple[str, ...]:
    """Return what has changed since a plan was saved, a line each; none when it still holds."""
    lines = []
    if saved.program != now.program:
        lines.append(f"it was made by rke-py {saved.program}, this is {now.program}")
    if saved.configuration != now.configuration:
        lines.append("cluster.yml, or a file that it includes, asks for something else")
    if saved.state != now.state:
        lines.append("the state was changed by another run")
    for name in ("only", "skip"):
        before, after = getattr(saved, name), getattr(now, name)
        if before != after:
            lines.append(f"it was made {_with(name, before)}, and is to be done {_with(name, after)}")
    if saved.certificates != now.certificates:
        lines.append("the certificates in the folder of --cert-dir are others, or it was made without --custom-certs")
    lines += [f"no longer to do: {_shown(step)}" for step in saved.steps if step not in now.steps]
    lines += [f"to do now: {_shown(step)}" for step in now.steps if step not in saved.steps]
    return tuple(lines)


def _with(name: str, hosts: tuple[str, ...]) -> str:
    return f"with --{name} {', '.join(hosts)}" if hosts else f"without --{name}"


def saved_plan(shown: object, basis: Basis) -> str:
    """Return the text that a plan is saved as: what it does for people, what it rests on for ``up``.

    Args:
        shown: The plan as JSON-ready data, fit to be shown.
        basis: What it rests on.
    """
    return json.dumps({"kind": KIND, "basis": asdict(basis), "plan": shown}, indent=2) + "\n"


def read_basis(text: str) -> Basis | None:
    """Return what a saved plan rests on; None when the text is not a saved plan."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    given = found.get("basis") if isinstance(found, dict) and found.get("kind") == KIND else None
    if not isinstance(given, dict) or given.keys() != {field.name for field in fields(Basis)}:
        return None
    return Basis(
        program=str(given["program"]),
        configuration=str(given["configuration"]),
        state=str(given["state"]),
        only=tuple(map(str, given["only"])),
        skip=tuple(map(str, given["skip"])),
        certificates=str(given["certificates"]),
        steps=tuple(map(str, given["steps"])),
    )


def _steps(plan: Plan) -> Iterator[str]:
    for stage in plan.stages:
        for turn in stage.turns:
            for step in turn.steps:
                if not isinstance(step, InstallCni):
                    yield f"{stage.name}: {turn.host}: {step.title} {_digest(_content(step))}"


def _shown(step: str) -> str:
    return step.rpartition(" ")[0]


def _content(step: Step) -> object:
    """Return what a step does, as far as cluster.yml and the hosts decide it."""
    match step:
        case WriteFiles():
            return sorted(file.path for file in step.files)
        case DeleteFiles():
            return sorted(step.paths)
        case CreateTogether() | MigrateNode():
            return [_container(spec) for spec in step.specs]
        case ForgetRke():
            return [found.title for found in step.objects]
        case ApplyAddon():
            return sorted(_object(item) for item in step.objects)
        case SetNode():
            return [dict(step.want.labels), [str(taint) for taint in step.want.taints], dict(step.want.annotations)]
    spec = getattr(step, "spec", None)
    return _container(spec) if isinstance(spec, ContainerSpec) else step.title


def _container(spec: ContainerSpec) -> str:
    """Return what the container is, without how long it may take: that follows etcd's size, which always changes."""
    ignored = ignored_flags(spec.name)
    kept = tuple(element for element in spec.command if flag_name(element) not in ignored)
    return repr(replace(spec, command=kept, start_timeout=0))


def _object(item: Mapping[str, object]) -> str:
    metadata = item.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else ""
    space = metadata.get("namespace", "") if isinstance(metadata, Mapping) else ""
    return f"{item.get('kind')} {space}/{name}"


def _memory(state: State) -> object:
    """Return what is remembered, without the count of how often it was saved."""
    certificates = sorted((name, credential.certificate) for name, credential in state.bundle.items())
    return [
        state.lineage,
        repr(state.etcd),
        sorted((name, record.address, sorted(record.roles)) for name, record in state.hosts.items()),
        sorted(state.supplied),
        state.encryption,
        str(state.encryption_change),
        state.configuration,
        certificates,
    ]


def _digest(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return sha256(text.encode()).hexdigest()[:_DIGITS]
