"""Where snapshots lie: on every member's host, in S3 as those hosts reach it, and in a folder beside cluster.yml."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from rke_py.cluster.backup_model import S3
from rke_py.cluster.model import Cluster, Role
from rke_py.errors import HostError, UsageError
from rke_py.kube.interface import ClusterAccess
from rke_py.plan.backup import s3_settings
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.conventions import SNAPSHOT_FOLDER
from rke_py.plan.prefix import prefix_of
from rke_py.rollout.images import Images
from rke_py.state.model import State
from rke_py.stores.statefile import StateStore
from rke_py.transport.interface import Engine, Fleet
from rke_py.transport.tools import look_name, run_tools
from rke_py.workflows.context import Context
from rke_py.workflows.pulls import images_of
from rke_py.workflows.remembered import asked_of, existing
from rke_py.workflows.secrecy import secrets_of

_BINDS = (f"{SNAPSHOT_FOLDER}:{SNAPSHOT_FOLDER}",)
_WINDOW = 86_400
"""Seconds after which a window closes by itself, should the run that looks through it die."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The hosts of etcd's members, each with its folder of snapshots, and the way to S3 through them.

    Attributes:
        run: Id of this look, which takes no lock: another run may look, or change something, meanwhile.
    """

    cluster: Cluster
    state: State
    fleet: Fleet
    images: Images
    run: str

    @property
    def hosts(self) -> tuple[str, ...]:
        """The members' hosts, those that answer and those that do not."""
        return tuple(host.name for host in self.cluster.with_role(Role.ETCD))

    def ask(
        self, host: str, command: Sequence[str], *, s3: bool = False, network: str = "host", timeout: float = 600
    ) -> dict[str, Any]:
        """Run a command of the tools image that changes nothing, and return what it printed.

        Args:
            host: Where.
            command: The command and its arguments.
            s3: Whether it is about S3: its settings come by standard input, and no inspection shows them.
            network: The container's; ``none`` for one of its own.
            timeout: Seconds.

        Raises:
            HostError: It failed, or the host does not answer.
        """
        settings, stdin = self.cluster.backup.s3, None
        if s3 and settings is not None:
            stdin = json.dumps(s3_settings(settings, self.cluster.proxy)).encode()
        image, connection = self.cluster.images.tools, self.fleet[host]
        self.images.ensure(host, image)
        return run_tools(
            connection.engine,
            host,
            image,
            [*command, *(["--s3"] if s3 else [])],
            timeout=timeout,
            binds=_BINDS,
            prefix=str(prefix_of(self.cluster, connection.operating_system)),
            stdin=stdin,
            network=network,
            name=look_name(f"{command[0]}-s3" if s3 else command[0], self.run),  # S3 and the folder at once
        )

    def ask_s3(self, command: Sequence[str]) -> tuple[str, dict[str, Any]]:
        """Ask S3 through one member after another until one reaches it; return its host, and what was printed.

        Raises:
            HostError: None reaches it; what the first one said that answers.
        """
        faults: list[HostError] = []
        for host in sorted(self.hosts, key=lambda name: name not in self.fleet.reachable):
            try:
                return host, self.ask(host, command, s3=True)
            except HostError as fault:
                faults.append(fault)
        raise faults[0]

    @contextmanager
    def window(self, host: str) -> Iterator[tuple[Engine, str]]:
        """Start a container that sees the folder of snapshots, yield the host's Docker and its name, and remove it.

        It runs, so that nobody takes it for one that a dead run left over, and ends by itself.
        """
        engine, image = self.fleet[host].engine, self.cluster.images.tools
        self.images.ensure(host, image)
        spec = ContainerSpec(
            name=look_name("window", self.run),
            image=image,
            entrypoint=("sleep", str(_WINDOW)),
            binds=(f"{_BINDS[0]}:ro",),
            network_mode="none",
            restart="no",
        )
        engine.create(spec)
        try:
            engine.start(spec.name)
            yield engine, spec.name
        finally:
            engine.remove(spec.name)

    def cluster_access(self, context: Context) -> ClusterAccess:
        """Return the ways into the cluster's own APIs."""
        return context.edges.access(self.cluster, self.fleet, lambda: self.state.bundle)


@contextmanager
def snapshot_places(context: Context, s3: S3 | None = None) -> Iterator[Places]:
    """Open the ways to every place.

    Args:
        context: Where cluster.yml is.
        s3: Another folder in S3 than cluster.yml names.

    Raises:
        UsageError: No cluster was made yet, or its etcd is the owner's own.
    """
    state = existing(StateStore(context.state_path).read(), context)
    asked = asked_of(context, state)
    cluster = with_s3(asked.cluster, s3)
    refuse_external(cluster)
    context.protect(secrets_of(state, asked.loaded.config))
    protect_s3(cluster, context)
    with ExitStack() as stack:
        fleet = stack.enter_context(context.edges.fleet(cluster, context))
        images = stack.enter_context(images_of(cluster, fleet, context))
        yield Places(cluster=cluster, state=state, fleet=fleet, images=images, run=context.look_id())


def with_s3(cluster: Cluster, s3: S3 | None) -> Cluster:
    """Return the cluster with another folder in S3, unless it is None."""
    return cluster if s3 is None else replace(cluster, backup=replace(cluster.backup, s3=s3))


def protect_s3(cluster: Cluster, context: Context) -> None:
    """Keep the keys of S3 out of everything that is shown."""
    if cluster.backup.s3:
        context.protect(filter(None, [cluster.backup.s3.secret_key.get_secret_value()]))


def refuse_external(cluster: Cluster) -> None:
    """Raise UsageError where etcd is the owner's own."""
    if cluster.external_etcd is not None:
        what = "this cluster's etcd is your own (services.etcd.external_urls), and rke-py takes no snapshots of it"
        raise UsageError(what, hint="Take them where it runs: etcdctl snapshot save FILE")


def need_s3(cluster: Cluster) -> S3:
    """Return where snapshots are in S3; raises UsageError where that is not known."""
    if cluster.backup.s3 is None:
        hint = "Write services.etcd.backup_config.s3backupconfig in cluster.yml, or give --s3 and its options."
        raise UsageError("cluster.yml names no S3", hint=hint)
    return cluster.backup.s3


def words_of(fault: HostError) -> str:
    """Return what the tools container said, or what kept it from saying anything."""
    for line in reversed(fault.evidence):
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict) and "error" in told:
            return str(told["error"])
    return fault.what
