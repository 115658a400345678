"""Keys of RKE 1.7 that rke-py does not build yet, and keys of older releases that mean nothing any more.

Files written by ``rke config`` list every key with an empty value, so what counts is the value: an empty one, or one
that asks for what happens anyway, is dropped; any other is refused by name. Nothing is ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rke_py.config.findings import Finding, Path, nearest, spell_path
from rke_py.config.tree import Scalar, Value


@dataclass(frozen=True, slots=True)
class Unbuilt:
    """A key that is known and not built.

    Attributes:
        path: Keys from the top, with dots.
        harmless: Values that ask for what happens anyway.
        keys: What may stand in the map, when it is one; other keys are unknown.
        off: Key and value in the map that turn all of it off.
        hint: What to do instead.
    """

    path: str
    harmless: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    off: tuple[str, str] | None = None
    hint: str = "Leave it out."


UNBUILT = (
    Unbuilt(
        "ingress",
        keys=(
            *("provider", "network_mode", "http_port", "https_port", "default_backend", "default_ingress_class"),
            *("dns_policy", "options", "extra_args", "extra_envs", "extra_volumes", "extra_volume_mounts"),
            *("node_selector", "tolerations", "update_strategy", "default_http_backend_priority_class_name"),
            "nginx_ingress_controller_priority_class_name",
        ),
        off=("provider", "none"),
        hint="Write ingress: {provider: none} and install an ingress controller as an add-on.",
    ),
    Unbuilt(
        "cloud_provider",
        keys=(
            *("name", "useInstanceMetadataHostname", "awsCloudProvider", "azureCloudProvider"),
            *("openstackCloudProvider", "vsphereCloudProvider", "harvesterCloudProvider", "customCloudProvider"),
        ),
    ),
    Unbuilt("restore", keys=("restore", "snapshot_name"), off=("restore", "false")),
    Unbuilt("rotate_certificates", keys=("cacertificates", "services")),
    Unbuilt("rotate_encryption_key"),
    Unbuilt("cri_dockerd_stream_server_address"),
    Unbuilt("cri_dockerd_stream_server_port"),
    Unbuilt("enable_cri_dockerd", hint="Pods run in containerd; write enable_cri_dockerd: false."),
    Unbuilt("authentication.webhook", keys=("config_file", "cache_timeout")),
    Unbuilt(
        "dns.nodelocal", keys=("ip_address", "node_selector", "node_local_dns_priority_class_name", "update_strategy")
    ),
    Unbuilt("network.calico_network_provider", keys=("cloudprovider", "cloud_provider"), off=("cloudprovider", "none")),
    Unbuilt("network.canal_network_provider", keys=("iface",)),
    Unbuilt("network.weave_network_provider", keys=("password",)),
    Unbuilt("network.aci_network_provider"),
    Unbuilt("services.etcd.external_urls", hint="Give role etcd to nodes."),
    Unbuilt("services.etcd.ca_cert"),
    Unbuilt("services.etcd.cert"),
    Unbuilt("services.etcd.key"),
    Unbuilt("services.etcd.path"),
    Unbuilt("services.etcd.uid"),
    Unbuilt("services.etcd.gid"),
    Unbuilt("services.etcd.snapshot", hint="Recurring snapshots are not taken yet; write snapshot: false."),
    Unbuilt("services.etcd.creation", harmless=("12h", "12h0m0s")),
    Unbuilt("services.etcd.retention", harmless=("72h", "72h0m0s")),
    Unbuilt(
        "services.etcd.backup_config",
        keys=("enabled", "interval_hours", "retention", "timeout", "safe_timestamp", "s3backupconfig"),
        off=("enabled", "false"),
        hint="Recurring snapshots are not taken yet; write enabled: false.",
    ),
    Unbuilt("services.kube-api.pod_security_configuration", harmless=("privileged",)),
    Unbuilt("services.kube-api.always_pull_images"),
    Unbuilt("services.kube-api.event_rate_limit", keys=("enabled", "configuration"), off=("enabled", "false")),
    Unbuilt("services.kube-api.admission_configuration"),
    Unbuilt("services.kube-api.audit_log", keys=("enabled", "configuration"), off=("enabled", "false")),
    Unbuilt("services.kube-api.secrets_encryption_config", keys=("enabled", "custom_config"), off=("enabled", "false")),
    Unbuilt("services.kubelet.generate_serving_certificate", harmless=("true", "yes", "on")),
    Unbuilt(
        "private_registries.*.ecr_credential_plugin",
        keys=("aws_access_key_id", "aws_secret_access_key", "aws_session_token"),
    ),
)

OBSOLETE = (
    "auth",
    "enforce_docker_version",
    "authentication.options",
    "services.kube-api.pod_security_policy",
    "system_images.wave_node",
)
"""Keys of releases before 1.7, still common in old files."""


def sift(data: Mapping[str, Value]) -> tuple[dict[str, Value], list[Finding]]:
    """Return the file without the keys above, and what to say about those that were there."""
    kept = _copy(data)
    findings: list[Finding] = []
    for row in UNBUILT:
        for path, parent in _parents(kept, row.path):
            if path[-1] in parent:
                findings += _unbuilt(row, path, parent.pop(str(path[-1])))
    for obsolete in OBSOLETE:
        for path, parent in _parents(kept, obsolete):
            value = parent.pop(str(path[-1]), None)
            if not is_empty(value):
                what = f"{spell_path(path)} is a key of older RKE releases and has no effect"
                findings.append(Finding(path=path, what=what, hint="Remove it.", warning=True, at_key=True))
    for key in [key for key in kept if key.startswith(".")]:
        del kept[key]  # a place to hang YAML anchors
    return kept, findings


def is_empty(value: Value) -> bool:
    """Tell whether a value asks for nothing: null, empty text, 0, false, or only such values inside."""
    if isinstance(value, Mapping):
        return all(is_empty(item) for item in value.values())
    if isinstance(value, Scalar):
        return value == "" or (value.kind in ("bool", "int") and value.lower() in ("false", "no", "off", "0"))
    return not value


def _unbuilt(row: Unbuilt, path: Path, value: Value) -> Iterator[Finding]:
    if isinstance(value, Mapping) and row.keys:
        for key in value.keys() - row.keys:
            what = f"{key} is not a key of {spell_path(path)}"
            yield Finding(path=(*path, key), what=what, hint=nearest(key, row.keys), at_key=True)
    if is_empty(value) or _asks_for_nothing(row, value):
        return
    yield Finding(path=path, what=f"{spell_path(path)} is not built yet in rke-py", hint=row.hint, at_key=True)


def _asks_for_nothing(row: Unbuilt, value: Value) -> bool:
    if isinstance(value, Mapping):
        if row.off is None:
            return False
        key, off = row.off
        switch = value.get(key)
        return key in value and isinstance(switch, Scalar) and switch.lower() in (off, {"false": "no"}.get(off, off))
    return isinstance(value, Scalar) and value.lower() in row.harmless


def _copy(value: Mapping[str, Value]) -> dict[str, Value]:
    return {key: _copied(item) for key, item in value.items()}


def _copied(value: Value) -> Value:
    if isinstance(value, Mapping):
        return _copy(value)
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _parents(data: dict[str, Value], dotted: str) -> Iterator[tuple[Path, dict[str, Value]]]:
    """Yield each map in which the last key of the path may stand, with that key's whole path."""
    *parents, last = dotted.split(".")
    places: list[tuple[Path, Value]] = [((), data)]
    for part in parents:
        places = [place for path, value in places for place in _children(path, value, part)]
    for path, value in places:
        if isinstance(value, dict):
            yield (*path, last), value


def _children(path: Path, value: Value, part: str) -> Iterator[tuple[Path, Value]]:
    if part == "*" and isinstance(value, list):
        for index, item in enumerate(value):
            yield (*path, index), item
    elif isinstance(value, dict) and part in value:
        yield (*path, part), value[part]
