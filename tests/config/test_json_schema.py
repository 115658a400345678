"""The schema for editors knows every key, and takes every file that rke-py takes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rke_py.config.json_schema import json_schema
from rke_py.config.remarks import remarks
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.base import Section
from rke_py.config.schema.walk import is_keyed, model_in
from rke_py.stores.example import example

_CASES = Path(__file__).parent / "cases"
_SCHEMA = json_schema(remarks(example()))
_KINDS: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def faults(schema: dict[str, Any], value: Any, path: str = "") -> Iterator[str]:
    """Yield what a schema of the few words that we use says against a value."""
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value} is none of {schema['enum']}"
    kinds = schema.get("type", list(_KINDS))
    if not any(isinstance(value, _KINDS[kind]) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        yield f"{path}: {value!r} is no {kinds}"
    if isinstance(value, list):
        for item in value:
            yield from faults(schema.get("items", {}), item, f"{path}[]")
    if isinstance(value, dict):
        for key, item in value.items():
            yield from faults(_of_key(schema, str(key), path), item, f"{path}.{key}")


def _of_key(schema: dict[str, Any], key: str, path: str) -> dict[str, Any]:
    if key in schema.get("properties", {}):
        return schema["properties"][key]
    patterns = schema.get("patternProperties", {})
    if any(re.search(pattern, key) for pattern in patterns):
        return {}
    others = schema.get("additionalProperties", {})
    return {"enum": [f"no key {path}.{key}"]} if others is False else others


def _schema_of(schema: dict[str, Any], model: type[Section], path: str = "") -> Iterator[str]:
    """Yield the keys of the model that the schema lacks."""
    for key, field in model.fields_by_key().items():
        known = schema["properties"].get(key)
        if known is None:
            yield f"{path}.{key}"
            continue
        inner = model_in(field.annotation)
        if inner is not None:
            known = known.get("items", known)
            known = known["additionalProperties"] if is_keyed(field.annotation) else known
            yield from _schema_of(known, inner, f"{path}.{key}")


def test_every_key_is_in_it():
    assert list(_schema_of(_SCHEMA, ClusterConfig)) == []


@pytest.mark.parametrize(
    "text", [example(), *((_CASES / name).read_text() for name in ("everything.yml", "rke-config.yml", "rke-0.0.yml"))]
)
def test_it_takes_what_rke_py_takes(text):
    assert list(faults(_SCHEMA, yaml.safe_load(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "network: {tolerations: [{tolerationseconds: 5}]}",
        "network: {tolerations: [{tolerationSeconds: 5}]}",
        "network: {calico_network_provider: {cloudprovider: aws}}",
        "network: {calico_network_provider: {cloud_provider: aws}}",
    ],
)
def test_it_takes_every_spelling_of_a_key(text):
    assert list(faults(_SCHEMA, yaml.safe_load(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "nodes: {}",
        "clustername: a",
        "nodes: [{role: [boss]}]",
        "network: {plugin: cilium}",
        "ssh_agent_auth: 'true'",
        "services: {kubelet: {extra_args: [a]}}",
    ],
)
def test_it_refuses_what_rke_py_refuses(text):
    assert list(faults(_SCHEMA, yaml.safe_load(text)))


def test_keys_are_explained_in_the_examples_words():
    port = _SCHEMA["properties"]["nodes"]["items"]["properties"]["port"]
    assert port["description"] == "sshd's\nDefault: 22"


def test_every_secret_may_be_in_a_file():
    registry = _SCHEMA["properties"]["private_registries"]["items"]["properties"]
    assert {"password", "password_file"} <= set(registry)
    assert "user_file" not in registry
