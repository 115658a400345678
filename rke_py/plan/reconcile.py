"""What has to be done to one host's files and containers: wanted and found in, steps out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from rke_py.pki.distribution import is_certificate_file
from rke_py.plan.compare import differences, needs_reload, needs_restart
from rke_py.plan.components.snapshots import SCHEDULE as SNAPSHOT_SCHEDULE
from rke_py.plan.components.snapshots import STATE as SNAPSHOT_STATE
from rke_py.plan.containers import ContainerSpec, FoundContainer, Status
from rke_py.plan.conventions import FOLDER
from rke_py.plan.files import FileSpec, FoundFile
from rke_py.plan.observed import ObservedHost
from rke_py.plan.steps import (
    ContainerStep,
    CreateContainer,
    CreateTogether,
    DeleteFiles,
    ReloadContainer,
    ReplaceContainer,
    RestartContainer,
    RestorePolicy,
    StartContainer,
    WriteFiles,
)
from rke_py.render.haproxy import CLIENT_PATH as HAPROXY_CLIENT

API_SERVER = "kube-apiserver"
_WEBHOOK = "kube-api-authn-webhook.yaml"

_OURS = frozenset(
    {
        *(f"{FOLDER}/{name}" for name in ("admission.yaml", "audit-policy.yaml", _WEBHOOK)),
        *(f"{FOLDER}/ssl/{name}" for name in ("encryption.yaml", "registries.json", "credential-providers.yaml")),
        HAPROXY_CLIENT,
        SNAPSHOT_SCHEDULE,
    }
)
"""Files of ours beside certificates that are not on every host at all times."""


def old_name(name: str) -> str:
    """Return what a container is called while its successor is being proved."""
    return f"old-{name}"


def container_on(host: ObservedHost, name: str) -> FoundContainer | None:
    """Return a component's container, the old one where a killed run moved it aside and made no new one yet."""
    return host.containers.get(name) or host.containers.get(old_name(name))


def changed_files(wanted: Iterable[FileSpec], found: Mapping[str, FoundFile]) -> tuple[FileSpec, ...]:
    """Return the files whose content, mode or owner is not the wanted one, in the given order."""
    return tuple(file for file in wanted if file.path not in found or not found[file.path].same_as(file))


def with_other_content(files: Iterable[FileSpec], found: Mapping[str, FoundFile]) -> tuple[FileSpec, ...]:
    """Return the files that say something else than before: who reads one has to take it up.

    One that only gets another mode or owner says what it said.
    """
    return tuple(file for file in files if file.path not in found or not found[file.path].says(file))


def write_files(
    host: str, files: tuple[FileSpec, ...], found: Mapping[str, FoundFile], carrier: str
) -> tuple[WriteFiles, ...]:
    """Return the step that writes the files that differ; none when all are as wanted."""
    changed = changed_files(files, found)
    if not changed:
        return ()
    why = tuple(f"{file.path}: {'differs' if file.path in found else 'absent'} ({file.digest})" for file in changed)
    return (WriteFiles(host=host, files=changed, carrier=carrier, why=why),)


def delete_files(
    host: str, keep: Collection[str], found: Mapping[str, FoundFile], tools: str, ours: frozenset[str] = frozenset()
) -> tuple[DeleteFiles, ...]:
    """Return the step that deletes files of ours that have no business on the host any more.

    A file whose name neither rke-py nor RKE gives is somebody's own: a CA that a webhook's kubeconfig names, say.

    Args:
        host: The host's name.
        keep: Paths of files that are wanted there.
        found: The files that are there.
        tools: The tools image.
        ours: Paths that are ours in this cluster, beside those that always are.
    """
    known = _OURS | ours | (set() if SNAPSHOT_SCHEDULE in keep else {SNAPSHOT_STATE})
    stale = tuple(sorted(path for path in found if path not in keep and (is_certificate_file(path) or path in known)))
    if not stale:
        return ()
    return (DeleteFiles(host=host, paths=stale, tools=tools, why=tuple(f"{path}: no longer wanted" for path in stale)),)


def reconcile(
    host: ObservedHost, want: ContainerSpec, files: Iterable[FileSpec], writing: Iterable[FileSpec], carrier: str
) -> tuple[ContainerStep, ...]:
    """Return the steps that turn what the host carries under the wanted name into what is wanted.

    Args:
        host: The host as observed.
        want: The container as wanted.
        files: All files wanted on the host.
        writing: Those that the same turn writes before.
        carrier: Image of the container through which files are written.
    """
    found = host.containers.get(want.name)
    if old_name(want.name) in host.containers:
        unfinished = "an earlier run was interrupted while replacing it"
        return (ReplaceContainer(host=host.name, spec=want, why=(unfinished,)),)
    if found is None:
        return (CreateContainer(host=host.name, spec=want, why=("absent",)),)
    changed = differences(want, found)
    why = tuple(str(difference) for difference in changed)
    fields = tuple(dict.fromkeys(difference.field for difference in changed))
    if fields not in ((), ("restart",)):
        return (ReplaceContainer(host=host.name, spec=want, changed=fields, why=why),)
    policy = (RestorePolicy(host=host.name, spec=want, why=why),) if changed else ()
    run = _run(host, want, found)
    if run and found.status is not Status.PAUSED:
        return (*policy, *run)  # what starts reads its files
    return (*policy, *run, *_take_up(host, want, found, files, writing, carrier))


def _run(host: ObservedHost, want: ContainerSpec, found: FoundContainer) -> tuple[ContainerStep, ...]:
    """Return the step for a container that is as wanted but does not run."""
    if not want.starts:
        return ()
    if found.status is Status.RESTARTING:
        why = (f"it keeps failing (exit status {found.exit_code})",)
        return (RestartContainer(host=host.name, spec=want, why=why),)
    if not found.running:
        return (StartContainer(host=host.name, spec=want, why=(f"it is {found.status}",)),)
    return ()


def _take_up(
    host: ObservedHost,
    want: ContainerSpec,
    found: FoundContainer,
    files: Iterable[FileSpec],
    writing: Iterable[FileSpec],
    carrier: str,
) -> tuple[ContainerStep, ...]:
    """Return the step for a running container whose files are newer than it."""
    there, written = host.files or {}, {file.path for file in writing}
    stale = sorted({*needs_restart(want, found, there), *(written & set(want.reads))})
    if stale:
        why = tuple(f"{path} is newer than the container" for path in stale)
        return (RestartContainer(host=host.name, spec=want, why=why),)
    newer = {*needs_reload(want, found, there), *(written & set(want.reloads))}
    if newer:
        reloaded = tuple(file for file in files if file.path in newer)
        why = tuple(f"{path} changed" for path in sorted(newer))
        return (ReloadContainer(host=host.name, spec=want, files=reloaded, carrier=carrier, why=why),)
    return ()


def together(steps: Iterable[ContainerStep]) -> tuple[ContainerStep | CreateTogether, ...]:
    """Return the steps with neighbours that only create put into one; the API server stays apart, others need it."""
    grouped: list[ContainerStep | CreateTogether] = []
    for step in steps:
        last = grouped[-1] if grouped else None
        if not isinstance(step, CreateContainer) or step.name == API_SERVER:
            grouped.append(step)
        elif isinstance(last, CreateTogether):
            grouped[-1] = replace(last, specs=(*last.specs, step.spec))
        elif isinstance(last, CreateContainer) and last.name != API_SERVER:
            grouped[-1] = CreateTogether(host=step.host, specs=(last.spec, step.spec), why=step.why)
        else:
            grouped.append(step)
    return tuple(grouped)
