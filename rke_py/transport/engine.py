"""A host's Docker behind the verbs that steps need, over docker-py and SSH channels."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import docker.errors
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from rke_py.errors import EngineError, ImageMissing, RegistryBusy
from rke_py.plan.containers import ContainerSpec, FoundContainer, Status
from rke_py.plan.files import FileSpec, FoundFile
from rke_py.plan.observed import HostFacts
from rke_py.transport.archive import missing_folders, pack, pack_large, unpack, unpack_large
from rke_py.transport.container_json import create_request, found_container
from rke_py.transport.docker_api import DockerApi, open_api
from rke_py.transport.faults import Lost, docker_faults
from rke_py.transport.host_facts import host_facts
from rke_py.transport.image_names import spellings
from rke_py.transport.interface import Output, RegistryLogin
from rke_py.transport.one_shot import run_once
from rke_py.transport.pulling import PullFailed, comes_later, follow, pull_hint

T = TypeVar("T")

_SMALL_REQUESTS_AT_ONCE = 4

_CUT = timedelta(seconds=1)
"""More than what the times in an archive lack."""


class DockerEngine:
    """The Engine of interface.py over real Docker; several threads may use it at once.

    Args:
        host: The node's name, for errors.
        dial: Opens a stream to Docker.
        now: This machine's clock, with time zone.
        watch: Called when a verb begins; returns what tells whether the SSH connection still stands.
    """

    def __init__(
        self, host: str, dial: Callable[[], Any], now: Callable[[], datetime], watch: Callable[[], Callable[[], bool]]
    ) -> None:
        self._host = host
        self._now = now
        self._watch = watch
        self._dial = dial
        self._opened: DockerApi | None = None
        self._lock = threading.Lock()
        self._image_env: dict[str, tuple[str, ...]] = {}

    def open(self) -> None:
        """Reach Docker and settle on an API version; every verb does so by itself when it was not done."""
        self._call("reaching Docker", lambda api: None)

    def close(self) -> None:
        """Give up the channels."""
        if self._opened is not None:
            self._opened.close()

    def facts(self) -> HostFacts:
        """Ask for version and info."""

        def ask(api: DockerApi) -> HostFacts:
            before = self._now()
            info = api.info()
            asked = before + (self._now() - before) / 2
            return host_facts(info, api.version(), asked)

        return self._call("asking for Docker's info", ask)

    def containers(self) -> tuple[FoundContainer, ...]:
        """Inspect every container of the host, running or not."""

        def ask(api: DockerApi) -> tuple[FoundContainer, ...]:
            ids = [container["Id"] for container in api.containers(all=True)]
            with self._few_threads() as pool:
                found = pool.map(lambda identity: self._inspected(api, identity), ids)
                return tuple(container for container in found if container is not None)

        return self._call("listing containers", ask)

    def inspect(self, name: str) -> FoundContainer | None:
        """Inspect one; None when there is none."""
        return self._call(f"inspecting {name}", lambda api: self._inspected(api, name))

    def images(self) -> frozenset[str]:
        """Return the references of all images that are present, in every spelling Docker takes for them."""

        def ask(api: DockerApi) -> frozenset[str]:
            images = api.images()
            names = [name for image in images for kind in ("RepoTags", "RepoDigests") for name in image[kind] or ()]
            return frozenset(spelling for name in names if "<none>" not in name for spelling in spellings(name))

        return self._call("listing images", ask)

    def pull(self, image: str, login: RegistryLogin | None, progress: Callable[[int, int], None] | None = None) -> None:
        """Pull an image; ``progress`` is told bytes done and total; raises ImageMissing, or RegistryBusy."""
        shown = {"username": login.user, "password": login.password.get_secret_value()} if login else {}

        def ask(api: DockerApi) -> None:
            try:
                follow(api.pull_image(image, shown), progress)
            except (PullFailed, docker.errors.APIError) as fault:
                said = str(fault.explanation if isinstance(fault, docker.errors.APIError) else fault)
                what = f"the image {image} could not be pulled: {said}"
                kind = RegistryBusy if comes_later(said) else ImageMissing
                raise kind(self._host, what, hint=pull_hint(said)) from fault

        self._call(f"pulling {image}", ask)

    def load(self, archive: Iterable[bytes]) -> None:
        """Load images from a ``docker save`` archive."""

        def send(api: DockerApi) -> None:
            try:
                follow(api.load_images(archive), None)
            except PullFailed as fault:
                raise EngineError(self._host, f"loading images: {fault}", hint=pull_hint(str(fault))) from fault

        self._call("loading images", send, again=False)

    def create(self, spec: ContainerSpec) -> None:
        """Create a container without starting it."""
        self._call(
            f"creating {spec.name}",
            lambda api: api.create(create_request(spec, api.api_version), spec.name),
            again=False,
        )

    def start(self, name: str) -> None:
        """Start it, or let it go on when it is paused; nothing happens when it runs already."""

        def start(api: DockerApi) -> None:
            if api.inspect_container(name)["State"]["Status"] == Status.PAUSED:
                api.unpause(name)
            else:
                api.start(name)

        self._call(f"starting {name}", start)

    def stop(self, name: str, grace: int) -> None:
        """Send SIGTERM, and SIGKILL after ``grace`` seconds; nothing happens when it does not run."""
        self._call(f"stopping {name}", lambda api: api.stop(name, timeout=grace))

    def restart(self, name: str, grace: int) -> None:
        """Stop and start it."""
        self._call(f"restarting {name}", lambda api: api.restart(name, timeout=grace), again=False)

    def signal(self, name: str, signal: str) -> None:
        """Send a signal such as ``HUP`` to its first process."""
        self._call(f"signalling {name}", lambda api: api.kill(name, signal), again=False)

    def rename(self, name: str, new: str) -> None:
        """Rename it."""
        self._call(f"renaming {name} to {new}", lambda api: api.rename(name, new), again=False)

    def remove(self, name: str) -> None:
        """Remove it with its anonymous volumes, running or not; nothing happens when there is none."""
        self._call(f"removing {name}", lambda api: api.discard(name))

    def set_restart(self, name: str, policy: str) -> None:
        """Change its restart policy: ``no`` or ``always``."""
        self._call(f"setting the restart policy of {name}", lambda api: api.set_restart(name, policy))

    def logs(self, name: str, lines: int) -> tuple[str, ...]:
        """Return the last lines it wrote."""
        written = self._call(f"reading the log of {name}", lambda api: api.logs(name, tail=lines))
        return tuple(written.decode("utf-8", "replace").splitlines())

    def run(self, spec: ContainerSpec, *, timeout: float, stdin: bytes | None = None) -> Output:
        """Run a one-shot container to its end and remove it; one of that name left over is removed first."""
        return self._call(
            f"running {spec.name}", lambda api: run_once(api, self._host, spec, timeout, stdin), again=False
        )

    def read_files(self, container: str, folder: str, near: Collection[datetime] = ()) -> Mapping[str, FoundFile]:
        """Read every regular file below ``folder`` as the container sees it; empty when there is no such folder.

        Their times are cut to the second, as archives of Docker's have them; only those within a second of one of
        ``near`` are whole, so that they compare with it as they should: each is a request of its own.
        """

        def ask(api: DockerApi) -> Mapping[str, FoundFile]:
            try:
                chunks, _ = api.get_archive(container, folder)
            except docker.errors.NotFound as fault:
                if "no such container" in str(fault.explanation).lower():
                    raise
                return {}
            files = unpack(chunks, folder)
            close = [path for path, file in files.items() if any(abs(file.modified - time) < _CUT for time in near)]
            with self._few_threads() as pool:
                times = zip(close, pool.map(lambda path: api.modified(container, path), close), strict=True)
                return files | {path: replace(files[path], modified=time) for path, time in times if time}

        return self._call(f"reading {folder} through {container}", ask)

    def write_files(self, container: str, files: Sequence[FileSpec], modified: datetime) -> None:
        """Write files through the container's mounts, in order, with that modification time, parents included.

        The container must see every path as the host does: ``/etc/kubernetes`` bound to ``/etc/kubernetes``. It need
        not run. Folders that are there already keep their mode and owner; missing ones are root's, mode 0755.
        """

        def send(api: DockerApi) -> None:
            missing = missing_folders(files, lambda folder: api.modified(container, folder) is not None)
            api.put_archive(container, "/", pack(files, modified, missing))

        self._call(f"writing {len(files)} files through {container}", send)

    def read_large(self, container: str, path: str) -> Iterator[bytes]:
        """Read one file as the container sees it, piece by piece; raises NotFound when there is none."""
        doing = f"reading {path} through {container}"
        chunks = self._call(doing, lambda api: api.get_archive(container, path)[0])
        with docker_faults(self._host, doing, self._watch()):
            yield from unpack_large(chunks)

    def write_large(self, container: str, path: str, size: int, pieces: Iterable[bytes]) -> None:
        """Write one file of root's alone through the container's mounts, piece by piece; its folder has to be there.

        One that ends early is left as it is: half a file.
        """
        file = FileSpec(path=path, content=b"")
        archive = pack_large(file, size, pieces, self._now())
        self._call(
            f"writing {path} through {container}", lambda api: api.put_archive(container, "/", archive), again=False
        )

    def _few_threads(self) -> ThreadPoolExecutor:
        """Return threads for many small requests: on a distant host their round trips overlap."""
        return ThreadPoolExecutor(_SMALL_REQUESTS_AT_ONCE, thread_name_prefix=self._host)

    def _inspected(self, api: DockerApi, name: str) -> FoundContainer | None:
        try:
            inspected = api.inspect_container(name)
        except docker.errors.NotFound:
            return None
        return found_container(inspected, self._env_of_image(api, inspected["Image"]))

    def _env_of_image(self, api: DockerApi, image_id: str) -> tuple[str, ...]:
        if image_id not in self._image_env:
            try:
                self._image_env[image_id] = api.image_env(image_id)
            except docker.errors.ImageNotFound:
                return ()
        return self._image_env[image_id]

    def _api(self) -> DockerApi:
        with self._lock:
            if self._opened is None:
                self._opened = open_api(self._dial)
            return self._opened

    def _call(self, doing: str, do: Callable[[DockerApi], T], *, again: bool = True) -> T:
        """Do one verb, every foreign exception translated; once again when the connection was lost underway.

        One that goes away in the middle leaves open whether Docker did it, so ``again`` is for verbs that do no harm
        twice. The others begin with a question that does none, so that a connection lost before is found out by it.
        """
        if not again:
            self._call(doing, lambda api: api.ping())
        attempts = Retrying(
            stop=stop_after_attempt(2 if again else 1), retry=retry_if_exception_type(Lost), reraise=True
        )
        for attempt in attempts:
            with attempt, docker_faults(self._host, doing, self._watch()):
                return do(self._api())
        raise AssertionError("tenacity raises the last attempt's error")
