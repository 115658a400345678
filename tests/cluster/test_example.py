"""cluster.yml.example is valid, complete, and says the defaults it claims."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from rke_py.catalog.versions import newest
from rke_py.cluster.catalog_checks import catalog_findings
from rke_py.cluster.resolve import resolve
from rke_py.config.faults import fit
from rke_py.config.load import load
from rke_py.config.remarks import KeyPath, remarks
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.base import Section
from rke_py.config.schema.walk import is_keyed, model_in
from rke_py.config.text import compose
from rke_py.config.tree import Tree
from rke_py.errors import ConfigError

_COMMENTED_OUT = re.compile(r"^( *)# ( *(?:[A-Za-z][\w-]*:(?: .*)?$|-----BEGIN|\.\.\.$))")
_TEXT = (Path(__file__).parents[2] / "cluster.yml.example").read_text()


def test_the_example_is_accepted_without_a_word():
    assert load(_TEXT, checks=(catalog_findings,)).warnings == ()


def test_the_example_shows_every_option():
    shown = remarks(_TEXT)
    missing = [path for path in _paths(ClusterConfig, ()) if path not in shown and _shared(path) not in shown]
    assert missing == []


def test_what_is_commented_out_has_the_right_kind_too():
    lines = [_COMMENTED_OUT.sub(r"\1\2", line) for line in _TEXT.splitlines()]
    config, findings, _ = fit(Tree(compose("\n".join(lines), "cluster.yml.example")).data)
    assert findings == []
    assert config.services.etcd.backup_config.s3_backup_config is not None
    assert config.cloud_provider.vsphere_cloud_provider.virtual_center["NAME"].port == ""


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


def _paths(model: type[Section], path: KeyPath) -> Iterator[KeyPath]:
    for key, field in model.fields_by_key().items():
        yield (*path, key)
        inner = model_in(field.annotation)
        if inner is not None:
            yield from _paths(inner, (*path, key, "NAME") if is_keyed(field.annotation) else (*path, key))


def _shared(path: KeyPath) -> KeyPath:
    """Return where a map that stands in several places is shown in full."""
    for name in ("tolerations", "update_strategy"):
        if name in path:
            return ("dns", *path[path.index(name) :])
    return ("services", "etcd", path[2]) if path[0] == "services" and len(path) == 3 else path
