import json

from click.testing import CliRunner

from rke_py.cli.root import root


def listed(*arguments: str) -> str:
    done = CliRunner().invoke(root, ["config", "versions", *arguments])
    assert done.exit_code == 0
    return done.stdout


def test_every_version_is_on_a_line_of_its_own():
    lines = listed().splitlines()
    assert lines[0] == "v1.20.4-rancher1-1     rke"
    assert "v1.32.13-rancher1-2    rke        subscription" in lines
    assert lines[-1] == "v1.34.4                upstream   default"


def test_the_newest_of_each_minor():
    rows = json.loads(listed("--newest", "--output", "json"))
    assert [row["version"].split(".")[1] for row in rows] == [str(minor) for minor in range(20, 35)]
    assert rows[-1] == {
        "version": "v1.34.4",
        "family": "upstream",
        "default": True,
        "subscription": False,
        "docker": [],
    }
    assert rows[0]["docker"][-1] == "20.10"
