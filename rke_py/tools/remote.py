"""A folder in S3 with snapshots, reached from the host itself: nothing of a database passes the operator's machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from rke_py.tools.errors import ToolError

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig, S3Config

PART = 8 << 20
"""Bytes that are sent at once: the most parts that S3 takes make 80 GB, ten times what etcd can hold."""

_PARTS_AT_ONCE = 3
_BRIEF: RetryConfig = {"max_retries": 5, "retry_timeout": timedelta(minutes=2)}
_PATIENT: RetryConfig = {
    "max_retries": 1000,
    "retry_timeout": timedelta(minutes=5),
    "backoff": {"max_backoff": timedelta(seconds=5)},
}
_READ = 4 << 20
_REGION = "us-east-1"
_SAID = re.compile(r"<Code>(.*?)</Code>.*?<Message>(.*?)</Message>", re.DOTALL)
_CERTIFICATE = re.compile(r"InvalidCertificate\(\s*(\w+)")
_MESSAGE = re.compile(r'message: "([^"]+)"')
_VIRTUAL_HOSTS = ("aliyuncs.com",)
"""Who takes the bucket in the host's name only; RKE knows the same one. All others take it in the path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Settings:
    """Where snapshots are copied to; without keys the machine's own role is used.

    Attributes:
        endpoint: Name of the server, with its port where that is not 443; always TLS.
        custom_ca: PEM of who signed the server's certificate; the well-known ones are trusted too.
        proxy, no_proxy: The way out of the host's network, as the usual environment variables mean it.
    """

    endpoint: str
    bucket_name: str
    region: str = ""
    folder: str = ""
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    custom_ca: str = field(default="", repr=False)
    proxy: str = field(default="", repr=False)
    no_proxy: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> S3Settings:
        """Return the settings of a JSON object; raises ToolError for one that has none."""
        try:
            return cls(**{key: str(given[key]) for key in (field.name for field in fields(cls)) if given.get(key)})
        except TypeError as error:
            raise ToolError(f"the settings of S3 are not whole: {error}") from None

    @property
    def place(self) -> str:
        """Where it is, as people write it."""
        return "/".join(filter(None, (f"s3://{self.bucket_name}", self.folder.strip("/"))))


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file in the folder."""

    name: str
    size: int
    modified: datetime


class Remote:
    """A folder of files in S3, or in whatever obstore can reach."""

    def __init__(self, store: ObjectStore, place: str, *, patient: ObjectStore | None = None) -> None:
        """Take the folder.

        Args:
            store: The folder.
            place: Where it is, as people write it.
            patient: The same folder, asked again and again when it goes away while much of a file is there already.
        """
        self._store = store
        self._patient = patient or store
        self.place = place

    def files(self) -> tuple[RemoteFile, ...]:
        """Return the files in the folder, not those in folders below it."""
        with self._told("list"):
            found = obstore.list_with_delimiter(self._store)["objects"]
            return tuple(
                RemoteFile(name=str(file["path"]), size=int(file["size"]), modified=file["last_modified"])
                for file in found
            )

    def size(self, name: str) -> int | None:
        """Return a file's size, None when there is none."""
        with self._told(f"look at {name}"):
            try:
                return int(obstore.head(self._store, name)["size"])
            except (NotFoundError, FileNotFoundError):
                return None

    def put(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write a file in parts, each with its checksum for the server; it is there whole or not at all.

        A server that goes away and comes back gets the parts that it has not. What the pieces raise ends it, and
        nothing of it stays.
        """
        self.size(name)  # a server that is not there at all is said at once
        raised: list[BaseException] = []
        with self._told(f"write {name}"):
            try:
                obstore.put(
                    self._patient,
                    name,
                    _remembering(pieces, raised),
                    use_multipart=True,
                    chunk_size=PART,
                    max_concurrency=_PARTS_AT_ONCE,
                )
            except Exception:
                if raised:
                    raise raised[0] from None
                raise

    def write(self, name: str, content: bytes) -> None:
        """Write a small file."""
        with self._told(f"write {name}"):
            obstore.put(self._store, name, content, use_multipart=False)

    def read(self, name: str) -> Iterator[bytes]:
        """Yield a file's content in pieces, going on where a server went away; raises ToolError when there is none."""
        self.size(name)
        with self._told(f"read {name}"):
            for piece in obstore.get(self._patient, name).stream(min_chunk_size=_READ):
                yield bytes(piece)

    def find(self, name: str, most: int) -> bytes | None:
        """Return a small file, or a little more than ``most`` bytes of a large one; None when there is none.

        Other than ``size`` it tells in S3's own words why it may not look.
        """
        content = b""
        with self._told(f"read {name}"):
            try:
                for piece in obstore.get(self._store, name).stream(min_chunk_size=_READ):
                    content += bytes(piece)
                    if len(content) > most:
                        break
            except (NotFoundError, FileNotFoundError):
                return None
        return content

    def delete(self, names: Iterable[str]) -> None:
        """Delete files; missing ones are fine."""
        for name in names:
            with self._told(f"delete {name}"):
                try:
                    obstore.delete(self._store, name)
                except (NotFoundError, FileNotFoundError):
                    continue

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError) as error:
            raise ToolError(f"{self.place}: cannot {doing}: {_words(error)}") from None


def config_of(settings: S3Settings) -> S3Config:
    """Return where the folder is and with what to sign; without keys that is left to the machine's own role."""
    virtual = any(settings.endpoint.partition(":")[0].endswith(host) for host in _VIRTUAL_HOSTS)
    host = f"{settings.bucket_name}.{settings.endpoint}" if virtual else settings.endpoint
    config: S3Config = {
        "endpoint": f"https://{host}",
        "region": settings.region or _REGION,
        "virtual_hosted_style_request": virtual,
        "checksum_algorithm": "SHA256",
    }
    if settings.access_key:
        config |= {"access_key_id": settings.access_key, "secret_access_key": settings.secret_key}
    return config


def s3_folder(settings: S3Settings) -> Remote:
    """Return a folder in S3."""
    config = config_of(settings)
    client: ClientConfig = {"connect_timeout": "10s", "timeout": "10m", "read_timeout": "60s"}
    if settings.custom_ca:
        client["root_certificate"] = settings.custom_ca
    if settings.proxy:
        client |= {"proxy_url": settings.proxy, "proxy_excludes": settings.no_proxy}

    def store(retry: RetryConfig) -> S3Store:
        prefix = settings.folder.strip("/") or None
        return S3Store(settings.bucket_name, prefix=prefix, config=config, client_options=client, retry_config=retry)

    return Remote(store(_BRIEF), settings.place, patient=store(_PATIENT))


def _remembering(pieces: Iterable[bytes], raised: list[BaseException]) -> Iterator[bytes]:
    try:
        yield from pieces
    except Exception as error:
        raised.append(error)
        raise


def _words(error: BaseException) -> str:
    """Return the server's own words, or what kept it from being asked, out of the library's long message."""
    text = str(error)
    if said := _SAID.search(text):
        return f"{said[1]}: {said[2]}"
    if "InvalidCertificate" in text:
        return f"its certificate is not to be trusted: {' '.join(_CERTIFICATE.findall(text))}"
    messages = _MESSAGE.findall(text)
    return messages[-1] if messages else " ".join(text.partition("\n\nDebug source")[0].split())[:500]
