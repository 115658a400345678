import pytest

from rke_py.config.findings import Finding, spell_path
from rke_py.config.positions import Positions
from rke_py.config.text import compose

_TEXT = """\
a: 1
b:
  - c: 2
    d: {e: 3}
  - f:
      g: 4
"""


@pytest.mark.parametrize(
    ("path", "at_key", "place"),
    [
        (("a",), False, (1, 4)),
        (("a",), True, (1, 1)),
        (("b", 0, "c"), False, (3, 8)),
        (("b", 0, "d", "e"), False, (4, 12)),
        (("b", 1, "f"), False, (5, 5)),
        (("b", 1, "f", "g"), False, (6, 10)),
        (("b", 1, "missing"), False, (5, 5)),
        (("b", 9), False, (2, 1)),
        (("missing", "too"), False, (1, 1)),
        ((), False, (1, 1)),
    ],
)
def test_a_path_has_a_place(path, at_key, place):
    positions = Positions(source="cluster.yml", root=compose(_TEXT, "cluster.yml"))
    assert positions.line_and_column(path, at_key=at_key) == place


def test_without_a_file_only_the_path_is_named():
    problem = Positions(source="cluster.yml").problem(Finding(path=("a", 0), what="wrong"))
    assert str(problem) == "cluster.yml a[0]: wrong"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("nodes", 1, "role", 0), "nodes[1].role[0]"),
        (("services", "kube-api", "extra_args", "v"), "services.kube-api.extra_args.v"),
        (("nodes", 0, "labels", "a.b/c"), 'nodes[0].labels["a.b/c"]'),
    ],
)
def test_paths_are_spelled_as_operators_read_them(path, text):
    assert spell_path(path) == text
