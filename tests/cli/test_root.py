import subprocess
import sys
from importlib.metadata import version

import pytest
from click.testing import CliRunner

import rke_py
from rke_py.cli.root import COMMANDS, root

HEAVY = {"paramiko", "docker", "lightkube", "pydantic", "cryptography", "yaml", "jinja2", "rich", "requests", "httpx2"}


def loaded_after(code: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after running the code."""
    script = f"import sys\n{code}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_the_version_is_the_packages():
    assert rke_py.__version__ == version("rke-py")


@pytest.mark.parametrize("flag", ["--version", "-v"])
def test_the_version_is_printed(flag):
    done = CliRunner().invoke(root, [flag])
    assert (done.exit_code, done.stdout) == (0, f"rke-py {version('rke-py')}\n")


def test_the_program_prints_its_version():
    done = subprocess.run([sys.executable, "-m", "rke_py", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"rke-py {version('rke-py')}\n"


def test_the_version_needs_no_library():
    code = "sys.argv = ['rke-py', '--version']\nfrom rke_py.cli import main\nmain()"
    assert not loaded_after(code) & {*HEAVY, "click"}


def test_the_library_is_imported_on_demand():
    assert not loaded_after("import rke_py\nrke_py.__version__\ndir(rke_py)") & {*HEAVY, "click"}


def test_help_needs_no_heavy_library():
    code = "from rke_py.cli.root import root\nfrom click.testing import CliRunner\nCliRunner().invoke(root, ['--help'])"
    assert not loaded_after(code) & HEAVY


def test_without_a_command_help_is_shown():
    assert "rke-py config validate" in CliRunner().invoke(root, []).output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples_and_exit_statuses(name):
    done = CliRunner().invoke(root, [name, "--help"])
    assert done.exit_code == 0
    command = root.get_command(None, name)
    assert command is not None
    pages = [done.output] + [
        CliRunner().invoke(root, [name, below, "--help"]).output for below in getattr(command, "commands", ())
    ]
    assert any("Exit status" in page for page in pages)
    assert any(f"rke-py {name}" in page for page in pages)


def test_examples_stand_on_lines_of_their_own():
    lines = [line.strip() for line in CliRunner().invoke(root, ["up", "--help"]).output.splitlines()]
    assert "rke-py up --config prod.yml --yes --output json" in lines
    assert not any("\\b" in line for line in lines)


def help_pages(command, *names):
    yield CliRunner().invoke(root, [*names, "--help"]).output
    for name, below in getattr(command, "commands", {}).items():
        yield from help_pages(below, *names, name)


@pytest.mark.parametrize("name", COMMANDS)
def test_names_and_flags_are_not_broken_at_the_end_of_a_line(name):
    pages = help_pages(root.get_command(None, name), name)
    assert [line for page in pages for line in page.splitlines() if line.endswith("-")] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_help_lists_every_command_with_a_sentence(name):
    page = CliRunner().invoke(root, ["--help"]).output
    line = next(line for line in page.splitlines() if line.strip().startswith(f"{name} "))
    assert line.strip().endswith(".")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("statsu", "status"),
        ("remov", "remove"),
        ("kubeconfg", "kubeconfig"),
        ("snapshot", "etcd snapshot"),
        ("validate", "config validate"),
        ("list", "node list, cert list"),
    ],
)
def test_an_unknown_command_is_answered_with_a_near_one(typed, meant):
    done = CliRunner().invoke(root, [typed])
    assert done.exit_code == 2
    assert f"There is no command '{typed}'. Did you mean: {meant}?" in done.stderr


def test_an_unknown_flag_is_a_usage_error():
    assert CliRunner().invoke(root, ["up", "--no-such-flag"]).exit_code == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell):
    done = CliRunner().invoke(root, ["completion", shell])
    assert done.exit_code == 0
    assert "_RKE_PY_COMPLETE" in done.stdout


def test_completion_knows_the_commands():
    environment = {"_RKE_PY_COMPLETE": "bash_complete", "COMP_WORDS": "rke-py stat", "COMP_CWORD": "1"}
    done = CliRunner().invoke(root, [], env=environment, prog_name="rke-py")
    assert done.stdout.splitlines() == ["plain,status", "plain,state"]
