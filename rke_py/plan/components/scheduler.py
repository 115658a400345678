"""The scheduler of a control-plane host."""

from __future__ import annotations

from rke_py.cluster.model import Cluster
from rke_py.pki.paths import kubeconfig_path
from rke_py.plan.arguments import arguments
from rke_py.plan.containers import ContainerSpec, HttpCheck
from rke_py.plan.conventions import FOLDER_BIND, component, serving

NAME = "kube-scheduler"
PORT = 10259


def kube_scheduler(cluster: Cluster) -> ContainerSpec:
    """Return the scheduler; it is the same on every control-plane host, one of them leads."""
    service = cluster.services.scheduler
    return component(
        ContainerSpec(
            name=NAME,
            image=cluster.images.kube_scheduler,
            entrypoint=(NAME,),
            command=arguments(_FIXED | serving(f"{NAME}-serving"), service.flags),
            env=service.extra_env,
            binds=(FOLDER_BIND, *service.extra_binds),
            grace=15,
            check=HttpCheck(port=PORT, path="/healthz", ca="kube-ca"),
        )
    )


_FIXED = {
    "authentication-kubeconfig": kubeconfig_path(NAME),
    "authorization-kubeconfig": kubeconfig_path(NAME),
    "kubeconfig": kubeconfig_path(NAME),
    "leader-elect": "true",
    "profiling": "false",
    "v": "2",
}
