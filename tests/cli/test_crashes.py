import errno

import pytest

from rke_py.cli.crashes import internal, known
from rke_py.errors import HostError, RkeError, RolloutFailed


def test_an_error_of_the_tree_is_known_as_it_is():
    error = RkeError("it broke")
    assert known(error) is error


@pytest.mark.parametrize(
    "error", [KeyError("x"), OSError("x"), ExceptionGroup("x", [HostError("n1", "y"), KeyError("z")])]
)
def test_anything_else_is_a_fault_of_ours(error):
    assert known(error) is None


def test_a_full_disk_is_no_fault_of_ours():
    fault = known(OSError(errno.ENOSPC, "No space left on device"))
    assert fault is not None
    assert "No space left on device" in fault.what


def test_a_group_of_known_errors_shows_each():
    inner = HostError("n1", "a")
    other = HostError("n2", "b")
    fault = known(ExceptionGroup("two hosts", [ExceptionGroup("one host", [inner]), other]))
    assert isinstance(fault, RolloutFailed)
    assert fault.failures == (inner, other)


def test_a_fault_of_ours_says_where_the_traceback_is(tmp_path):
    fault = internal(KeyError("x"), tmp_path / "cluster.log")
    assert fault.evidence == ("KeyError: 'x'",)
    assert str(tmp_path / "cluster.log") in fault.hint
