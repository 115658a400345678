"""Flags that components stopped to know, for releases of which there is no table of those they know.

From the release notes of Kubernetes v1.21 to v1.32; a flag is here where they, or the change that they name, say that
it was removed, not where it was only deprecated. A component that is given one of them does not start.
"""

from __future__ import annotations

from collections.abc import Mapping

from rke_py.catalog.order import Minor

_API_SERVER, _CONTROLLERS, _SCHEDULER = "kube-apiserver", "kube-controller-manager", "kube-scheduler"
_KUBELET, _PROXY = "kubelet", "kube-proxy"
_EVERY = (_API_SERVER, _CONTROLLERS, _SCHEDULER, _KUBELET, _PROXY)

_TABLE: tuple[tuple[Minor, tuple[str, ...], str], ...] = (
    ((1, 21), (_KUBELET,), "enable-cadvisor-json-endpoints"),
    ((1, 21), (_PROXY,), "cleanup-ipvs"),
    ((1, 22), (_API_SERVER,), "kubelet-https ssh-keyfile ssh-user"),
    ((1, 22), (_CONTROLLERS,), "horizontal-pod-autoscaler-use-rest-clients"),
    ((1, 22), (_SCHEDULER,), "algorithm-provider hard-pod-affinity-symmetric-weight scheduler-name"),
    ((1, 22), (_KUBELET,), "chaos-chance"),
    (
        (1, 23),
        (_SCHEDULER,),
        "policy-config-file policy-configmap policy-configmap-namespace use-legacy-policy-config",
    ),
    ((1, 23), (_KUBELET,), "experimental-bootstrap-kubeconfig seccomp-profile-root"),
    (
        (1, 24),
        (_API_SERVER,),
        "address deserialization-cache-size experimental-encryption-provider-config insecure-bind-address "
        "insecure-port port target-ram-mb",
    ),
    ((1, 24), (_CONTROLLERS,), "address deployment-controller-sync-period port"),
    ((1, 24), (_SCHEDULER,), "address port"),
    (
        (1, 24),
        (_KUBELET,),
        "cni-bin-dir cni-cache-dir cni-conf-dir docker-endpoint experimental-check-node-capabilities-before-mount "
        "experimental-dockershim-root-directory image-pull-progress-deadline network-plugin network-plugin-mtu "
        "non-masquerade-cidr really-crash-for-testing",
    ),
    ((1, 25), (_API_SERVER,), "service-account-api-audiences"),
    (
        (1, 25),
        (_CONTROLLERS,),
        "deleting-pods-burst deleting-pods-qps experimental-cluster-signing-duration register-retry-count",
    ),
    ((1, 25), (_KUBELET,), "experimental-kernel-memcg-notification"),
    (
        (1, 26),
        _EVERY,
        "add-dir-header alsologtostderr log-backtrace-at log-dir log-file log-file-max-size logtostderr one-output "
        "skip-headers skip-log-headers stderrthreshold",
    ),
    ((1, 27), (_API_SERVER,), "master-service-namespace"),
    ((1, 27), (_CONTROLLERS,), "enable-taint-manager pod-eviction-timeout"),
    ((1, 27), (_KUBELET,), "container-runtime master-service-namespace"),
    ((1, 28), (_SCHEDULER,), "lock-object-name lock-object-namespace"),
    (
        (1, 31),
        (_CONTROLLERS,),
        "horizontal-pod-autoscaler-downscale-delay horizontal-pod-autoscaler-upscale-delay "
        "volume-host-allow-local-loopback volume-host-cidr-denylist",
    ),
    ((1, 31), (_KUBELET,), "iptables-drop-bit iptables-masquerade-bit keep-terminated-pod-volumes"),
)

REMOVED_FLAGS: Mapping[tuple[str, str], Minor] = {
    (component, flag): since for since, components, gone in _TABLE for component in components for flag in gone.split()
}
"""The first release without a flag, by component and flag without dashes."""


def without_flag(component: str, flag: str, minor: Minor) -> Minor | None:
    """Return the first release without a flag, where that is the given one or an earlier; None otherwise."""
    since = REMOVED_FLAGS.get((component, flag))
    return since if since is not None and since <= minor else None
