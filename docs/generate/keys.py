"""reference/cluster-yml.md: every key of the schema, with what cluster.yml.example says of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import Secret as Hidden
from pydantic import SecretStr

from rke_py.config.obsolete import OBSOLETE
from rke_py.config.remarks import KeyPath, Remark, remarks
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.base import Section
from rke_py.config.schema.service import ServiceConfig
from rke_py.config.schema.walk import is_keyed, model_in, unwrapped
from rke_py.config.unbuilt import UNBUILT
from rke_py.stores.example import example

from .markdown import code, codes, first_sentence, page, table

_INTRODUCTION = """\
Keys and meanings are RKE's; `proxy`, `kube_config`, `pki`, `max_concurrent_pulls` and `nodes[].host_key` are rke-py's
own. `cluster.yml.example` in the repository shows the same as one file. `rke-py config validate` names every fault with
its line: an unknown key with the nearest right spelling. What is not built yet is named, too. `rke-py config show`
shows what a file comes to, `rke-py config schema` prints all of this for editors.

A key that is left out, `null` or empty has its default. Text may be quoted or not; a whole number or true/false may not
be quoted. Each "text, secret" may hold `${NAME}`, which is taken from the environment (`$${` is the two characters
themselves), or be in a file that the same key with `_file` names, beside cluster.yml: `password_file`,
`secret_key_file`.
"""
_ALIKE = ("dns", "monitoring", "network")
_SAMPLES = frozenset({"taints", "tolerations"})
"""Lists whose entries in the example are samples, not defaults."""

_ANY = "NAME"
"""Stands for the free keys of a map of maps."""

_REFUSED = frozenset({("network", "update_strategy", "rollingUpdate", "maxSurge")})
"""In the schema, which the add-ons share, but not for flannel's DaemonSet."""

_WORDS = {str: "text", bool: "true or false", int: "whole number", SecretStr: "text, secret"}


def keys_page() -> str:
    """Return the page of cluster.yml."""
    known = remarks(example())
    sections = [_section(key, field, known) for key, field in ClusterConfig.fields_by_key().items() if map_of(field)]
    plain = ((key, field) for key, field in ClusterConfig.fields_by_key().items() if not map_of(field))
    top = [row for key, field in plain for row in _row((key,), field, known)]
    return page(
        "cluster.yml",
        _INTRODUCTION,
        "## On the top level",
        _table(top),
        *sections,
        _without_effect(known),
        _not_built(),
    )


def schema_keys() -> Iterator[tuple[KeyPath, Any]]:
    """Yield every key of the schema with its field; the keys that all services share come once, under etcd."""
    for key, field in ClusterConfig.fields_by_key().items():
        yield (key,), field
        yield from _below((key,), field)


def _below(path: KeyPath, field: Any) -> Iterator[tuple[KeyPath, Any]]:
    inner = map_of(field)
    if inner is None:
        return
    if is_keyed(field.annotation):
        path = (*path, _ANY)
    for key, own in inner.fields_by_key().items():
        if path[0] == "services" and len(path) == 2 and path[1] != "etcd" and key in ServiceConfig.model_fields:
            continue
        yield (*path, key), own
        yield from _below((*path, key), own)


def _section(key: str, field: Any, known: dict[KeyPath, Remark]) -> str:
    inner = map_of(field)
    rows = [row for path, own in _below((key,), field) for row in _row(path, own, known)]
    said = known.get((key,), Remark()).meaning or (f"{first_sentence(inner.__doc__)}." if inner else "")
    return "\n\n".join(filter(None, (f"## {key}", said, _table(rows))))


def _row(path: KeyPath, field: Any, known: dict[KeyPath, Remark]) -> Iterator[tuple[str, str, str, str]]:
    remark = remark_of(path, known)
    if remark is None or (map_of(field) and not remark.meaning):
        return
    default = "" if any(name in path[:-1] for name in _SAMPLES) else remark.default
    yield code(spelled(path)), _type(field), default or "-", remark.meaning


def remark_of(path: KeyPath, known: dict[KeyPath, Remark]) -> Remark | None:
    """Return what the example says of a key: there, or where the same map stands for something else."""
    if path in _REFUSED:
        return None
    own = known.get(path)
    if path[0] == "bastion_host" and len(path) > 1 and not (own and own.meaning):
        there = known.get(("nodes", path[1]))
        return Remark(default=own.default if own else "", meaning=there.meaning) if there else own
    if own is not None or path[0] not in _ALIKE:
        return own
    return next((remark for other, remark in known.items() if other[1:] == path[1:] and other[0] in _ALIKE), None)


def _table(rows: list[tuple[str, str, str, str]]) -> str:
    return table(("key", "value", "default", "meaning"), rows)


def spelled(path: KeyPath) -> str:
    """Return a path as it is written in messages; what all services share stands under ``services.*``."""
    if path[:2] == ("services", "etcd") and len(path) == 3:
        path = ("services", "*", path[2])
    return ".".join(f"{key}[]" if _is_list(path[: number + 1]) else key for number, key in enumerate(path))


def _is_list(path: KeyPath) -> bool:
    fields = ClusterConfig.fields_by_key()
    field = None
    for key in path:
        if key == "*":
            return False
        if key == _ANY:
            continue
        field = fields[key]
        inner = map_of(field)
        fields = inner.fields_by_key() if inner else {}
    return get_origin(unwrapped(field.annotation)) is tuple and map_of(field) is not None if field else False


def map_of(field: Any) -> type[Section] | None:
    """Return the model of a map, of the maps of a list, or of the maps under free keys."""
    return model_in(field.annotation)


def _type(field: Any) -> str:
    plain = unwrapped(field.annotation)
    origin, parts = get_origin(plain), get_args(plain)
    if plain in _WORDS:
        return _WORDS[plain]
    if map_of(field):
        return "list of maps" if origin is tuple else "map of maps" if origin is dict else "map"
    if origin is tuple:
        return "list of texts" if get_origin(unwrapped(parts[0])) is None else "list of maps"
    if plain is Hidden[dict[str, Any]] or parts == (str, Any):
        return "map, as in Kubernetes"
    if origin is dict:
        return "map of lists" if get_origin(unwrapped(parts[1])) is tuple else "map of texts"
    return "count or share"


def _without_effect(known: dict[KeyPath, Remark]) -> str:
    left = [
        spelled(path)
        for path, field in schema_keys()
        if path not in _REFUSED and remark_of(path, known) is None and not map_of(field)
    ]
    images = [path.removeprefix("system_images.") for path in left if path.startswith("system_images.")]
    others = [path for path in left if not path.startswith("system_images.")]
    return (
        "## Accepted, without effect\n\nFor files that were written for RKE: " + codes(others) + "; and in "
        "`system_images`, with a warning, the images of RKE's own releases: " + codes(images) + "."
    )


def _not_built() -> str:
    rows = ((code(row.path), row.hint) for row in UNBUILT)
    return (
        "## What is not built yet\n\nRead and checked, and refused by name before a host is touched when it asks for "
        "something; an empty value, and one that asks for what happens anyway, is as good as none.\n\n"
        + table(("key", "what to do"), rows)
        + "\n\nKeys of releases before 1.7, which mean nothing any more, are one warning each: "
        + codes(OBSOLETE)
        + "."
    )
