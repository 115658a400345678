"""The lab's folder: the operator's key, known_hosts, hosts.json and a cluster.yml that fits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from . import packages, programs
from .commands import run
from .images import REGISTRY
from .spec import LabSpec

USER = "rke"
_FILES = ("key", "key.pub", "known_hosts", "hosts.json", "cluster.yml")


def create(folder: Path) -> str:
    """Make the folder and the operator's key pair; return the public key."""
    packages.require("ssh-keygen")
    folder.mkdir(parents=True, exist_ok=True)
    remove(folder, keep_folder=True)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "rke-py-lab", "-f", str(folder / "key"))
    return (folder / "key.pub").read_text().strip()


def write(folder: Path, spec: LabSpec, host_keys: Mapping[str, str], tools_image: str) -> None:
    """Write what a started lab is reached by.

    Args:
        folder: Made by `create`.
        spec: The lab.
        host_keys: Public host key by address.
        tools_image: Reference of the tools image.
    """
    lines = [f"{address} {key}" for address, key in host_keys.items()]
    (folder / "known_hosts").write_text("\n".join([*lines, ""]))
    hosts = [
        {"name": host.name, "address": str(host.address), "roles": list(host.roles), "user": USER}
        for host in spec.hosts
    ]
    (folder / "hosts.json").write_text(json.dumps(hosts, indent=2) + "\n")
    (folder / "cluster.yml").write_text(cluster_yml(spec, folder / "key", host_keys, tools_image))


def remove(folder: Path, *, keep_folder: bool = False) -> None:
    """Delete the files that the lab wrote, and the folder if nothing else is in it."""
    for name in _FILES:
        (folder / name).unlink(missing_ok=True)
    if not keep_folder and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def cluster_yml(spec: LabSpec, key: Path, host_keys: Mapping[str, str], tools_image: str) -> str:
    """Return the cluster.yml of a lab: its hosts, and the lab's images in place of upstream's."""
    lines = [f"# The lab {spec.name}.", f"cluster_name: {spec.name}", f"kubernetes_version: {_KUBERNETES}"]
    lines += [f"ssh_key_path: {json.dumps(str(key))}", "nodes:"]
    for host in spec.hosts:
        lines += [
            f"  - address: {host.address}",
            f"    hostname_override: {host.name}",
            f"    user: {USER}",
            f"    host_key: {host_keys[str(host.address)]}",
            f"    role: [{', '.join(host.roles)}]",
        ]
    # No ingress controller can be built from package registries.
    lines += ["network:", "  plugin: flannel", "ingress:", "  provider: none", "services:", "  kubeproxy:"]
    lines += ["    extra_args:", '      conntrack-max-per-core: "0"   # sysctls of a lab host are read-only']
    lines += ["private_registries:", f"  - url: {REGISTRY}", "    is_default: true", "system_images:"]
    lines += [f"  {key}: {reference}" for key, reference in system_images(tools_image).items()]
    return "\n".join([*lines, ""])


_KUBERNETES = programs.KUBERNETES_VERSIONS[0]


def system_images(tools_image: str, kubernetes: str = _KUBERNETES) -> dict[str, str]:
    """Return the lab's images under the names that cluster.yml has for them.

    Args:
        tools_image: Reference of the tools image.
        kubernetes: One of the versions that the lab builds.
    """
    etcd = programs.ETCD_VERSIONS[programs.KUBERNETES_VERSIONS.index(kubernetes)]
    names = {
        "etcd": f"etcd:{etcd}",
        "kube_apiserver": f"kube-apiserver:{kubernetes}",
        "kube_controller_manager": f"kube-controller-manager:{kubernetes}",
        "kube_scheduler": f"kube-scheduler:{kubernetes}",
        "kube_proxy": f"kube-proxy:{kubernetes}",
        "kubelet": f"kubelet:{kubernetes}",
        "haproxy": "haproxy:3.0",
        "pod_infra_container": "pause:3.10",
        "flannel": "flannel:v0.28.4",
        "flannel_cni": "flannel-cni:v0.28.4",
        "coredns": "coredns:1.12.4",
        "metrics_server": "metrics-server:v0.9.0",
    }
    return {**{key: f"{REGISTRY}/{name}" for key, name in names.items()}, "tools": tools_image}
