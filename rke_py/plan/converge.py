"""What brings a host's containers and files to what is wanted; nothing where they are."""

from __future__ import annotations

from dataclasses import replace

from rke_py.cluster.model import Host
from rke_py.pki.distribution import certificate_files
from rke_py.plan.certificate_proofs import certificate_proofs
from rke_py.plan.conventions import CLOUD_CONFIG
from rke_py.plan.external_etcd import external_files
from rke_py.plan.files import FileSpec
from rke_py.plan.putting_back import as_put_back
from rke_py.plan.reconcile import delete_files, reconcile, together, with_other_content, write_files
from rke_py.plan.rke.components.apiserver import ENCRYPTION_FILE
from rke_py.plan.steps import ContainerStep, InstallCni, Step, TakesDown, WriteFiles
from rke_py.plan.wanted import Wanted, setting


def write_all(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Return the steps that bring all files of a host on which nothing runs yet."""
    return _write(wanted, host, wanted.nodes[host.name].files)


def install_cni(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Return the step that brings the standard CNI plugins, where the host was seen to lack them."""
    deep = wanted.found(host).deep
    if wanted.cluster.rke is not None:  # there the pod network brings them
        return ()
    if deep is None or not deep.cni_outdated or wanted.cluster.network.plugin == "none":
        return ()
    why = (f"/opt/cni/bin lacks: {', '.join(deep.cni_outdated)}",)
    return (InstallCni(host=host.name, tools=wanted.cluster.images.tools, why=why),)


def converge(wanted: Wanted, host: Host, names: tuple[str, ...], *, last: bool = False) -> tuple[Step, ...]:
    """Return the steps for some of the host's containers with the files they use, nothing when all is well.

    A fresh host has its files from the stage before.

    Args:
        wanted: What is wanted and found.
        host: The host.
        names: Names of containers; those that the host does not carry are left out.
        last: True for the host's last turn: files that no container names are written and stale ones deleted.
    """
    node, found = wanted.nodes[host.name], wanted.found(host)
    specs = tuple(spec for spec in node.containers if spec.name in names)
    write = write_used(wanted, host, names, last=last)
    writing = with_other_content((file for step in write for file in step.files), found.files or {})
    containers = tuple(
        _kept(wanted, as_put_back(step, wanted.cluster, host, found, node.containers, writing, wanted.carrier))
        for spec in specs
        for step in reconcile(found, spec, node.files, writing, wanted.carrier)
    )
    # what components of a lost role read goes after them (stages/departures.py)
    settled = last and not wanted.going(host)
    proofs = certificate_proofs(
        wanted.cluster,
        host,
        wanted.state,
        specs,
        written={file.path for file in writing},
        started={getattr(step, "name", "") for step in containers},
    )
    return (*write, *together(containers), *proofs, *(delete_stale(wanted, host) if settled else ()))


def _kept(wanted: Wanted, step: ContainerStep) -> ContainerStep:
    """Return a step that puts no file back which nobody accepts any more."""
    refused = wanted.untrusted or wanted.members_untrusted
    return replace(step, before=()) if refused and isinstance(step, TakesDown) else step


def write_used(wanted: Wanted, host: Host, names: tuple[str, ...], *, last: bool = False) -> tuple[WriteFiles, ...]:
    """Return the steps that bring the files some containers use; arguments as for ``converge``."""
    node = wanted.nodes[host.name]
    used = {path for spec in node.containers if spec.name in names for path in spec.files}
    named = {path for spec in node.containers for path in spec.files}
    files = tuple(file for file in node.files if file.path in used or (last and file.path not in named))
    return () if wanted.fresh(host) else _write(wanted, host, files)


def delete_stale(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Return the step that deletes what is no longer wanted; files that the user's own flags name are his.

    RKE leaves more on its hosts than their containers read, and a cluster of RKE's keeps it; certificates and keys
    of a role that a host lost go, and keys that nothing is encrypted with any more.
    """
    node, there = wanted.nodes[host.name], wanted.found(host).files or {}
    if wanted.cluster.rke is not None:
        every = {*certificate_files(wanted.cluster), *external_files(wanted.cluster)}
        lost = every if host.carried - host.roles else set[str]()
        unused = host.carried - host.roles or (wanted.state.retired_keys and not wanted.state.encryption)
        keys = {ENCRYPTION_FILE} if unused else set[str]()
        there = {path: file for path, file in there.items() if path in lost | keys}
    named = (flag.partition("=")[2] for spec in node.containers for flag in (*spec.entrypoint, *spec.command))
    keep = {file.path for file in node.files}.union(named)
    ours = frozenset({CLOUD_CONFIG} if setting(wanted.state.configuration, "cloudProvider", "name") else ())
    return delete_files(host.name, keep, there, wanted.cluster.images.tools, ours)


def write_for(wanted: Wanted, host: Host, name: str) -> tuple[Step, ...]:
    """Return the steps that bring the files that one container uses; a fresh host has them already."""
    spec = wanted.container(host, name)
    files = tuple(file for file in wanted.nodes[host.name].files if file.path in spec.files)
    return () if wanted.fresh(host) else _write(wanted, host, files)


def _write(wanted: Wanted, host: Host, files: tuple[FileSpec, ...]) -> tuple[WriteFiles, ...]:
    found = wanted.found(host).files or {}
    return write_files(host.name, files, found, wanted.carrier)
