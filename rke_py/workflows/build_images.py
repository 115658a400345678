"""``rke-py images build``: build the tools image, push it, or load it into hosts where there is no registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from rke_py.catalog.release import Release
from rke_py.catalog.upstream import MINORS
from rke_py.catalog.versions import find_release, newest
from rke_py.cluster.model import Cluster
from rke_py.errors import HostError, RkeError, RolloutFailed
from rke_py.progress import Finished, StepEnded, StepStarted
from rke_py.stores.build_context import write_build_context
from rke_py.transport.local_docker import ImageBuilder
from rke_py.transport.parallel import for_each
from rke_py.workflows.context import Context
from rke_py.workflows.loading import load_cluster
from rke_py.workflows.planning import refuse_unknown

STAGE = "images"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be built, and where it is to go.

    Attributes:
        tag: Name of the image; empty means what ``up`` looks for: ``system_images.tools`` of cluster.yml when hosts
            are loaded, else the catalog's name.
        arguments: Arguments of the Dockerfile, in place of its own values and the catalog's.
        push: Push it to its registry.
        load: Names of the hosts to load it into.
        load_all: Load it into every host of cluster.yml.
    """

    tag: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    push: bool = False
    load: tuple[str, ...] = ()
    load_all: bool = False


def build_images(
    wanted: Wanted,
    builder: ImageBuilder,
    context: Context,
    *,
    prepare: Callable[[Path], None] = write_build_context,
) -> str:
    """Build the tools image and bring it where it is wanted; return its name.

    Args:
        wanted: What and where to.
        builder: The Docker that builds.
        context: Who watches.
        prepare: Fills the folder that is built.

    Raises:
        UsageError: A host that cluster.yml does not have.
        RkeError: Building or pushing failed.
        RolloutFailed: Some hosts did not get it.
    """
    began = context.clock.now()
    cluster = load_cluster(context.config, text=context.text).cluster if wanted.load or wanted.load_all else None
    hosts = _hosts(wanted, cluster)
    tag = wanted.tag or (cluster.images.tools if cluster else _release().images["tools"])
    with TemporaryDirectory(prefix="rke-py-") as name:
        folder = Path(name)
        with _step(context, "collect the libraries"):
            prepare(folder)
        with _step(context, f"build {tag}"):
            builder.build(folder, tag, {**build_arguments(), **wanted.arguments})
    if wanted.push:
        with _step(context, f"push {tag}"):
            builder.push(tag)
    if cluster is not None:
        _load(tag, hosts, cluster, builder, context)
    steps = 2 + wanted.push + len(hosts)
    context.reporter.report(Finished(changed=steps, seconds=(context.clock.now() - began).total_seconds()))
    return tag


def build_arguments() -> dict[str, str]:
    """Return the Dockerfile's arguments: the newest etcd of each line, whose programs read that line's snapshots."""
    etcd = {".".join(minor.etcd.lstrip("v").split(".")[:2]): minor.etcd for minor in MINORS.values()}
    image = _release().images["etcd"].rpartition(":")[0]
    return {f"ETCD_{line.replace('.', '_')}": f"{image}:{version}" for line, version in etcd.items()}


def _release() -> Release:
    release = find_release(newest())
    if not isinstance(release, Release):
        raise TypeError(f"the catalog refuses its own newest version: {release.what}")
    return release


def _hosts(wanted: Wanted, cluster: Cluster | None) -> tuple[str, ...]:
    if cluster is None:
        return ()
    refuse_unknown(wanted.load, cluster, "--load")
    return tuple(host.name for host in cluster.hosts) if wanted.load_all else wanted.load


def _load(tag: str, hosts: tuple[str, ...], cluster: Cluster, builder: ImageBuilder, context: Context) -> None:
    with context.edges.fleet(cluster, context) as fleet:

        def load(name: str) -> None:
            with _step(context, f"load {tag}", host=name):
                fleet[name].engine.load(builder.save(tag))

        answers = for_each(hosts, load)
    failures = [answer for answer in answers.values() if isinstance(answer, HostError)]
    if failures:
        raise RolloutFailed(f"{len(failures)} of {len(hosts)} hosts did not get {tag}", failures)


@contextmanager
def _step(context: Context, title: str, *, host: str = "") -> Iterator[None]:
    """Report a step's beginning and end."""
    began = context.clock.now()
    context.reporter.report(StepStarted(stage=STAGE, host=host, step=title))

    def ended(error: RkeError | None) -> None:
        seconds = (context.clock.now() - began).total_seconds()
        context.reporter.report(StepEnded(stage=STAGE, host=host, step=title, seconds=seconds, error=error))

    try:
        yield
    except RkeError as error:
        ended(error)
        raise
    ended(None)
