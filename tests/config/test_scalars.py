"""Odd values: what RKE, whose YAML library has rules of its own, makes of a scalar."""

import pytest

from rke_py.config.load import load
from rke_py.config.scalars import kind_of, meaning, normalised

from .conftest import NODES

_ODD = [
    # as written, kind, value where no kind is asked for, text after RKE wrote the file anew
    ("0640", "int", 416, "416"),
    ("08", "float", 8, "8"),
    ("0o17", "int", 15, "15"),
    ("0x1F", "int", 31, "31"),
    ("0b101", "int", 5, "5"),
    ("1_000", "int", 1000, "1000"),
    ("0x_", "str", "0x_", "0x_"),
    ("+5", "int", 5, "5"),
    ("-1", "int", -1, "-1"),
    ("1e3", "float", 1000, "1000"),
    ("1.5e-3", "float", 0.0015, "0.0015"),
    ("1.20", "float", 1.2, "1.2"),
    ("5.", "float", 5, "5"),
    (".5", "float", 0.5, "0.5"),
    ("1.2.3", "str", "1.2.3", "1.2.3"),
    ("22:22", "str", "22:22", "22:22"),
    ("1:30.5", "str", "1:30.5", "1:30.5"),
    ("yes", "bool", True, "true"),
    ("y", "bool", True, "true"),
    ("Off", "bool", False, "false"),
    ("TRUE", "bool", True, "true"),
    ("tRUE", "str", "tRUE", "tRUE"),
    ("2001-01-01", "str", "2001-01-01", "2001-01-01"),
    ("18446744073709551616", "float", 18446744073709551616, "18446744073709551616"),
    ("v1.20", "str", "v1.20", "v1.20"),
    ("-", "str", "-", "-"),
    ("=", "str", "=", "="),
]


@pytest.mark.parametrize(("text", "kind", "value", "anew"), _ODD)
def test_an_odd_value(text, kind, value, anew):
    assert kind_of(text) == kind
    assert meaning(text, kind) == value
    assert type(meaning(text, kind)) is type(value)
    assert normalised(text, kind) == anew


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_nothing(text):
    assert (kind_of(text), meaning(text, "null")) == ("null", None)


@pytest.mark.parametrize(("text", "value"), [(".inf", float("inf")), ("-.Inf", float("-inf"))])
def test_the_largest_and_the_smallest(text, value):
    assert meaning(text, kind_of(text)) == value


@pytest.mark.parametrize("text", [text for text, *_ in _ODD if text not in "-="])
def test_a_flag_of_a_component_is_printed_as_it_is_written(text):
    config = load(
        f"{NODES}services: {{kubelet: {{extra_args: {{v: {text}}}, extra_args_array: {{v: [{text}]}}}}}}\n"
    ).config
    kubelet = config.services.kubelet
    assert (kubelet.extra_args["v"], kubelet.extra_args_array["v"]) == (text, (text,))


@pytest.mark.parametrize("text", ["null", "~", ""])
def test_a_flag_without_a_value_is_printed_with_an_empty_one(text):
    config = load(f"{NODES}services: {{kubelet: {{extra_args: {{v: {text}}}}}}}\n").config
    assert config.services.kubelet.extra_args == {"v": ""}


@pytest.mark.parametrize("text", ["'null'", '"~"'])
def test_quoted_text_is_never_nothing(text):
    config = load(f"{NODES}services: {{kubelet: {{extra_args: {{v: {text}}}}}}}\n").config
    assert config.services.kubelet.extra_args == {"v": text[1:-1]}


def test_a_tag_makes_text_of_a_number():
    config = load(
        f"{NODES}ingress: {{provider: none, extra_envs: [{{name: A, value: !!str 12}}, {{name: B, value: 12}}]}}\n"
    ).config
    assert [env["value"] for env in config.ingress.extra_envs] == ["12", 12]
