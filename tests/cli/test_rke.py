"""RKE's command line, typed to rke-py."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from rke_py.cli.rke import NEEDLESS, OPTIONS, SAME, instead, understood
from rke_py.cli.root import root

HELP = "--help"


def command_at(path: str) -> click.Command | None:
    """Return the command of rke-py with that path."""
    found: click.Command = root
    for name in path.split():
        inside = found.get_command(click.Context(found), name) if isinstance(found, click.Group) else None
        if inside is None:
            return None
        found = inside
    return found


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("up", "up"),
        ("up --config prod.yml --ssh-agent-auth", "up --config prod.yml --ssh-agent-auth"),
        ("up -config prod.yml -ssh-agent-auth", "up --config prod.yml --ssh-agent-auth"),
        ("up -config=prod.yml", "up --config=prod.yml"),
        ("up -c prod.yml -y", "up -c prod.yml -y"),
        ("--config prod.yml up", "up --config prod.yml"),
        ("--config=prod.yml --quiet remove", "remove --config=prod.yml --quiet"),
        ("-q up", "up -q"),
        ("--debug up", "up"),
        ("-d up", "up"),
        ("up --trace --ignore-docker-version", "up"),
        ("up --ignore-docker-version=false", "up"),
        ("remove --force", "remove --force"),
        ("util get-kubeconfig", "kubeconfig --write"),
        ("util get-kubeconfig --config prod.yml", "kubeconfig --write --config prod.yml"),
        ("etcd snapshot-save --name x", "etcd snapshot save --name x"),
        ("config", "config init"),
        ("config --name prod.yml --print", "config init --name prod.yml --print"),
        ("config -e", "config init -e"),
        ("config --help", "config --help"),
        ("config -l", "config versions --newest"),
        ("config --list-version --all", "config versions"),
        ("config -l -a", "config versions"),
        ("config -s -config prod.yml", "config images --config prod.yml"),
        ("config -s -version v1.30.1-rancher1-1", "config images --kubernetes-version v1.30.1-rancher1-1"),
        ("config --system-images --all", "config images"),
        ("config validate -c prod.yml", "config validate -c prod.yml"),
        ("help", HELP),
        ("h", HELP),
        ("help up", f"up {HELP}"),
        ("h cert list", f"cert list {HELP}"),
        ("--version", "--version"),
        ("-v", "-v"),
        ("", ""),
    ],
)
def test_what_is_typed_means(typed: str, meant: str) -> None:
    assert " ".join(understood(typed.split()).arguments) == meant


@pytest.mark.parametrize("flag", NEEDLESS)
def test_a_flag_that_changes_nothing_is_said_to(flag: str) -> None:
    (note,) = understood(["up", flag]).notes
    assert note.startswith(f"{flag} changes nothing here. ")


def test_a_variable_that_is_not_read_is_said_to_be() -> None:
    done = CliRunner().invoke(root, ["version", "--client"], env={"RANCHER_METADATA_URL": "data.json"})
    assert done.exit_code == 0
    assert "Note:  RANCHER_METADATA_URL is not read." in done.stderr


def test_our_own_command_lines_cause_no_word() -> None:
    assert understood(["up", "--yes"]).notes == ()
    assert instead(["up", "--yes"]) is None


@pytest.mark.parametrize("name", sorted({name.split()[0] for name in SAME if " " in name} - {"cert", "config", "etcd"}))
def test_a_group_that_is_not_here_is_answered_with_its_commands(name: str) -> None:
    done = CliRunner().invoke(root, [name])
    assert done.exit_code == 2
    assert f"rke-py has no command '{name}'" in done.stderr
    assert all(known in done.stderr for known in SAME if known.startswith(f"{name} "))


@pytest.mark.parametrize(("command", "flag"), [(command, flag) for command in OPTIONS for flag in OPTIONS[command]])
def test_a_flag_that_is_not_here_is_answered(command: str, flag: str) -> None:
    done = CliRunner().invoke(root, [command, flag])
    assert done.exit_code == 2
    assert f"rke-py {command} has no {flag}" in done.stderr
    assert OPTIONS[command][flag] in done.stderr


@pytest.mark.parametrize(("command", "flag"), [(command, flag) for command in OPTIONS for flag in OPTIONS[command]])
def test_only_flags_that_are_not_here_are_answered_so(command: str, flag: str) -> None:
    found = command_at(command)
    assert found is not None
    assert flag not in {name for parameter in found.params for name in parameter.opts}


@pytest.mark.parametrize("ours", SAME.values())
def test_what_only_changed_its_name_is_here(ours: str) -> None:
    words = [word for word in ours.removesuffix(" V").split() if not word.startswith("-")]
    assert command_at(" ".join(words)) is not None


def test_the_flags_of_rke_that_are_here() -> None:
    """Flags of RKE 1.7's commands that rke-py has too (spec of its command line, sections 3, 5, 6)."""
    flags = {
        "up": {"--config", "--ssh-agent-auth", "--custom-certs", "--cert-dir", "--disable-port-check"},
        "remove": {"--config", "--ssh-agent-auth", "--force"},
        "version": {"--config"},
        "cert generate-csr": {"--config", "--cert-dir"},
        "etcd snapshot save": {"--config", "--name", "--ssh-agent-auth"},
    }
    for name, expected in flags.items():
        found = command_at(name)
        assert found is not None
        assert expected <= {option for parameter in found.params for option in parameter.opts}


@pytest.mark.parametrize("dashes", ["-", "--"])
@pytest.mark.parametrize(
    ("command", "own"),
    [
        ("snapshot-save", ""),
        ("snapshot-restore", "-use-local-state"),
        ("snapshot-restore", "-custom-certs -cert-dir FOLDER"),
    ],
)
def test_snapshots_take_every_option_of_rkes(tmp_path, command: str, own: str, dashes: str) -> None:
    """Spec of its command line, sections 3, 9 and 10: each is understood, and cluster.yml alone is missing."""
    authority = tmp_path / "ca.pem"
    authority.write_text("a certificate")
    flags = (
        "-name monday -ssh-agent-auth -ignore-docker-version -s3 -s3-endpoint s3.example -s3-endpoint-ca CA "
        f"-access-key AK -secret-key SK -bucket-name b -region r -folder f -config {tmp_path / 'cluster.yml'} {own}"
    )
    typed = flags.replace("CA", str(authority)).replace("FOLDER", str(tmp_path)).split()
    arguments = [f"{dashes}{word[1:]}" if word.startswith("-") else word for word in typed]
    done = CliRunner().invoke(root, ["etcd", command, *arguments])
    assert "rke-py config init" in done.stderr
    assert "No such option" not in done.stderr


def test_a_spelling_of_rkes_runs_ours(tmp_path) -> None:
    done = CliRunner().invoke(root, ["--debug", "util", "get-kubeconfig", "-config", str(tmp_path / "cluster.yml")])
    assert done.exit_code == 2
    assert "rke-py config init" in done.stderr
    assert "Note:  --debug changes nothing here." in done.stderr


@pytest.mark.parametrize("arguments", [["cert", "lst"], ["config", "valdate"]])
def test_an_unknown_command_of_a_group_is_answered_with_a_near_one(arguments: list[str]) -> None:
    done = CliRunner().invoke(root, arguments)
    assert done.exit_code == 2
    assert "Did you mean: " in done.stderr
