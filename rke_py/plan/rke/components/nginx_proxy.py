"""The API proxy of a host without control plane: kubeconfigs there point to ``https://127.0.0.1:6443``."""

from __future__ import annotations

from rke_py.cluster.model import Role
from rke_py.plan.containers import ContainerSpec, TcpCheck
from rke_py.plan.rke.place import Place
from rke_py.plan.rke.shape import finished

NAME = "nginx-proxy"
PORT = 6443


def nginx_proxy(place: Place) -> ContainerSpec:
    """Return the API proxy; the control plane's hosts are its argument too, so that a change is noticed."""
    hosts = ",".join(host.internal_address for host in place.cluster.with_role(Role.CONTROLPLANE))
    upstreams = f"CP_HOSTS={hosts}"
    return finished(
        place,
        ContainerSpec(
            name=NAME,
            image=place.cluster.images.nginx_proxy,
            entrypoint=(NAME,),
            command=(upstreams,),
            env=(upstreams,),
            check=TcpCheck(port=PORT),
        ),
    )
