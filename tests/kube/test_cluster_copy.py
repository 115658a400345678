from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rke_py.kube.cluster_copy import read_copy, write_copy

PATH = "/api/v1/namespaces/kube-system/secrets/full-cluster-state"


def test_there_is_no_copy_at_first(api):
    assert read_copy(api) is None


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary())
def test_what_is_written_is_read(api, content):
    write_copy(api, content)
    assert read_copy(api) == content


def test_an_equal_copy_is_not_written_again(api, fake):
    write_copy(api, b"state")
    write_copy(api, b"state")
    assert fake.log == [("PATCH", PATH)]


def test_a_secret_of_that_name_without_our_key_is_no_copy(api, fake):
    fake.put(PATH, {"data": {"other": "eA=="}})
    assert read_copy(api) is None
