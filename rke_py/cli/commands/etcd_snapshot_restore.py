"""``rke-py etcd snapshot restore``: etcd's data as a snapshot has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rke_py.cli import options
from rke_py.cli.acting import Acting, acting
from rke_py.cli.pages import Command
from rke_py.cli.s3_options import s3_of, s3_options


@click.command("restore", cls=Command, short_help="Take the cluster back to a snapshot, on every member.")
@click.argument("snapshot", metavar="NAME|FILE|URL", required=False)
@click.option("--name", metavar="NAME", help="The same, as RKE's command takes it.")
@click.option("--put-back", is_flag=True, help="Take back a restore that was begun and not finished.")
@s3_options
@options.custom_certs
@options.cert_dir
@acting
def command(
    given: Acting,
    snapshot: str | None,
    name: str | None,
    put_back: bool,
    custom_certs: bool,
    cert_dir: Path | None,
    **s3: Any,
) -> None:
    """Take the cluster back to a snapshot: its name, the path of a file, or s3://BUCKET/FOLDER/NAME.

    A name is looked for on the members, then in the folder in S3 that cluster.yml names, or the options beside --s3.

    Before anything is touched, all is looked at that could speak against it, and you are told what goes back in time.
    The data are prepared on every member beside those in use. Then the API servers and etcd stop, the data are
    exchanged, and all start again; the old data are kept beside, those of the last two restores. If etcd or the API
    servers do not become healthy, the old data are put back.

    A run that was killed is finished by the same command, or taken back with --put-back. "up" changes nothing until
    then.

    Examples:
      rke-py etcd snapshot restore before-the-move
      rke-py etcd snapshot restore ./before-the-move.db --yes
      rke-py etcd snapshot restore s3://backups/prod/before-the-move
      rke-py etcd snapshot restore before-the-move --put-back

    Exit status: 0 restored, 1 failed, taken back or not agreed to, 2 wrong usage or cluster.yml, 3 restored, but some
    workers are not back, 130 interrupted.
    """
    from rke_py.cli.session import Certificates
    from rke_py.workflows.restore import restore_snapshot

    wanted = snapshot or name
    if wanted is None or (snapshot and name):
        raise click.UsageError("Name one snapshot.")
    with given.context(Certificates(custom_certs, cert_dir)) as context:
        restore_snapshot(context, wanted, back=put_back, s3=s3_of(s3))
