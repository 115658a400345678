from pathlib import Path

import pytest

from rke_py.errors import RkeError
from rke_py.stores.build_context import PYTHON, install_libraries, installers, tools_folder, write_build_context


def test_the_folder_has_what_the_dockerfile_copies(tmp_path):
    asked: list[tuple[Path, Path]] = []
    write_build_context(tmp_path, install=lambda requirements, target: asked.append((requirements, target)))
    assert (tmp_path / "Dockerfile").read_text() == (tools_folder() / "Dockerfile").read_text()
    assert (tmp_path / "package" / "rke_py" / "tools" / "__main__.py").is_file()
    assert not list((tmp_path / "package").rglob("__pycache__"))
    assert asked == [(tools_folder() / "requirements.txt", tmp_path / "dependencies")]


def test_every_installer_checks_hashes_and_takes_the_images_python():
    for command in installers():
        assert {"--require-hashes", "--no-deps"} <= set(command)
        assert PYTHON in command


def test_a_failed_installation_shows_its_last_lines(tmp_path):
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("not a requirement\n")
    with pytest.raises(RkeError) as failed:
        install_libraries(requirements, tmp_path / "target")
    assert failed.value.evidence
