"""The API proxy of a host without control plane: node kubeconfigs talk to https://127.0.0.1:6443 everywhere."""

from __future__ import annotations

from rke_py.cluster.model import Cluster
from rke_py.plan.containers import ContainerSpec, TcpCheck
from rke_py.plan.conventions import FOLDER_BIND, component
from rke_py.render.haproxy import CLIENT_PATH, CONFIG_PATH

NAME = "haproxy"
PORT = 6443


def haproxy(cluster: Cluster) -> ContainerSpec:
    """Return the API proxy.

    In master-worker mode SIGUSR2 makes it take up a new configuration and new certificates; connections that are open
    stay with the old worker until they end. A configuration that it cannot read leaves the old worker in place.
    """
    return component(
        ContainerSpec(
            name=NAME,
            image=cluster.images.haproxy,
            entrypoint=(NAME,),
            command=("-W", "-db", "-f", CONFIG_PATH),
            binds=(FOLDER_BIND,),
            grace=5,
            check=TcpCheck(port=PORT),
            reloads=(CONFIG_PATH, CLIENT_PATH),
            reload_signal="USR2",
            start_timeout=30,
        )
    )
