"""Who runs rke-py, as others are shown, and as hosts are asked to let in where nobody says otherwise."""

from __future__ import annotations

import os

import pytest

from rke_py.workflows.login import login_name


@pytest.mark.parametrize("fault", [KeyError("getpwuid(): uid not found: 54321"), OSError("No username set")])
def test_a_user_without_a_name_is_called_by_its_number(fault: Exception) -> None:
    def told() -> str:
        raise fault

    assert login_name(told) == str(os.getuid())
