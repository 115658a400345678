"""``nodes`` and ``bastion_host``: machines and how to reach them."""

from __future__ import annotations

from pydantic import Field, SecretStr

from rke_py.config.schema.base import Section
from rke_py.config.values import Flag, Secret, Text, TextMap, Texts

_NO_SECRET = SecretStr("")


class TaintConfig(Section):
    """One entry of ``nodes[].taints``; ``timeAdded`` is accepted and has no meaning, as in RKE."""

    key: Text = ""
    value: Text = ""
    effect: Text = ""
    time_added: Text = Field("", alias="timeAdded")


class SshConfig(Section):
    """How to log in to one machine; inline text wins over a path.

    Attributes:
        ssh_agent_auth: None leaves it to the cluster-wide key.
        host_key: The machine's own key, ``ssh-ed25519 AAAA…``; empty leaves it to known_hosts.
    """

    address: Text = ""
    port: Text = ""
    user: Text = ""
    ssh_key: Secret = _NO_SECRET
    ssh_key_path: Text = ""
    ssh_cert: Text = ""
    ssh_cert_path: Text = ""
    ssh_agent_auth: Flag | None = None
    host_key: Text = ""


class NodeConfig(SshConfig):
    """One entry of ``nodes``."""

    internal_address: Text = ""
    role: Texts = ()
    hostname_override: Text = ""
    docker_socket: Text = ""
    labels: TextMap = Field(default_factory=dict)
    taints: tuple[TaintConfig, ...] = ()
    node_name: Text = Field("", alias="nodeName")


class BastionConfig(SshConfig):
    """``bastion_host``: the machine every SSH connection goes through; in use when it has an address."""

    ignore_proxy_env_vars: Flag = False
