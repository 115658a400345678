"""cluster.yml.example is valid, complete, and says the defaults it claims."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from rke_py.catalog.versions import newest
from rke_py.cluster.catalog_checks import catalog_findings
from rke_py.cluster.resolve import resolve
from rke_py.config.load import load
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.base import Section
from rke_py.errors import ConfigError

_TEXT = (Path(__file__).parents[2] / "cluster.yml.example").read_text()

_WITHOUT_EFFECT = re.compile(r"win_prefix_path|nodeName|timeAdded")


def test_the_example_is_accepted_without_a_word():
    assert load(_TEXT, checks=(catalog_findings,)).warnings == ()


def test_the_example_shows_every_option():
    written = set(re.findall(r"^[ #-]*([A-Za-z0-9_-]+):", _TEXT, flags=re.MULTILINE))
    missing = [key for key in _keys(ClusterConfig) if key not in written]
    assert [key for key in missing if not _WITHOUT_EFFECT.fullmatch(key)] == []


def test_the_example_asks_for_what_an_almost_empty_file_gets():
    example = resolve(load(_TEXT).config)
    nodes = "nodes: [{address: 192.0.2.11, internal_address: 10.0.0.11, hostname_override: node-1, user: ubuntu, "
    short = resolve(load(nodes + "role: [etcd, controlplane, worker]}]\n").config)
    assert example.version == newest()
    for name in ("version", "images", "upgrade_strategy", "proxy", "api_sans", "bastion", "addon_timeout", "addons"):
        assert getattr(example, name) == getattr(short, name), name
    assert example.services.service_cluster_ip_range == short.services.service_cluster_ip_range
    assert example.services.cluster_dns_server == short.services.cluster_dns_server


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from(("delete", "double", "indent", "cut"))), max_size=4))
def test_a_broken_example_is_read_or_refused_but_never_crashes(changes):
    lines = _TEXT.splitlines()
    for number, change in changes:
        number %= len(lines)
        line = lines[number]
        broken = {"delete": [], "double": [line, line], "indent": [f"  {line}"], "cut": [line[: len(line) // 2]]}
        lines[number : number + 1] = broken[change]
    with suppress(ConfigError):
        resolve(load("\n".join(lines), checks=(catalog_findings,)).config)


def _keys(model: type[Section]) -> Iterator[str]:
    for key, field in model.fields_by_key().items():
        yield key
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, Section):
                yield from _keys(inner)
