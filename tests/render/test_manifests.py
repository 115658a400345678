"""Manifests that a user wrote."""

from __future__ import annotations

import pytest

from rke_py.render.manifests import read_manifests

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\n"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("---\n# only a comment\n---\n", [], id="empty documents"),
        pytest.param(CONFIG_MAP.format("a"), ["a"], id="one"),
        pytest.param(f"{CONFIG_MAP.format('a')}---\n{CONFIG_MAP.format('b')}", ["a", "b"], id="two"),
        pytest.param(
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: s}}\n",
            ["s"],
            id="list",
        ),
    ],
)
def test_objects(text: str, names: list[str]) -> None:
    objects, problems = read_manifests("addons", text)
    assert [o["metadata"]["name"] for o in objects] == names  # type: ignore[index]
    assert problems == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("- a\n", "addons:1 (document 1): is not a Kubernetes object", id="sequence"),
        pytest.param("kind: A\n", "addons:1 (document 1): apiVersion is missing", id="no apiVersion"),
        pytest.param("apiVersion: v1\n", "addons:1 (document 1): kind is missing", id="no kind"),
        pytest.param("apiVersion: v1\nkind: A\n", "addons:1 (document 1): metadata.name is missing", id="no name"),
        pytest.param(
            f"{CONFIG_MAP.format('a')}---\nkind: A\n", "addons:6 (document 2): apiVersion is missing", id="second one"
        ),
        pytest.param("a: [\n", "addons:2:1: not YAML: did not find expected node content", id="syntax"),
    ],
)
def test_faults_name_document_and_line(text: str, fault: str) -> None:
    _, problems = read_manifests("addons", text)
    assert [str(problem) for problem in problems] == [fault]


def test_names_generated_by_the_server_cannot_be_applied_twice() -> None:
    _, problems = read_manifests("addons", "apiVersion: v1\nkind: Job\nmetadata: {generateName: a-}\n")
    assert "metadata.name is missing" in str(problems[0])
