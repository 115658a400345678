"""metrics-server: resource metrics for ``kubectl top`` and autoscalers."""

from __future__ import annotations

from base64 import b64encode

from rke_py.cluster.model import Cluster
from rke_py.pki.model import Bundle
from rke_py.render.manifests import KubernetesObject, render_objects
from rke_py.render.versions import minor_of
from rke_py.render.workloads import ON_WORKERS, budgets, linux_and, on_workers, strategy, system_tolerations

CREDENTIAL = "kube-metrics-server"
"""Its serving certificate in the inventory, for the name ``metrics-server.kube-system.svc``."""

_FLAGS = {
    "secure-port": "10250",
    "kubelet-preferred-address-types": "InternalIP,ExternalIP,Hostname",
    "kubelet-use-node-status-port": "true",
    "metric-resolution": "15s",
}
_SERVING = {"tls-cert-file": "/etc/metrics-server/tls.crt", "tls-private-key-file": "/etc/metrics-server/tls.key"}
_MADE_IN_POD = {"cert-dir": "/tmp"}  # noqa: S108
_VERIFY_KUBELETS = {"kubelet-certificate-authority": "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"}
_TRUST_KUBELETS = {"kubelet-insecure-tls": "true"}

_METRICS_SINCE = (0, 6)
"""Before this it asks kubelets for their statistics, which is another right than that to their metrics."""


def metrics_server(cluster: Cluster, credentials: Bundle) -> tuple[KubernetesObject, ...]:
    """Return metrics-server's objects.

    It verifies every kubelet's certificate, and the API server verifies its own: both are signed by ``kube-ca``. RKE's
    kubelets sign theirs themselves, unless ``services.kubelet.generate_serving_certificate`` is set, and RKE has no
    certificate for metrics-server: there neither is verified.
    """
    monitoring = cluster.monitoring
    serving, ca = credentials.get(CREDENTIAL), credentials.get("kube-ca")
    verified = serving is not None and ca is not None
    kubelets = _VERIFY_KUBELETS if cluster.rke is None or cluster.rke.serving_certificates else _TRUST_KUBELETS
    flags = {**_FLAGS, **(_SERVING if verified else _MADE_IN_POD), **kubelets, **monitoring.options}
    return render_objects(
        "addons/metrics-server.yaml.j2",
        {
            "image": cluster.images.metrics_server,
            "reads": "nodes/metrics" if minor_of(cluster.images.metrics_server) >= _METRICS_SINCE else "nodes/stats",
            "flags": [f"--{name}={value}" for name, value in flags.items()],
            "replicas": monitoring.replicas,
            "strategy": strategy(monitoring.update_strategy, maxUnavailable="25%", maxSurge="25%"),
            "tolerations": monitoring.tolerations or system_tolerations(cluster),
            "node_selector": linux_and(monitoring.node_selector),
            "workers_only": on_workers(cluster),
            "on_workers": ON_WORKERS,
            "spread_exactly": cluster.minor >= (1, 27),
            "budgets": budgets(cluster),
            "priority_class": monitoring.priority_class_name or "system-cluster-critical",
            "certificate": _base64(serving.certificate) if serving and verified else "",
            "key": _base64(serving.key.get_secret_value()) if serving and verified else "",
            "ca": _base64(ca.certificate) if ca and verified else "",
        },
    )


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()
