"""``network`` of one release: plugins and options that came to their end, blocks of plugins that are not in use."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.config.findings import Finding, Path
from rke_py.config.schema import ClusterConfig
from rke_py.config.versions import plugin_of, rke_version

_WEAVE_DISCOURAGED, _WEAVE_GONE = (1, 27, 0), (1, 30, 0)
_PLAIN_CALICO = (1, 30, 4)
"""From here on Calico has no use for these options any more. RKE drops canal's port and VNI as well; here they work."""

_OPTIONS_GONE = ("calico_cloud_provider", "calico_flex_volume_plugin_dir", "canal_flex_volume_plugin_dir")


def plugin_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what has no effect with the plugin or the release, or is gone from it."""
    plugin, version = plugin_of(config), rke_version(config)
    if version and version >= _PLAIN_CALICO:
        for key in _OPTIONS_GONE:
            if key in config.network.options and key.startswith(plugin):
                path: Path = ("network", "options", key)
                what = f"{key} has no effect from Kubernetes v1.30.4"
                yield Finding(path=path, what=what, hint="Remove it.", warning=True, at_key=True)
    if plugin == "weave" and version and version >= _WEAVE_DISCOURAGED:
        gone = version >= _WEAVE_GONE
        what = f"weave is {'gone' if gone else 'not kept up any more'} from Kubernetes v1.{30 if gone else 27}"
        yield Finding(path=("network", "plugin"), what=what, hint="Use canal, calico or flannel.", warning=not gone)
    yield from _other_blocks(config, plugin)


def _other_blocks(config: ClusterConfig, plugin: str) -> Iterator[Finding]:
    network = config.network
    calico, canal, flannel = (
        network.calico_network_provider,
        network.canal_network_provider,
        network.flannel_network_provider,
    )
    says_something = {
        "calico": bool(calico and calico.cloud_provider not in ("", "none")),
        "canal": bool(canal and canal.iface),
        "flannel": bool(flannel and flannel.iface),
        "weave": bool(network.weave_network_provider and network.weave_network_provider.password.get_secret_value()),
        "aci": bool(network.aci_network_provider and network.aci_network_provider.system_id),
    }
    for other, given in says_something.items():
        if given and other != plugin:
            key = f"{other}_network_provider"
            what = f"{key} has no effect with plugin {plugin}"
            yield Finding(path=("network", key), what=what, hint="Remove it.", warning=True, at_key=True)
