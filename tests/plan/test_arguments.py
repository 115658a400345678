import pytest
from hypothesis import given
from hypothesis import strategies as st

from rke_py.plan.arguments import arguments, flag_name, flag_value, set_flags

names = st.text(alphabet="abc-", min_size=1, max_size=5).filter(lambda name: not name.startswith("-"))
layers = st.dictionaries(names, st.text(alphabet="ab=,", max_size=5))


def test_flags_are_sorted_one_element_each():
    assert arguments({"v": "2", "a": "1"}) == ("--a=1", "--v=2")


def test_a_later_layer_replaces_all_values_of_a_flag():
    assert arguments({"a": ("1", "2"), "b": "3"}, {"a": "4"}) == ("--a=4", "--b=3")


def test_a_flag_with_several_values_is_repeated_in_their_order():
    assert arguments({"a": ("z", "y")}) == ("--a=z", "--a=y")


@given(layers, layers)
def test_what_was_set_last_is_what_is_read(first, second):
    command = arguments(first, second)
    assert {flag_name(element): flag_value(command, flag_name(element)) for element in command} == {**first, **second}


@given(layers, layers)
def test_setting_flags_of_a_command_line_is_like_another_layer(first, second):
    assert sorted(set_flags(arguments(first), second)) == sorted(arguments(first, second))


@pytest.mark.parametrize(
    ("element", "name"), [("--a-b=c=d", "a-b"), ("--bare", "bare"), ("-f", ""), ("text", ""), ("a=--b", "")]
)
def test_the_name_of_a_flag(element, name):
    assert flag_name(element) == name


def test_set_flags_keeps_the_place_and_what_is_no_flag():
    assert set_flags(("-c", "--a=1", "x", "--b=2"), {"a": "3", "z": "9"}) == ("-c", "--a=3", "x", "--b=2", "--z=9")


def test_a_flag_that_is_not_there_has_no_value():
    assert flag_value(("--a=1",), "b") is None
