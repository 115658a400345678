"""Values in templates."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from rke_py.render.resources import templates
from rke_py.render.text import render, to_yaml, word

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_a_value_survives_the_way_through_yaml(value: object) -> None:
    assert yaml.safe_load(f"key: {to_yaml(value)}\n") == {"key": value}


@given(VALUES)
def test_a_value_stays_on_its_line(value: object) -> None:
    assert "\n" not in to_yaml(value)


def test_a_value_that_occurs_twice_is_written_twice() -> None:
    shared = {"a": 1}
    assert yaml.safe_load(to_yaml([shared, shared])) == [shared, shared]
    assert "&" not in to_yaml([shared, shared])


@pytest.mark.parametrize(
    "text", ["10.0.0.1:53", "[fd00::1]:53", "tls://1.1.1.1", "/etc/resolv.conf", "n-1.example", 6443]
)
def test_addresses_names_paths_and_numbers_are_words(text: object) -> None:
    assert word(text) == str(text)


@pytest.mark.parametrize("text", ["", "a b", "a\nb", "}", "#", '"', "a;b", "\u00e9"])
def test_what_could_change_a_configuration_is_no_word(text: str) -> None:
    with pytest.raises(ValueError, match="not a single word"):
        word(text)


def test_a_value_that_was_forgotten_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("addons/Corefile.j2", {})


def test_every_value_of_a_yaml_template_passes_to_yaml() -> None:
    unfiltered = [
        f"{path.name}: {line.strip()}"
        for path in templates().rglob("*.yaml.j2")
        for line in path.read_text().splitlines()
        if line.count("{{") != line.count("| to_yaml }}")
    ]
    assert unfiltered == []


def test_every_value_of_the_other_templates_passes_word() -> None:
    unfiltered = [
        f"{path.name}: {line.strip()}"
        for path in templates().rglob("*.j2")
        if not path.name.endswith(".yaml.j2")
        for line in path.read_text().splitlines()
        if line.count("{{") != line.count("| word }}")
    ]
    assert unfiltered == []
