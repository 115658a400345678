"""Commands, run as an operator runs them, as far as they need no host."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rke_py import __version__
from rke_py.cli.root import root
from rke_py.state.codec import encode
from rke_py.state.model import State

GOOD = """\
nodes:
  - address: 10.0.0.1
    user: root
    role: [controlplane, etcd, worker]
  - address: 10.0.0.2
    user: root
    role: [worker]
kubernetes_version: v1.34.4
"""
RKES = "v1.32.4-rancher1-1"
BAD = """\
nodes:
  - address: 10.0.0.1
    user: root
    role: [control-plane, etcd]
no_such_key: true
"""


def run(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(root, [str(argument) for argument in arguments], env=environment)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "cluster.yml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "cluster.yml"
    path.write_text(BAD)
    return path


def test_a_valid_file_is_summed_up(good):
    done = run("config", "validate", "-c", good)
    assert done.exit_code == 0
    assert done.stdout == (
        f"{good} is valid: cluster local, Kubernetes v1.34.4, 2 hosts (1 etcd, 1 controlplane, 2 worker)\n"
    )


def test_a_version_of_rkes_is_warned_of_where_no_cluster_has_it(good):
    good.write_text(GOOD.replace("v1.34.4", RKES))
    assert "making a cluster of RKE's own releases is not built yet" in run("config", "validate", "-c", good).stderr
    good.with_name("cluster.rkestate").write_bytes(
        encode(State(lineage="x", configuration={"kubernetesVersion": RKES}))
    )
    assert run("config", "validate", "-c", good).stderr == ""


def test_a_file_that_names_no_version_is_valid_with_the_one_that_runs(good):
    good.write_text(GOOD.replace("kubernetes_version: v1.34.4\n", ""))
    good.with_name("cluster.rkestate").write_bytes(
        encode(State(lineage="x", configuration={"kubernetesVersion": RKES}))
    )
    assert f"Kubernetes {RKES}, 2 hosts" in run("config", "validate", "-c", good).stdout


def test_a_state_that_cannot_be_read_does_not_make_the_file_beside_it_wrong(good):
    good.with_name("cluster.rkestate").write_text("{")
    assert run("config", "validate", "-c", good).exit_code == 0


@pytest.mark.parametrize("port", ["ssh", "0", "65536"])
def test_a_port_that_is_none_is_wrong_usage(good, port):
    done = run("node", "clean", "10.0.0.9", "--port", port, "-c", good)
    assert done.exit_code == 2
    assert "--port" in done.stderr


def test_all_faults_are_shown_at_once_with_their_lines(bad):
    done = run("config", "validate", "-c", bad)
    assert done.exit_code == 2
    assert "cluster.yml:4" in done.stderr
    assert "cluster.yml:5" in done.stderr
    assert done.stdout == ""


def test_a_valid_file_as_json(good):
    done = run("config", "validate", "-c", good, "-o", "json")
    assert json.loads(done.stdout) == {"valid": True, "problems": []}


def test_faults_as_json(bad):
    done = run("config", "validate", "-c", bad, "-o", "json")
    found = json.loads(done.stdout)
    assert done.exit_code == 2
    assert found["valid"] is False
    assert all(problem.keys() == {"where", "what", "hint", "warning"} for problem in found["problems"])


def test_the_file_can_be_named_by_the_environment(good):
    assert run("config", "validate", RKE_CONFIG=str(good)).exit_code == 0


@pytest.mark.parametrize("command", ["up", "plan", "status", "remove", "kubeconfig"])
def test_without_the_file_every_command_says_how_to_get_one(command, tmp_path):
    done = run(command, "-c", tmp_path / "cluster.yml")
    assert done.exit_code == 2
    assert "rke-py config init" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["up", "plan"])
def test_a_wrong_file_stops_a_command_before_any_host(command, bad):
    done = run(command, "-c", bad)
    assert done.exit_code == 2
    assert "'control-plane'" in done.stderr


@pytest.mark.parametrize("command", ["status", "kubeconfig"])
def test_before_the_first_up_there_is_nothing_to_show(command, good):
    done = run(command, "-c", good)
    assert done.exit_code == 2
    assert "rke-py up" in done.stderr


def test_an_unknown_host_cannot_be_loaded(good):
    done = run("images", "build", "-c", good, "--load", "n9")
    assert done.exit_code == 2
    assert "n9" in done.stderr


def test_a_build_argument_needs_a_value():
    done = run("images", "build", "--build-arg", "ETCD_3_6")
    assert done.exit_code == 2
    assert "NAME=VALUE" in done.stderr


def test_the_programs_own_version(tmp_path):
    done = run("version", "--client")
    assert done.stdout.startswith(f"rke-py {__version__}, Kubernetes v1.")


def test_the_version_for_programs_without_a_cluster(tmp_path):
    done = run("version", "-o", "json", "-c", tmp_path / "cluster.yml")
    assert json.loads(done.stdout).keys() == {"rke-py", "kubernetes", "nodes"}
    assert json.loads(done.stdout)["nodes"] is None


def test_signing_requests_are_written_beside_the_file(good, tmp_path):
    done = run("cert", "generate-csr", "-c", good)
    assert done.exit_code == 0
    folder = tmp_path / "cluster_certs"
    assert f"{folder}/kube-admin-csr.pem: new, to be signed" in done.stdout.splitlines()
    assert (folder / "kube-admin-key.pem").stat().st_mode & 0o777 == 0o600


def test_signing_requests_that_are_there_are_left_alone(good, tmp_path):
    run("cert", "generate-csr", "-c", good)
    done = run("cert", "generate-csr", "-c", good, "-o", "json")
    found = json.loads(done.stdout)
    assert found["folder"] == str(tmp_path / "cluster_certs")
    assert {(made["new"], made["signed"]) for made in found["requests"]} == {(False, False)}


def test_a_key_that_cannot_be_used_is_named(good, tmp_path):
    folder = tmp_path / "pki"
    folder.mkdir()
    (folder / "kube-admin-key.pem").write_text("nonsense")
    done = run("cert", "generate-csr", "-c", good, "--cert-dir", folder)
    assert done.exit_code == 2
    assert f"Error: {folder}/kube-admin-key.pem: cannot be read as a private key in PEM form" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["kube-admin-key.pem"]


@pytest.mark.parametrize("command", ["up", "plan"])
def test_a_folder_of_certificates_has_to_be_there(command, good, tmp_path):
    done = run(command, "-c", good, "--custom-certs")
    assert done.exit_code == 2
    assert f"there is no folder {tmp_path}/cluster_certs" in done.stderr


@pytest.mark.parametrize("command", ["up", "plan"])
def test_a_folder_alone_is_not_read(command, good, tmp_path):
    done = run(command, "-c", good, "--cert-dir", tmp_path)
    assert done.exit_code == 2
    assert "--custom-certs" in done.stderr


def test_certificates_are_listed_once_there_are_some(good):
    done = run("cert", "list", "--offline", "-c", good)
    assert done.exit_code == 2
    assert "rke-py up" in done.stderr


def test_a_file_of_a_release_that_cannot_be_planned_is_valid_with_a_word_on_the_way_on(tmp_path):
    path = tmp_path / "cluster.yml"
    path.write_text(GOOD.replace("v1.34.4", "v1.11.6-rancher1-1"))
    done = run("config", "validate", "-c", path)
    assert done.exit_code == 0
    assert "cluster local, Kubernetes v1.11.6-rancher1-1, 2 hosts" in done.stdout
    assert "through v1.12, v1.13" in done.stderr


def test_its_faults_are_shown_all_the_same(tmp_path):
    path = tmp_path / "cluster.yml"
    path.write_text(BAD + "kubernetes_version: v1.11.6-rancher1-1\n")
    assert run("config", "validate", "-c", path).exit_code == 2


def test_a_saved_plan_is_done_or_looked_at_not_both(good):
    assert run("up", "-c", good, "--dry-run", "--plan", good).exit_code == 2


def test_a_plan_that_is_not_there_is_said_before_any_host_is_asked(good):
    done = run("up", "-c", good, "--plan", good.with_name("no.plan"))
    assert done.exit_code == 2
    assert "no.plan cannot be read: No such file or directory\n" in done.stderr
    assert "rke-py plan --save" in done.stderr


@pytest.mark.parametrize("flags", [["--only", "10.0.0.2"], ["--skip", "10.0.0.2"], ["--custom-certs"]])
def test_a_plan_without_hosts_is_of_all_of_them(good, flags):
    done = run("plan", "--offline", "-c", good, *flags)
    assert done.exit_code == 2
    assert "--offline shows every host" in done.stderr


@pytest.mark.parametrize("words", [["status"], ["cert", "rotate"], ["upgrade", "--to", "v1.34.4"]], ids=str)
def test_without_a_state_a_cluster_that_is_there_is_thought_of(good, words):
    done = run(*words, "-c", good)
    assert done.exit_code == 2
    assert "rke-py state recover" in done.stderr
