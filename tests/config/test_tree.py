import pytest
import yaml

from rke_py.config.tree import Scalar, Tree


def tree(text):
    return Tree(yaml.compose(text, Loader=yaml.SafeLoader))


@pytest.mark.parametrize("text", ["22", "8.10", "0022", "true", "yes", "1e3", "22:22", "0640", "2001-01-01", "~x"])
def test_a_scalar_keeps_its_source_text(text):
    assert tree(f"a: {text}").data == {"a": text}


@pytest.mark.parametrize("text", ["", "~", "null", "Null"])
def test_null_is_none(text):
    assert tree(f"a: {text}").data == {"a": None}


def test_a_scalar_remembers_what_yaml_takes_it_for():
    values = tree("[1, '1', yes, 1.5, a]".join(["a: ", ""])).data["a"]
    assert [value.kind for value in values] == ["int", "str", "bool", "float", "str"]
    assert all(isinstance(value, Scalar) for value in values)


def test_a_key_written_twice_is_a_fault_at_the_second():
    (finding,) = tree("a: 1\nb: 2\na: 3\n").findings
    assert finding.path == ("a",)
    assert finding.what == "a is written twice in the same map"
    assert "line 3" in finding.hint


def test_own_keys_win_over_merged_ones_and_the_first_source_over_the_second():
    data = tree("x: &x {a: 1, b: 1, c: 1}\ny: &y {b: 2, d: 2}\nz: {<<: [*x, *y], a: 3}\n").data
    assert data["z"] == {"a": "3", "b": "1", "c": "1", "d": "2"}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("a: !vault x", "the YAML tag !vault means nothing here", id="tag"),
        pytest.param("a: !!set {x}", None, id="standard-tag"),
        pytest.param("[a, b]: c", "a key at line 1 is not text", id="list-as-key"),
        pytest.param("a: &a [*a]", "an anchor repeats without end", id="recursive"),
        pytest.param("a: &a {<<: *a}", "an anchor repeats without end", id="merged-into-itself"),
        pytest.param("a: &a {b: {<<: *a}}", "an anchor repeats without end", id="merged-into-what-it-is-in"),
        pytest.param("a: {<<: b}", "a merge key (<<) is given something that is no map", id="merged-text"),
        pytest.param("a: {<<: [{}, b]}", "a merge key (<<) is given something that is no map", id="merged-texts"),
        pytest.param("a: " + "9" * 300, "a number of hundreds of digits is in this value", id="endless-number"),
        pytest.param("a: v1." + "9" * 5000, "a number of hundreds of digits is in this value", id="number-in-a-text"),
        pytest.param(
            "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
            + "".join(f"{c}: &{c} [{','.join(['*' + p] * 10)}]\n" for p, c in zip("abcdef", "bcdefg", strict=True)),
            "an anchor repeats without end",
            id="billion-laughs",
        ),
    ],
)
def test_what_no_cluster_yml_needs_is_a_fault(text, what):
    findings = tree(text).findings
    assert [finding.what for finding in findings] == ([what] if what else [])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: b\u00a0", ["a no-break space is in this value"]),
        ("a: b\u200bc", ["a space of no width is in this value"]),
        ("a: 'b\u00a0'", []),
        ("a: |\n  b\u00a0\n", []),
    ],
)
def test_a_space_that_cannot_be_seen_is_a_fault_outside_quotes(text, what):
    assert [finding.what for finding in tree(text).findings] == what
