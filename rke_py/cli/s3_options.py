"""RKE's options of S3: a folder of its own for one command, in the place of what cluster.yml says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rke_py.cli.root import App
from rke_py.errors import UsageError

if TYPE_CHECKING:
    from rke_py.cluster.backup_model import S3

Command = TypeVar("Command", bound=Callable[..., Any])

ACCESS_KEY, SECRET_KEY = "RKE_PY_S3_ACCESS_KEY", "RKE_PY_S3_SECRET_KEY"
"""Environment variables with the keys: on a command line everybody on this machine can read them."""

_ENDPOINT = "s3.amazonaws.com"


def _protected(ctx: click.Context, _option: click.Parameter, key: str) -> str:
    """Keep a key out of all that is shown from here on: a log begins with the command line."""
    app = ctx.find_object(App)
    if app is not None:
        app.redactor.protect([key])
    return key


_OPTIONS = (
    click.option("--s3", is_flag=True, help="Use the folder that the options below name, not cluster.yml's."),
    click.option("--s3-endpoint", default=_ENDPOINT, show_default=True, metavar="HOST", help="The server."),
    click.option(
        "--s3-endpoint-ca",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Who signed the server's certificate, PEM.",
    ),
    click.option(
        "--access-key",
        default="",
        envvar=ACCESS_KEY,
        show_envvar=True,
        metavar="KEY",
        help="Without keys: the members' own role.",
    ),
    click.option(
        "--secret-key",
        default="",
        envvar=SECRET_KEY,
        show_envvar=True,
        metavar="KEY",
        callback=_protected,
        help="Its secret.",
    ),
    click.option("--bucket-name", default="", metavar="NAME", help="The bucket; it has to be there."),
    click.option("--region", default="", metavar="NAME", help="The bucket's region."),
    click.option("--folder", default="", metavar="PATH", help="A folder in the bucket."),
)


def s3_options(command: Command) -> Command:
    """Add the options to a command; it is given them as ``**s3``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def s3_of(given: dict[str, Any]) -> S3 | None:
    """Return the folder that the options name; None without ``--s3``, when cluster.yml's is meant.

    Raises:
        UsageError: They name none, or half a pair of keys, or a file that cannot be read.
    """
    if not given["s3"]:
        return None
    from pydantic import SecretStr

    from rke_py.cluster.backup_model import S3

    if not given["bucket_name"]:
        raise UsageError("--s3 needs --bucket-name", hint="Or leave --s3 away, and what cluster.yml says is used.")
    if bool(given["access_key"]) != bool(given["secret_key"]):
        raise UsageError("there is only one of --access-key and --secret-key", hint="Give both, or none.")
    return S3(
        endpoint=given["s3_endpoint"].rpartition("://")[2].rstrip("/"),
        bucket_name=given["bucket_name"],
        region=given["region"],
        folder=given["folder"].strip("/"),
        access_key=SecretStr(given["access_key"]),
        secret_key=SecretStr(given["secret_key"]),
        custom_ca=_read(given["s3_endpoint_ca"]),
    )


def _read(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"--s3-endpoint-ca: {path} cannot be read: {error}") from None
