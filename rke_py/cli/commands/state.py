"""``rke-py state``: the state beside cluster.yml, and what the cluster has of it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.answers import print_answer
from rke_py.cli.pages import Group
from rke_py.cli.root import App


@click.group("state", cls=Group, short_help="Fetch, copy and recover the state of the cluster.")
def command() -> None:
    """Look after cluster.rkestate, which holds the keys of the cluster.

    The cluster keeps a copy of it, in the Secret kube-system/full-cluster-state. Whatever is fetched or copied is first
    tried on the running cluster: its CA signed what the API servers show, and etcd's cluster id is the same. A file
    that is replaced is kept beside the new one.

    Exit status: see "rke-py state recover --help".
    """


@command.command("pull", short_help="Fetch the state from the cluster when its copy is newer.")
@click.option("--force", is_flag=True, help="Also when the file here is newer, damaged, or another cluster's.")
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.output
@options.log_file
@click.pass_obj
def pull(
    app: App,
    force: bool,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Write the cluster's copy of the state beside cluster.yml, when somebody else changed the cluster since.

    Signs in with the state that is here, else with kube_config_cluster.yml, else with the CA's key from a control plane
    host. An encrypted copy needs RKE_PY_STATE_KEY. RKE's spelling, "rke-py util get-state-file", is taken too.

    Examples:
      rke-py state pull
      RKE_PY_STATE_KEY=... rke-py state pull --force

    Exit status: 0 done, or nothing to do, 1 the copy is missing, older or does not fit, 2 wrong usage or cluster.yml.
    """
    from rke_py.cli.session import Settings, session
    from rke_py.cli.state_text import fetched_json, fetched_lines
    from rke_py.workflows.recovery import pull as fetch

    with session(Settings(config=config, answer=True, log_file=log_file), app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        found = fetch(context, force=force)
    print_answer(app.redactor, output, fetched_json(found), fetched_lines(found, context.state_path))


@command.command("push", short_help="Write the copy in the cluster anew.")
@click.option("--force", is_flag=True, help="Also in place of a copy that is newer, damaged, or of another file.")
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.output
@options.log_file
@click.pass_obj
def push(
    app: App,
    force: bool,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Write the state beside cluster.yml into the cluster, once it is proved to be this cluster's.

    "up" does this by itself. It is of use after a file was put back from a backup, or with another RKE_PY_STATE_KEY.

    Examples:
      rke-py state push

    Exit status: 0 done, 1 the state does not fit the cluster, or is older than the copy, 2 wrong usage, cluster.yml, or
    no state.
    """
    from rke_py.cli.session import Settings, session
    from rke_py.cli.state_text import pushed_lines
    from rke_py.workflows.push import push as write

    with session(Settings(config=config, answer=True, log_file=log_file), app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        done = write(context, force=force)
    print_answer(app.redactor, output, asdict(done), pushed_lines(done))


@command.command("recover", short_help="Make a lost or damaged state again.")
@click.option(
    "--from",
    "source",
    type=click.Choice(["copy", "hosts", "snapshot"]),
    help="Only from the copy in the cluster, only from files on hosts, or from those and what lies beside a snapshot.  "
    "[default: the copy, else the hosts]",
)
@click.option(
    "--snapshot",
    metavar="SNAPSHOT",
    help="With --from snapshot: its name on the members or in S3, s3://BUCKET/FOLDER/NAME, the path of its file, or of "
    "the .rkestate file that lay beside it.",
)
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.output
@options.log_file
@click.pass_obj
def recover(
    app: App,
    source: str | None,
    snapshot: str | None,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Make cluster.rkestate again for a cluster that runs, and change nothing there.

    The copy in the cluster has everything, also the one that RKE left. The files of hosts lack the private keys of
    etcd's CA and of the API aggregation's, except where RKE wrote them: the cluster runs on, workers can be added, but
    no etcd member or API server can be given a certificate. Those keys are in the state that lies, encrypted with
    RKE_PY_STATE_KEY, beside a snapshot, and on etcd's hosts where recurring snapshots are taken: they are taken where
    they belong to the certificates on the hosts, and nothing is restored. A cluster.yml that has other names or
    internal addresses of hosts than these tell is refused, with what to write. What was recovered is tried on the
    cluster before it is written, and what it lacks is said.

    Examples:
      rke-py state recover
      rke-py state recover --from hosts --output json | jq .lost
      RKE_PY_STATE_KEY=... rke-py state recover --from snapshot --snapshot monday

    Exit status: 0 recovered, 1 nothing that is left fits the running cluster, 2 wrong usage or cluster.yml.
    """
    from rke_py.cli.session import Settings, session
    from rke_py.cli.state_text import fetched_json, fetched_lines
    from rke_py.errors import UsageError
    from rke_py.workflows.recovery import Source
    from rke_py.workflows.recovery import recover as make_again

    if (source == Source.SNAPSHOT) is not bool(snapshot):
        raise UsageError("--from snapshot and --snapshot belong together", hint="rke-py etcd snapshot list shows them.")
    with session(Settings(config=config, answer=True, log_file=log_file), app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        found = make_again(context, Source(source) if source else None, snapshot or "")
    print_answer(app.redactor, output, fetched_json(found), fetched_lines(found, context.state_path))
