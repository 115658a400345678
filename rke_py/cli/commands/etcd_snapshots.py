"""``rke-py etcd snapshot list | verify | download | delete | prune``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rke_py.cli import options
from rke_py.cli.pages import Command
from rke_py.cli.root import App
from rke_py.cli.s3_options import s3_of, s3_options


@click.command("list", cls=Command, short_help="Show every snapshot, and who has it.")
@s3_options
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.table
@click.pass_obj
def list_(app: App, /, accept_new_host_keys: bool, ssh_agent_auth: bool, config: Path, output: str, **s3: Any) -> None:
    """Show the snapshots of every member, of S3 where cluster.yml names one, and of cluster_snapshots beside it.

    VERIFIED means: it was verified where it was taken, and its file has the same length still; "verify" reads all of
    it. RKE's archives (NAME.zip) are shown too. The JSON has lineage, snapshots[] with name and copies[], and silent{}
    with who could not be asked.

    Examples:
      rke-py etcd snapshot list
      rke-py etcd snapshot list --output json | jq -r '.snapshots[-1].name'

    Exit status: 0 shown, 1 no member could be asked, 2 wrong usage, cluster.yml, or no cluster was made yet.
    """
    from rke_py.cli.answers import print_answer
    from rke_py.cli.session import Settings, session
    from rke_py.cli.snapshot_text import found_json, found_lines
    from rke_py.workflows.snapshot_care import list_snapshots

    with session(Settings(config=config, answer=True), app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        found = list_snapshots(context, s3_of(s3))
    print_answer(app.redactor, output, found_json(found), found_lines(found, context.clock.now()))


@click.command("verify", cls=Command, short_help="Read a snapshot where it lies, every copy of it.")
@click.argument("name", default="")
@click.option("--deep", is_flag=True, help="Start an etcd from it on each member that has it, and read it back.")
@s3_options
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.table
@click.pass_context
def verify(
    ctx: click.Context,
    /,
    name: str,
    deep: bool,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    config: Path,
    output: str,
    **s3: Any,
) -> None:
    """Read the snapshot NAME, by default the newest of this cluster, and compare it with its manifest.

    On each member that has it etcd's own program reads it from the first key to the last; in S3 it is read through a
    member. Nothing is downloaded to this machine. With --deep an etcd is started from it, in a container with a network
    of its own that ends again, and every key of it is read back: it needs room for twice the database.

    Examples:
      rke-py etcd snapshot verify
      rke-py etcd snapshot verify before-the-move --deep

    Exit status: 0 every copy is whole, 1 some copy is not or could not be read, or a member or S3 could not be asked,
    2 wrong usage, cluster.yml, or there is no such snapshot.
    """
    from dataclasses import asdict

    from rke_py.cli.answers import print_answer
    from rke_py.cli.exits import FAILED
    from rke_py.cli.session import Settings, session
    from rke_py.cli.snapshot_text import verdict_lines
    from rke_py.workflows.snapshot_care import verify_snapshots

    app = ctx.find_object(App) or App()
    with session(Settings(config=config, answer=True), app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        verdicts = verify_snapshots(context, name, deep=deep, s3=s3_of(s3))
    print_answer(app.redactor, output, {"copies": [asdict(one) for one in verdicts]}, verdict_lines(verdicts))
    if any(one.fault for one in verdicts):
        ctx.exit(FAILED)


@click.command("download", cls=Command, short_help="Bring a snapshot to this machine.")
@click.argument("name")
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where to.  [default: cluster_snapshots beside cluster.yml]",
)
@s3_options
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.quiet
@options.config
@options.output
@options.log_file
@click.pass_obj
def download(
    app: App,
    /,
    name: str,
    to: Path | None,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    quiet: bool,
    config: Path,
    output: str,
    log_file: Path | None,
    **s3: Any,
) -> None:
    """Bring the snapshot NAME with its manifest and state, piece by piece, and see that it is whole.

    From a member that has it, verified ones first; one that is only in S3 is copied to a member before.

    Examples:
      rke-py etcd snapshot download before-the-move
      rke-py etcd snapshot download before-the-move --to /mnt/backups

    Exit status: 0 it is there, 1 failed, 2 wrong usage, cluster.yml, or there is no such snapshot.
    """
    from rke_py.cli.console.choose import Output
    from rke_py.cli.session import Settings, session
    from rke_py.progress import Note
    from rke_py.workflows.snapshot_download import download_snapshot

    settings = Settings(config=config, output=Output(output), quiet=quiet, log_file=log_file)
    with session(settings, app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        path = download_snapshot(context, name, to, s3_of(s3))
        context.reporter.report(Note(text=f"{path} is there and whole"))


@click.command("delete", cls=Command, short_help="Delete a snapshot on every member and in S3.")
@click.argument("name")
@options.yes
@s3_options
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.quiet
@options.config
@options.output
@options.log_file
@click.pass_obj
def delete(
    app: App,
    /,
    name: str,
    yes: bool,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    quiet: bool,
    config: Path,
    output: str,
    log_file: Path | None,
    **s3: Any,
) -> None:
    """Delete the snapshot NAME with everything beside it, and no other whose name begins alike.

    What was downloaded to this machine stays. Where a member or S3 cannot be asked it is deleted in the other places,
    and the command fails.

    Examples:
      rke-py etcd snapshot delete before-the-move

    Exit status: 0 done, 1 failed, not done in every place, or not agreed to, 2 wrong usage, cluster.yml, or there is no
    such snapshot.
    """
    from rke_py.cli.console.choose import Output
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.snapshot_changes import delete_snapshot

    settings = Settings(config=config, output=Output(output), yes=yes, quiet=quiet, log_file=log_file)
    with session(settings, app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        delete_snapshot(context, name, s3_of(s3))


@click.command("prune", cls=Command, short_help="Drop the oldest snapshots beyond a number.")
@click.option("--keep", type=click.IntRange(min=1), metavar="NUMBER", help="How many stay.  [default: cluster.yml's]")
@click.option("--all", "every", is_flag=True, help="Drop those that somebody asked for too, by the same number.")
@options.yes
@s3_options
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.quiet
@options.config
@options.output
@options.log_file
@click.pass_obj
def prune(
    app: App,
    /,
    keep: int | None,
    every: bool,
    yes: bool,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    quiet: bool,
    config: Path,
    output: str,
    log_file: Path | None,
    **s3: Any,
) -> None:
    """Drop the oldest snapshots of this cluster on every member and in S3, until so many of each kind are left there.

    Recurring ones and those that "up" takes before a change count apart. Only whole ones count, and one that is damaged
    stays for you to look at: on a member each is read before another goes for its sake, in S3 its size is compared with
    its manifest. Other clusters' and RKE's stay.

    Examples:
      rke-py etcd snapshot prune --keep 3

    Exit status: 0 done, 1 failed, not done in every place, or not agreed to, 2 wrong usage or cluster.yml.
    """
    from rke_py.cli.console.choose import Output
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.snapshot_changes import prune_snapshots

    settings = Settings(config=config, output=Output(output), yes=yes, quiet=quiet, log_file=log_file)
    with session(settings, app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        prune_snapshots(context, keep, every=every, s3=s3_of(s3))
