"""reference/hosts.md: what a host of each role carries, from the plan of an example cluster."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.cluster.model import Role
from rke_py.plan.components.snapshots import STATE
from rke_py.plan.containers import Check, ContainerSpec, HttpCheck, TcpCheck
from rke_py.plan.conventions import LOG_OPTIONS, NAME_LABEL
from rke_py.plan.files import FileSpec
from rke_py.plan.node import NodePlan
from rke_py.tools.files import FOLDERS, SNAPSHOTS

from .example import ROLES_APART, cluster, nodes, state
from .markdown import code, codes, fenced, page, table


def hosts_page() -> str:
    """Return the page of containers and files."""
    wanted = cluster()
    plans = nodes(wanted, state(wanted))
    by_role = {next(iter(plan.host.roles)): plan for plan in plans.values()}
    return page(
        "What a host carries",
        "Nothing is installed on a host: components are containers of its Docker, pods those of its containerd. "
        "This page is the plan for one host of each role, for this cluster.yml and machines with cgroup v2:",
        fenced(ROLES_APART, 'yaml title="cluster.yml"'),
        "A host with several roles carries what all of them need; `haproxy` is only on hosts without control plane. "
        "With a state key a host that takes recurring snapshots has the encrypted state too, in "
        f"{code(STATE)}, mode 0600.",
        *(_role(role, by_role[role]) for role in (Role.ETCD, Role.CONTROLPLANE, Role.WORKER)),
        "## Containers in full",
        "On the host's network, as user 0, restarted by Docker unless stopped (`always`), "
        f"logs of at most {LOG_OPTIONS['max-file']} files of {LOG_OPTIONS['max-size']} each, label "
        f"{code(NAME_LABEL)} with the container's name. `extra_args`, `extra_binds` and `extra_env` of its service are "
        "added to these.",
        *_in_full(plans),
        "## Folders",
        "What a cluster uses on a host, and what `rke-py remove` takes away: " + codes(FOLDERS) + ". "
        f"Snapshots of etcd in {code(SNAPSHOTS)} are kept unless `--delete-snapshots` is given. `/etc/cni/net.d` "
        "stays, empty: containerd watches it from its start on.",
        "## Short-lived containers",
        "Their names begin with `rke-py-`. Through one that is created and never started files are written; one of the "
        "tools image runs a command and ends. They are removed at once; what a killed run left over is removed by the "
        "next.",
    )


def _role(role: Role, plan: NodePlan) -> str:
    containers = table(
        ("container", "image", "healthy when", "may take"),
        ((code(s.name), code(s.image), _check(s.check), f"{s.start_timeout} s") for s in plan.containers),
    )
    files = table(("file", "mode", "used by"), (_file(file, plan) for file in plan.files))
    return f"## Role {role}\n\n{containers}\n\n{files}"


def _file(file: FileSpec, plan: NodePlan) -> tuple[str, str, str]:
    restarted = [spec.name for spec in plan.containers if file.path in spec.reads]
    reloaded = [f"{spec.name} (reloads)" for spec in plan.containers if file.path in spec.reloads]
    return code(file.path), f"{file.mode:04o}", ", ".join([*restarted, *reloaded])


def _check(check: Check) -> str:
    match check:
        case TcpCheck():
            return f"port {check.port} accepts a connection"
        case HttpCheck():
            scheme = "https" if check.ca else "http"
            return code(f"{scheme}://{check.address}:{check.port}{check.path}") + " answers 200"
    return "it keeps running"


def _in_full(plans: dict[str, NodePlan]) -> Iterator[str]:
    seen: set[str] = set()
    for plan in plans.values():
        for spec in plan.containers:
            if spec.name not in seen:
                seen.add(spec.name)
                yield f"### {spec.name}\n\n{_settings(spec)}\n\n{fenced(_command(spec), 'text')}"


def _settings(spec: ContainerSpec) -> str:
    facts = [
        ("privileged", "yes" if spec.privileged else ""),
        ("process namespace", spec.pid_mode),
        ("cgroup namespace", spec.cgroupns_mode),
        ("binds", codes(spec.binds)),
        ("environment", codes(spec.env)),
        ("stops within", f"{spec.grace} s"),
        ("reloads on", f"SIG{spec.reload_signal}" if spec.reload_signal else ""),
    ]
    return table(("setting", "value"), [(name, value) for name, value in facts if value])


def _command(spec: ContainerSpec) -> str:
    return "\n".join([" ".join(spec.entrypoint), *(element.rstrip() for element in spec.command)])
