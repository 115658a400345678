import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture(name="make_flags")
def _make_flags():
    spec = importlib.util.spec_from_file_location("make_flags", Path(__file__).parent / "make_flags.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_HELP = """\
Usage:
  program [flags]

      --long-name string      What it does, beside --other-flag.
                              --looks-like-one but begins a line of text
  -v, --v Level               number for the log level
  --name 'default'
    Human-readable name.
"""


def test_flags_are_read_from_a_help_text(make_flags):
    assert make_flags.flag_names(_HELP) == ["long-name", "name", "v"]


def test_the_table_names_the_versions_it_was_made_from(make_flags):
    program = [sys.executable, "-c", "import sys; print('v1.2.3' if '--version' in sys.argv else '  --flag int')"]
    assert make_flags.table({"program": program}) == {
        "made_from": {"program": "1.2.3"},
        "flags": {"program": ["flag"]},
    }
