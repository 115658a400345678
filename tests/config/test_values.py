import pytest
from pydantic import TypeAdapter, ValidationError

from rke_py.config.tree import Scalar
from rke_py.config.values import CountOrShare, Flag, Number, Text, TextMap

_BOOL, _INT, _STR = "bool", "int", "str"


@pytest.mark.parametrize(
    ("given", "text"),
    [(Scalar("0022", _INT), "0022"), (Scalar("yes", _BOOL), "yes"), (22, "22"), (True, "true"), (None, ""), ("a", "a")],
)
def test_text_is_the_source(given, text):
    assert TypeAdapter(Text).validate_python(given) == text


def test_null_in_a_map_of_texts_is_empty():
    assert TypeAdapter(TextMap).validate_python({"a": None}) == {"a": ""}


@pytest.mark.parametrize(
    ("given", "flag"),
    [
        (Scalar("true", _BOOL), True),
        (Scalar("Yes", _BOOL), True),
        (Scalar("ON", _BOOL), True),
        (Scalar("off", _BOOL), False),
        (Scalar("n", _BOOL), False),
        (Scalar("Y", _BOOL), True),
        (False, False),
    ],
)
def test_a_flag_is_what_yaml_1_1_takes_for_a_boolean(given, flag):
    assert TypeAdapter(Flag).validate_python(given) is flag


@pytest.mark.parametrize("given", [Scalar("true", _STR), Scalar("1", _INT), Scalar("maybe", _STR), 1, [], "true"])
def test_a_flag_is_nothing_else(given):
    with pytest.raises(ValidationError, match="true or false"):
        TypeAdapter(Flag).validate_python(given)


@pytest.mark.parametrize(
    ("given", "number"),
    [
        (Scalar("45", _INT), 45),
        (Scalar("-1", _INT), -1),
        (Scalar("0x10", _INT), 16),
        (Scalar("1e3", "float"), 1000),
        (7, 7),
    ],
)
def test_a_number_is_whole(given, number):
    assert TypeAdapter(Number).validate_python(given) == number


@pytest.mark.parametrize("given", [Scalar("45", _STR), Scalar("4.5", "float"), True, "45", {}])
def test_a_number_is_nothing_else(given):
    with pytest.raises(ValidationError, match="a whole number"):
        TypeAdapter(Number).validate_python(given)


@pytest.mark.parametrize(("given", "value"), [(Scalar("1", _INT), 1), ("25%", "25%"), ("00%", "0%"), (0, 0)])
def test_a_count_is_a_number_and_a_share_is_text(given, value):
    assert TypeAdapter(CountOrShare).validate_python(given) == value


@pytest.mark.parametrize("given", ["one", "%", "-1", "2.5%", "٣", "٣%", []])
def test_a_count_or_share_is_nothing_else(given):
    with pytest.raises(ValidationError):
        TypeAdapter(CountOrShare).validate_python(given)
