import pytest

from rke_py.errors import RkeError
from rke_py.transport.local_docker import follow


def test_a_build_that_ends_well_is_followed_to_its_end():
    parts = iter([{"stream": "Step 1/1 : FROM x\n"}, {"aux": {"ID": "sha256:1"}}, {"status": "done"}])
    follow(parts, "building x")
    assert list(parts) == []


def test_a_failure_in_the_stream_is_an_error_with_the_lines_before_it():
    parts = [{"stream": "Step 1/2 : FROM x\n"}, {"stream": "\n"}, {"stream": " ---> 1\n"}, {"error": "RUN failed"}]
    with pytest.raises(RkeError, match="building x failed: RUN failed") as failed:
        follow(parts, "building x")
    assert failed.value.evidence == ("Step 1/2 : FROM x", " ---> 1")


def test_only_the_last_lines_are_kept():
    parts = [*({"stream": f"line {number}\n"} for number in range(100)), {"error": "x"}]
    with pytest.raises(RkeError) as failed:
        follow(parts, "building x")
    assert failed.value.evidence[0] == "line 80"
