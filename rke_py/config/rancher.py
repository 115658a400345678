"""Rancher's export of a cluster → the cluster.yml that is in it."""

from __future__ import annotations

import yaml
from pydantic.fields import FieldInfo

from rke_py.config.findings import Finding
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.base import Section
from rke_py.config.schema.walk import is_keyed, model_in
from rke_py.config.tree import MERGE

_TOP = "rancherkubernetesengineconfig"


def without_rancher(root: yaml.MappingNode) -> tuple[yaml.MappingNode, list[Finding]]:
    """Return the map that RKE reads, its keys spelled as in cluster.yml; any other file as it is.

    Rancher writes ``rancher_kubernetes_engine_config`` in snake case and its API ``rancherKubernetesEngineConfig`` in
    camel case. Keys beside it are Rancher's own, unless they are of cluster.yml, such as ``nodes``.
    """
    inner = next((value for key, value in root.value if _is_top(key) and isinstance(value, yaml.MappingNode)), None)
    if inner is None:
        return root, []
    known = ClusterConfig.fields_by_key()
    given = {key.value for key, _ in inner.value}
    beside = [(key, value) for key, value in root.value if key.value in known and key.value not in given]
    merged = yaml.MappingNode(inner.tag, [*inner.value, *beside], inner.start_mark, inner.end_mark)
    what = "this is Rancher's export of a cluster; the keys beside this one are Rancher's own and not read"
    has_nodes = any(key.value == "nodes" for key, _ in merged.value)
    hint = "" if has_nodes else "Rancher keeps its nodes elsewhere: list them under nodes."
    finding = Finding(path=(), what=what, hint=hint, warning=True)
    return _renamed_map(merged, ClusterConfig, frozenset()), [finding]


def _is_top(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and _folded(key.value) == _TOP


def _renamed(node: yaml.Node, model: type[Section], within: frozenset[int]) -> yaml.Node:
    """Return the node with every key as the schema spells it; anchors that hold themselves stay as they are."""
    if id(node) in within:
        return node
    within |= {id(node)}
    if isinstance(node, yaml.SequenceNode):
        items = [_renamed(item, model, within) for item in node.value]
        return yaml.SequenceNode(node.tag, items, node.start_mark, node.end_mark)
    return _renamed_map(node, model, within) if isinstance(node, yaml.MappingNode) else node


def _renamed_map(node: yaml.MappingNode, model: type[Section], within: frozenset[int]) -> yaml.MappingNode:
    known = model.fields_by_key()
    spelled = {_folded(key): key for key in known} | {key: key for key in known}
    entries = []
    for key, value in node.value:
        if key.tag == MERGE or not isinstance(key, yaml.ScalarNode):
            entries.append((key, _renamed(value, model, within)))
            continue
        name = spelled.get(key.value) or spelled.get(_folded(key.value)) or key.value
        renamed = yaml.ScalarNode(key.tag, name, key.start_mark, key.end_mark, key.style)
        entries.append((renamed, _renamed_value(value, known.get(name), within)))
    return yaml.MappingNode(node.tag, entries, node.start_mark, node.end_mark)


def _renamed_value(value: yaml.Node, field: FieldInfo | None, within: frozenset[int]) -> yaml.Node:
    model = model_in(field.annotation) if field else None
    if field is None or model is None:
        return value
    if is_keyed(field.annotation) and isinstance(value, yaml.MappingNode):
        pairs = [(label, _renamed(item, model, within)) for label, item in value.value]
        return yaml.MappingNode(value.tag, pairs, value.start_mark, value.end_mark)
    return _renamed(value, model, within)


def _folded(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "")
