"""What goes wrong at a host's Docker, in the words of this project."""

from __future__ import annotations

import tarfile

import pytest

from rke_py.errors import EngineError
from rke_py.transport.faults import docker_faults


def test_an_archive_that_ends_early_is_the_hosts_fault() -> None:
    said = "reading /etc/kubernetes: Docker's archive is damaged"
    with pytest.raises(EngineError, match=said), docker_faults("n1", "reading /etc/kubernetes", lambda: True):
        raise tarfile.ReadError("unexpected end of data")
