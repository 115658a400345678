"""The credentials for a cluster's APIs that lie beside cluster.yml, as far as they can still be read."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import yaml
from pydantic import SecretStr

from rke_py.errors import StateError, UsageError
from rke_py.pki.model import Bundle, Credential
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context

_CA, _ADMIN = "kube-ca", "kube-admin"


def known_bundle(context: Context) -> Bundle:
    """Return the state's credentials, or those of kube_config_cluster.yml where the state is gone or damaged.

    The kubeconfig only leads to the API server: it has nothing for etcd.

    Raises:
        UsageError: There is neither.
    """
    try:
        state = StateStore(context.state_path).read()
    except StateError:
        state = None
    if state is not None and {_CA, _ADMIN} <= state.bundle.keys():
        return state.bundle
    found = _of_kubeconfig(context)
    if not found:
        raise UsageError(
            f"neither {context.state_path.name} nor {context.kubeconfig_path.name} beside {context.config} can be "
            "read, so there are no credentials for the cluster"
        )
    return found


def _of_kubeconfig(context: Context) -> Bundle:
    """Read the kubeconfig that ``up`` wrote; empty when it is not there or not such a one."""
    try:
        document = yaml.safe_load(context.kubeconfig_path.read_text("utf-8"))
        cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
        ca, certificate, key = (
            _text(cluster["certificate-authority-data"]),
            _text(user["client-certificate-data"]),
            _text(user["client-key-data"]),
        )
    except (OSError, yaml.YAMLError, KeyError, IndexError, TypeError, ValueError):
        return {}
    context.protect([key])
    return {
        _CA: Credential(name=_CA, certificate=ca),
        _ADMIN: Credential(name=_ADMIN, certificate=certificate, key=SecretStr(key)),
    }


def _text(encoded: Any) -> str:
    return b64decode(encoded, validate=True).decode()
