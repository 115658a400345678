from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from rke_py.errors import EngineError, ImageMissing, NotFound, Unreachable
from rke_py.plan.containers import ContainerSpec, Status
from rke_py.plan.files import FileSpec
from rke_py.transport.engine import DockerEngine
from rke_py.transport.interface import RegistryLogin

from .docker_fake import FakeDocker
from .sshd import Sshd

SPEC = ContainerSpec(name="etcd", image="busybox:1", entrypoint=("etcd",), env=("A=1",), binds=("/var/lib/etcd:/data",))
ONE_SHOT = ContainerSpec(name="tools", image="busybox:1", entrypoint=("sh",), restart="no")
MODIFIED = datetime(2026, 11, 21, 6, 10, 40, 123456, tzinfo=UTC)


def test_facts_carry_the_clocks_distance(engine: DockerEngine) -> None:
    facts = engine.facts()
    assert (facts.engine_id, facts.engine_version, facts.cgroup_version) == ("WNZQ", "28.0.1", 2)
    assert facts.clock_offset == timedelta(seconds=3.278859)


def test_a_container_is_found_as_it_was_created(engine: DockerEngine) -> None:
    engine.create(SPEC)
    found = engine.inspect("etcd")
    assert found is not None
    assert found.spec == replace(SPEC, env=("PATH=/bin", "A=1"))
    assert (found.status, found.image_env, found.started_at) == (Status.CREATED, ("PATH=/bin",), None)


def test_a_container_that_somebody_paused_goes_on(engine: DockerEngine, docker: FakeDocker) -> None:
    engine.create(SPEC)
    (box,) = docker.boxes.values()
    box.status = "paused"
    engine.start("etcd")
    found = engine.inspect("etcd")
    assert found is not None
    assert found.status is Status.RUNNING


def test_all_containers_are_found_running_or_not(engine: DockerEngine) -> None:
    for number in range(10):
        engine.create(replace(SPEC, name=f"c{number}"))
    engine.start("c3")
    found = engine.containers()
    assert [container.name for container in found] == [f"c{number}" for number in range(10)]
    assert [container.name for container in found if container.running] == ["c3"]


def test_a_container_that_vanishes_between_list_and_inspect_is_left_out(
    engine: DockerEngine, docker: FakeDocker
) -> None:
    engine.create(SPEC)

    def vanish(request: str) -> None:
        if request.startswith("GET /containers/id-"):
            docker.boxes.clear()

    docker.before = vanish
    assert engine.containers() == ()


def test_an_image_is_asked_for_its_environment_once(engine: DockerEngine, docker: FakeDocker) -> None:
    engine.create(SPEC)
    for _ in range(3):
        engine.inspect("etcd")
    assert docker.requests.count("GET /images/sha256:busybox:1/json") == 1


def test_the_life_of_a_container(engine: DockerEngine, docker: FakeDocker) -> None:
    engine.create(SPEC)
    engine.start("etcd")
    engine.start("etcd")
    engine.set_restart("etcd", "no")
    engine.rename("etcd", "old-etcd")
    engine.stop("old-etcd", 5)
    engine.stop("old-etcd", 5)
    found = engine.inspect("old-etcd")
    assert found is not None
    assert (found.status, found.spec.restart) == (Status.EXITED, "no")
    engine.restart("old-etcd", 5)
    engine.signal("old-etcd", "HUP")
    assert engine.logs("old-etcd", 5) == ("got HUP",)
    engine.remove("old-etcd")
    engine.remove("old-etcd")
    assert engine.inspect("old-etcd") is None


@pytest.mark.parametrize(
    ("verb", "text"),
    [
        (lambda engine: engine.start("etcd"), "starting etcd: No such container: etcd"),
        (lambda engine: engine.stop("etcd", 1), "stopping etcd: No such container: etcd"),
        (lambda engine: engine.rename("etcd", "x"), "renaming etcd to x: No such container: etcd"),
        (lambda engine: engine.logs("etcd", 1), "reading the log of etcd: No such container: etcd"),
        (lambda engine: engine.read_files("etcd", "/etc"), "reading /etc through etcd: No such container: etcd"),
    ],
)
def test_a_missing_container_is_named(engine: DockerEngine, verb: Callable[[DockerEngine], object], text: str) -> None:
    with pytest.raises(NotFound) as error:
        verb(engine)
    assert str(error.value) == f"node-1: {text}"


def test_dockers_own_words_are_kept(engine: DockerEngine) -> None:
    engine.create(SPEC)
    with pytest.raises(EngineError, match=r'creating etcd: Conflict\. The container name "/etcd" is already in use'):
        engine.create(SPEC)


def test_a_missing_image_is_an_error_of_its_own(engine: DockerEngine) -> None:
    with pytest.raises(ImageMissing, match="No such image: nope:1"):
        engine.create(replace(SPEC, image="nope:1"))


def test_images_are_listed_in_every_spelling(engine: DockerEngine) -> None:
    assert {"busybox:1", "docker.io/library/busybox:1"} <= engine.images()


def test_a_pull_tells_its_progress_and_shows_the_login(engine: DockerEngine, docker: FakeDocker) -> None:
    docker.registry["registry.lab:5000/etcd:3"] = [
        {"id": "a", "status": "Downloading", "progressDetail": {"current": 5, "total": 10}},
        {"id": "a", "status": "Pull complete"},
    ]
    seen: list[tuple[int, int]] = []
    login = RegistryLogin(user="me", password=SecretStr("secret"))
    engine.pull("registry.lab:5000/etcd:3", login, lambda done, total: seen.append((done, total)))
    assert seen == [(5, 10), (10, 10)]
    assert docker.logins == [{"username": "me", "password": "secret"}]
    assert "registry.lab:5000/etcd:3" in engine.images()


def test_a_pull_without_login_shows_none(engine: DockerEngine, docker: FakeDocker) -> None:
    docker.registry["etcd:3"] = []
    engine.pull("etcd:3", None)
    assert docker.logins == [{}]


@pytest.mark.parametrize(
    ("events", "words", "hint"),
    [
        (None, "manifest for etcd:3 not found", "system_images"),
        (
            [{"error": "x", "errorDetail": {"message": "no basic auth credentials"}}],
            "no basic auth",
            "private_registries",
        ),
    ],
)
def test_a_failed_pull_says_why_and_what_to_try(
    engine: DockerEngine, docker: FakeDocker, events: list[object] | None, words: str, hint: str
) -> None:
    if events is not None:
        docker.registry["etcd:3"] = events
    with pytest.raises(ImageMissing, match=words) as error:
        engine.pull("etcd:3", None)
    assert hint in error.value.hint


def test_images_are_loaded_from_an_archive(engine: DockerEngine) -> None:
    engine.load(iter([b"tools", b":1"]))
    assert "tools:1" in engine.images()


def test_a_bad_archive_is_an_error(engine: DockerEngine) -> None:
    with pytest.raises(EngineError, match="loading images: invalid tar header"):
        engine.load(iter([b"bad archive"]))


def test_a_one_shot_container_gives_its_output_apart_and_is_gone(engine: DockerEngine, docker: FakeDocker) -> None:
    docker.programs["sh"] = lambda stdin: (3, b"out\n", b"err\n")
    output = engine.run(ONE_SHOT, timeout=5)
    assert (output.exit_code, output.stdout, output.stderr) == (3, "out\n", "err\n")
    assert docker.boxes == {}


def test_a_one_shot_container_gets_its_standard_input_and_its_end(engine: DockerEngine, docker: FakeDocker) -> None:
    docker.programs["sh"] = lambda stdin: (0, stdin[::-1], b"")
    assert engine.run(ONE_SHOT, timeout=5, stdin=b"abc" * 100_000).stdout == "cba" * 100_000


def test_a_removal_that_somebody_else_began_is_waited_for(engine: DockerEngine, docker: FakeDocker) -> None:
    engine.create(ONE_SHOT)
    docker.removals = [{"StatusCode": 0}]
    engine.remove(ONE_SHOT.name)
    assert any("condition=removed" in url for url in docker.urls)


def test_a_removal_of_somebody_else_that_failed_is_an_error(engine: DockerEngine, docker: FakeDocker) -> None:
    engine.create(ONE_SHOT)
    docker.removals = [{"StatusCode": 0, "Error": {"Message": "device or resource busy"}}]
    with pytest.raises(EngineError, match="device or resource busy"):
        engine.remove(ONE_SHOT.name)


def test_a_one_shot_container_left_over_is_removed_first(engine: DockerEngine, docker: FakeDocker) -> None:
    docker.programs["sh"] = lambda stdin: (0, b"", b"")
    engine.create(ONE_SHOT)
    assert engine.run(ONE_SHOT, timeout=5).exit_code == 0


def test_many_one_shots_at_once_do_not_wait_for_each_other_for_ever(engine: DockerEngine, docker: FakeDocker) -> None:
    docker.programs["sh"] = lambda stdin: (0, stdin, b"")
    outputs: list[str] = []

    def run(number: int) -> None:
        spec = replace(ONE_SHOT, name=f"tools-{number}")
        outputs.append(engine.run(spec, timeout=30, stdin=str(number).encode()).stdout)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outputs, key=int) == [str(number) for number in range(20)]


FILES = [
    FileSpec(path="/etc/kubernetes/ssl/kube-ca-key.pem", content=b"key"),
    FileSpec(path="/etc/kubernetes/ssl/kube-ca.pem", content=b"cert", mode=0o644, uid=5, gid=6),
]


def test_files_are_read_as_they_were_written(engine: DockerEngine) -> None:
    engine.create(SPEC)
    engine.write_files("etcd", FILES, MODIFIED)
    found = engine.read_files("etcd", "/etc/kubernetes")
    assert set(found) == {file.path for file in FILES}
    assert all(found[file.path].same_as(file) for file in FILES)


@pytest.mark.parametrize(
    ("away", "asked"),
    [
        pytest.param(timedelta(seconds=-0.9), True, id="just before"),
        pytest.param(timedelta(seconds=0.9), True, id="just after"),
        pytest.param(timedelta(seconds=1), False, id="a second after"),
        pytest.param(timedelta(days=-1), False, id="long before"),
    ],
)
def test_times_are_asked_for_with_their_fraction_of_a_second_only_where_it_matters(
    engine: DockerEngine, docker: FakeDocker, away: timedelta, asked: bool
) -> None:
    engine.create(SPEC)
    engine.write_files("etcd", FILES, MODIFIED)
    docker.requests.clear()
    found = engine.read_files("etcd", "/etc/kubernetes", {MODIFIED + away})
    (time,) = {file.modified for file in found.values()}
    assert (time == MODIFIED) is not asked  # the fake's stat says another time than its archive
    assert len([request for request in docker.requests if request.startswith("HEAD")]) == asked * len(FILES)


def test_only_missing_folders_are_written_and_files_keep_their_order(engine: DockerEngine, docker: FakeDocker) -> None:
    engine.create(SPEC)
    engine.write_files("etcd", FILES, MODIFIED)
    engine.write_files("etcd", FILES, MODIFIED)
    names = [[entry.name for entry in entries] for entries in docker.puts]
    files = ["etc/kubernetes/ssl/kube-ca-key.pem", "etc/kubernetes/ssl/kube-ca.pem"]
    assert names == [["etc", "etc/kubernetes", "etc/kubernetes/ssl", *files], files]


def test_a_folder_that_nobody_can_tell_of_is_not_taken_for_missing(engine: DockerEngine, docker: FakeDocker) -> None:
    engine.create(SPEC)
    docker.before = lambda request: setattr(docker, "refuses", "busy" if request.startswith("HEAD") else "")
    with pytest.raises(EngineError, match="writing 2 files through etcd: 400"):
        engine.write_files("etcd", FILES, MODIFIED)
    assert docker.puts == []


def test_a_folder_that_is_not_there_holds_nothing(engine: DockerEngine) -> None:
    engine.create(SPEC)
    assert engine.read_files("etcd", "/etc/kubernetes") == {}


@pytest.mark.parametrize("when", ["GET /containers/json", "GET /containers/id-etcd"])
def test_a_connection_lost_underway_is_opened_again_for_what_does_no_harm_twice(
    engine: DockerEngine, docker: FakeDocker, sshd: Sshd, when: str
) -> None:
    engine.create(SPEC)
    _cut_once(docker, sshd, when)
    assert [container.name for container in engine.containers()] == ["etcd"]
    assert sshd.handshakes == 2


def test_a_connection_lost_underway_fails_what_might_do_harm_twice(
    engine: DockerEngine, docker: FakeDocker, sshd: Sshd
) -> None:
    engine.create(SPEC)
    _cut_once(docker, sshd, "POST /containers/etcd/rename")
    with pytest.raises(Unreachable, match="renaming etcd to old-etcd: the SSH connection was lost"):
        engine.rename("etcd", "old-etcd")


def test_a_connection_lost_before_is_opened_again_for_everything(engine: DockerEngine, sshd: Sshd) -> None:
    sshd.cut()
    engine.create(SPEC)
    sshd.cut()
    engine.rename("etcd", "old-etcd")
    assert sshd.handshakes == 3


def test_a_docker_that_closes_the_connection_is_told_from_a_lost_host(engine: DockerEngine, docker: FakeDocker) -> None:
    def crash(request: str) -> None:
        raise ConnectionAbortedError

    docker.before = crash
    with pytest.raises(Unreachable, match="listing containers: Docker closed the connection") as error:
        engine.containers()
    assert "journalctl -u docker" in error.value.hint


def _cut_once(docker: FakeDocker, sshd: Sshd, when: str) -> None:
    def cut(request: str) -> None:
        if request.startswith(when):
            docker.before = lambda _request: None
            sshd.cut()

    docker.before = cut
