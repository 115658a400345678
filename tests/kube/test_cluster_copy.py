from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rke_py.kube.cluster_copy import exposed_copy, read_copy, write_copy

PATH = "/api/v1/namespaces/kube-system/secrets/full-cluster-state"
OLD = "/api/v1/namespaces/kube-system/configmaps/full-cluster-state"


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


def test_that_of_an_old_rke_in_a_config_map_is_read_where_there_is_no_other(api, fake):
    fake.put(OLD, {"data": {"full-cluster-state": "theirs"}})
    assert (read_copy(api), exposed_copy(api)) == (b"theirs", b"theirs")
    fake.put(PATH, {"data": {"full-cluster-state": "b3Vycw=="}})
    assert (read_copy(api), exposed_copy(api)) == (b"ours", b"theirs")


def test_it_is_deleted_once_the_secret_is_written(api, fake):
    fake.put(OLD, {"data": {"full-cluster-state": "theirs"}})
    write_copy(api, b"theirs")
    assert fake.log == [("PATCH", PATH), ("DELETE", OLD)]
    assert (read_copy(api), exposed_copy(api)) == (b"theirs", None)


def test_it_is_deleted_beside_a_secret_that_is_right(api, fake):
    write_copy(api, b"state")
    fake.put(OLD, {"data": {"full-cluster-state": "theirs"}})
    write_copy(api, b"state")
    assert fake.log == [("PATCH", PATH), ("DELETE", OLD)]


def test_a_config_map_of_that_name_with_something_else_in_it_stays(api, fake):
    fake.put(OLD, {"data": {"other": "x"}})
    write_copy(api, b"state")
    assert fake.log == [("PATCH", PATH)]
    assert exposed_copy(api) is None
