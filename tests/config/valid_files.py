"""Random cluster.yml files that are valid, and other ways to write the same."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import strategies as st

from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.base import Section
from rke_py.config.schema.walk import is_keyed, model_in

Data = dict[str, Any]

_NAMES = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
_VALUES = st.one_of(
    st.sampled_from(
        ["0640", "1e3", "22:22", "yes", "1.20", "null", "", "a b", "#x", "'", "a: b", "*", "&a", "%", "- b"]
    ),
    st.text(
        alphabet=st.characters(min_codepoint=32, max_codepoint=0x17F, blacklist_characters="\x7f\xa0"), max_size=12
    ),
)
_PLUGINS = st.sampled_from(["canal", "calico", "flannel", "none", ""])
_VERSIONS = st.sampled_from(["v1.20.15-rancher2-2", "v1.24.17-rancher1-1", "v1.32.2-rancher1-1", "v1.34.4", ""])
_LABELS = st.dictionaries(_NAMES, _NAMES, max_size=2)


def _optional(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[Data]:
    return st.fixed_dictionaries({}, optional=keys)


_TOLERATIONS = st.lists(
    st.fixed_dictionaries(
        {"key": _NAMES, "operator": st.just("Exists"), "effect": st.just("NoExecute")},
        optional={"tolerationSeconds": st.integers(0, 9)},
    ),
    max_size=2,
)
_ADDON = {"node_selector": _LABELS, "tolerations": _TOLERATIONS}
_SERVICE = {
    "extra_binds": st.lists(st.just("/a:/b:ro"), max_size=1),
    "extra_env": st.lists(_NAMES.map(lambda name: f"{name}=x"), max_size=2),
}
_KUBELET_ARGUMENTS = st.dictionaries(st.sampled_from(["max-pods", "v", "node-labels"]), _VALUES, max_size=2)

_SERVICES = _optional(
    etcd=_optional(
        **_SERVICE,
        snapshot=st.booleans(),
        creation=st.sampled_from(["12h", "90m"]),
        backup_config=_optional(
            interval_hours=st.integers(0, 24), retention=st.integers(0, 9), timeout=st.integers(0, 9)
        ),
    ),
    **{
        "kube-api": _optional(
            **_SERVICE,
            always_pull_images=st.booleans(),
            service_node_port_range=st.just("30000-32767"),
            audit_log=_optional(enabled=st.just(True), configuration=_optional(max_age=st.integers(0, 30))),
            event_rate_limit=_optional(enabled=st.booleans()),
            secrets_encryption_config=_optional(enabled=st.booleans()),
        ),
        "kube-controller": _optional(**_SERVICE, cluster_cidr=st.just("10.42.0.0/16")),
    },
    scheduler=_optional(**_SERVICE),
    kubelet=_optional(**_SERVICE, extra_args=_KUBELET_ARGUMENTS, fail_swap_on=st.booleans()),
    kubeproxy=_optional(**_SERVICE),
)


@st.composite
def valid_files(draw: st.DrawFn) -> Data:
    """Return the content of a valid file."""
    count = draw(st.integers(1, 5))
    nodes = [
        {"address": f"192.0.2.{number + 1}", "user": draw(_NAMES), "role": ["worker"], **draw(_node())}
        for number in range(count)
    ]
    nodes[0]["role"] = draw(st.permutations(["controlplane", "etcd", "worker"]))
    return {
        "nodes": nodes,
        **draw(
            _optional(
                kubernetes_version=_VERSIONS,
                cluster_name=_NAMES,
                services=_SERVICES,
                network=_optional(**_ADDON, plugin=_PLUGINS),
                dns=_optional(**_ADDON, provider=st.sampled_from(["coredns", "none", ""])),
                ingress=_optional(**_ADDON, provider=st.sampled_from(["nginx", "none", ""])),
                monitoring=_optional(**_ADDON, replicas=st.integers(0, 3)),
                authentication=_optional(sans=st.lists(_NAMES, max_size=2), strategy=st.just("x509")),
                private_registries=st.just(
                    [{"url": "r.example.com", "user": "u", "password": "p", "is_default": True}]
                ),
                ssh_agent_auth=st.booleans(),
                addon_job_timeout=st.integers(0, 300),
                upgrade_strategy=_optional(
                    max_unavailable_worker=st.sampled_from(["10%", "2", ""]), drain=st.booleans()
                ),
                bastion_host=st.just({"address": "b.example.com", "user": "u"}),
            )
        ),
    }


def _node() -> st.SearchStrategy[Data]:
    return _optional(
        labels=_LABELS,
        port=st.sampled_from(["22", "0022", "2222"]),
        ssh_key_path=st.just("~/.ssh/id"),
        taints=st.lists(st.just({"key": "a", "effect": "NoSchedule"}), max_size=1),
    )


def another_way(draw: st.DrawFn, data: Data) -> str:
    """Return a file of the same meaning: keys in another order, null for keys that are left out, comments."""
    lines = yaml.safe_dump(_section(draw, data, ClusterConfig), sort_keys=False, allow_unicode=True).splitlines()
    top = [number for number, line in enumerate(lines) if line[:1].isalpha()]
    for number in reversed(draw(st.lists(st.sampled_from(top), max_size=3, unique=True))):
        lines[number:number] = ["# a comment: with: colons", ""]
    return "\n".join([*lines, "---", ""]) if draw(st.booleans()) else "\r\n".join([*lines, ""])


def _section(draw: st.DrawFn, data: Data, model: type[Section]) -> Data:
    fields = model.fields_by_key()
    left_out = sorted(key for key in fields if key not in data)
    nulls = draw(st.lists(st.sampled_from(left_out), max_size=2, unique=True)) if left_out else []
    whole = {key: _value(draw, value, fields[key]) for key, value in data.items()} | dict.fromkeys(nulls)
    return {key: whole[key] for key in draw(st.permutations(sorted(whole)))}


def _value(draw: st.DrawFn, value: Any, field: Any) -> Any:
    model = model_in(field.annotation)
    if model is None or is_keyed(field.annotation) or value is None:
        return value
    if isinstance(value, list):
        return [_section(draw, item, model) for item in value]
    return _section(draw, value, model)
