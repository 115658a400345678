"""Random valid files: read without a fault, and alike when they mean the same."""

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rke_py.cluster.catalog_checks import catalog_findings
from rke_py.cluster.resolve import resolve
from rke_py.config.load import load

from .valid_files import another_way, valid_files


def _law(data):
    file = data.draw(valid_files())
    one = load(yaml.safe_dump(file, sort_keys=False, allow_unicode=True), checks=(catalog_findings,))
    other = load(another_way(data.draw, file), checks=(catalog_findings,))
    assert other.config == one.config
    assert resolve(other.config) == resolve(one.config)
    assert sorted(problem.what for problem in other.warnings) == sorted(problem.what for problem in one.warnings)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_valid_file_is_read_and_another_way_to_write_it_is_the_same(data):
    _law(data)


@pytest.mark.long
@settings(max_examples=5_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_the_same_at_length(data):
    _law(data)
