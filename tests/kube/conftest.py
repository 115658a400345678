from __future__ import annotations

import pytest

from .fake_api import FakeApi, connected, running


@pytest.fixture
def fake() -> FakeApi:
    return FakeApi()


@pytest.fixture
def server(fake, tmp_path):
    with running(fake, tmp_path) as server:
        yield server


@pytest.fixture
def api(server):
    with connected(server) as api:
        yield api
