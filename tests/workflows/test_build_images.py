from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from rke_py.errors import RkeError, UsageError
from rke_py.progress import Event, Finished, StepEnded
from rke_py.workflows.build_images import Wanted, build_arguments, build_images
from rke_py.workflows.context import Context


class Recorded:
    """A Reporter that keeps everything."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def report(self, event: Event) -> None:
        self.events.append(event)


class Builder:
    """A Docker that only remembers what it was asked."""

    def __init__(self, broken: bool = False) -> None:
        self.broken = broken
        self.built: list[tuple[str, Mapping[str, str]]] = []
        self.pushed: list[str] = []

    def build(self, folder: Path, tag: str, arguments: Mapping[str, str]) -> None:
        if self.broken:
            raise RkeError("RUN failed")
        self.built.append((tag, arguments))

    def push(self, tag: str) -> None:
        self.pushed.append(tag)

    def save(self, tag: str) -> Iterable[bytes]:
        return [b"archive"]


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


@pytest.fixture
def context(tmp_path: Path, recorded: Recorded) -> Context:
    return Context(config=tmp_path / "cluster.yml", reporter=recorded, consent=lambda question, costs: True)


def build(wanted: Wanted, builder: Builder, context: Context) -> str:
    return build_images(wanted, builder, context, prepare=lambda folder: None)


def test_without_a_name_it_is_what_up_looks_for(context):
    builder = Builder()
    tag = build(Wanted(), builder, context)
    assert tag.startswith("rke-py/tools:")
    assert builder.built[0][0] == tag
    assert builder.pushed == []


def test_it_is_pushed_when_asked(context):
    builder = Builder()
    build(Wanted(tag="registry.example.com/tools:1", push=True), builder, context)
    assert builder.pushed == ["registry.example.com/tools:1"]


def test_each_line_of_etcd_gives_its_newest_programs():
    assert build_arguments().keys() == {"ETCD_3_5", "ETCD_3_6"}
    for name, image in build_arguments().items():
        assert f":v{name.removeprefix('ETCD_').replace('_', '.')}." in image


def test_given_arguments_win(context):
    builder = Builder()
    build(Wanted(arguments={"BASE": "mirror/debian", "ETCD_3_6": "mirror/etcd:3.6"}), builder, context)
    ((_, arguments),) = builder.built
    assert arguments["BASE"] == "mirror/debian"
    assert arguments["ETCD_3_6"] == "mirror/etcd:3.6"
    assert arguments["ETCD_3_5"] == build_arguments()["ETCD_3_5"]


def test_a_host_that_cluster_yml_does_not_have_stops_it_before_the_build(context):
    context.config.write_text("nodes:\n- {address: 10.0.0.1, user: root, role: [etcd, controlplane, worker]}\n")
    builder = Builder()
    with pytest.raises(UsageError, match="no host n9"):
        build(Wanted(load=("10.0.0.1", "n9")), builder, context)
    assert builder.built == []


def test_a_failed_build_ends_its_step_with_the_error(context, recorded):
    with pytest.raises(RkeError, match="RUN failed"):
        build(Wanted(), Builder(broken=True), context)
    *_, last = recorded.events
    assert isinstance(last, StepEnded)
    assert str(last.error) == "RUN failed"


def test_the_run_ends_with_what_was_done(context, recorded):
    build(Wanted(push=True), Builder(), context)
    *_, last = recorded.events
    assert isinstance(last, Finished)
    assert last.changed == 3
