"""A snapshot in a file of the operator's."""

from __future__ import annotations

from pathlib import Path

import pytest

from rke_py.errors import UsageError
from rke_py.stores.snapshot_file import read_pieces


@pytest.mark.parametrize("name", ["gone.db", "gone.zip"])
def test_a_file_that_goes_before_it_is_brought_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} cannot be read: No such file"):
        list(read_pieces(tmp_path / name))
