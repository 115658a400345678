import pytest

from rke_py.config.text import compose
from rke_py.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        pytest.param("", "cluster.yml", "nothing is written here", id="empty"),
        pytest.param("# only a comment\n", "cluster.yml", "nothing is written here", id="comment"),
        pytest.param("- a\n- b\n", "cluster.yml:1:1", "the file is not a map", id="list"),
        pytest.param("nodes:\n\t- a\n", "cluster.yml:2:1", "a tab indents this line", id="tab"),
        pytest.param("a: 'b\n", "cluster.yml:2:1", "found unexpected end of stream", id="open-quote"),
        pytest.param("a: 1\n---\nb: 1\n", "cluster.yml:2:1", "a second document begins here", id="two-documents"),
        pytest.param("a: *b\n", "cluster.yml:1:4", "found undefined alias", id="alias"),
        pytest.param(
            "é: ü\nä: \x01\n", "cluster.yml:2:4", "the character U+0001 is not allowed in YAML", id="after-umlauts"
        ),
        pytest.param(
            "a: \x01\n", "cluster.yml:1:4", "the character U+0001 is not allowed in YAML", id="control-character"
        ),
        pytest.param(
            "a: &b 1\nc: &b 2\n", "cluster.yml:2:4", "line 1 has an anchor of this name already", id="anchor-twice"
        ),
    ],
)
def test_a_syntax_fault_names_its_place(text, where, what):
    with pytest.raises(ConfigError) as raised:
        compose(text, "cluster.yml")
    (problem,) = raised.value.problems
    assert problem.where == where
    assert problem.what == what


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("nodes:\n  - address: a\n   role: b\n", "This line is not indented as those above it."),
        ("a: b: c\n", "Put a text with a colon and a space in it into quotes, or mend the indentation."),
        ("a: [b\n", "A bracket is not closed, or a comma is missing."),
        ("a: 'b\n", "A quote is not closed."),
        ("a: *b\n", "Put a text that begins with * into quotes, or define the anchor above."),
        ("a: &b 1\nc: &b 2\n", "Give one of the two another name."),
        ("a: @b\n", "Put a text that begins with such a character into quotes."),
        ("a: 1\nb\n", "A colon is missing, or a quote is not closed."),
    ],
)
def test_a_syntax_fault_names_its_usual_cause(text, hint):
    with pytest.raises(ConfigError) as raised:
        compose(text, "cluster.yml")
    assert raised.value.problems[0].hint.startswith(hint)


def test_every_merge_conflict_marker_is_named():
    text = "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> main\n"
    with pytest.raises(ConfigError) as raised:
        compose(text, "cluster.yml")
    assert [problem.where for problem in raised.value.problems] == [
        "cluster.yml:2:1",
        "cluster.yml:4:1",
        "cluster.yml:6:1",
    ]


def test_a_byte_order_mark_and_windows_line_ends_are_read():
    root = compose("\ufeffa: 1\r\nb: 2\r\n", "cluster.yml")
    assert [(key.value, value.value) for key, value in root.value] == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize(
    "text", ["---\na: 1\n", "a: 1\n---\n", "a: 1\n...\n", "%YAML 1.1\n---\na: 1\n---\n# no more\n"]
)
def test_empty_documents_do_not_count(text):
    assert len(compose(text, "cluster.yml").value) == 1


def test_a_no_break_space_in_an_indent_is_named():
    with pytest.raises(ConfigError) as raised:
        compose("a:\n  b: 1\n\u00a0 - c\n", "cluster.yml")
    (problem,) = raised.value.problems
    assert problem.what == "a no-break space indents this line"


def test_endless_nesting_is_a_fault():
    with pytest.raises(ConfigError):
        compose("a: " + "[" * 2000, "cluster.yml")
