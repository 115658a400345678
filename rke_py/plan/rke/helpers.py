"""The containers with which RKE does something once, and which a run of it that died leaves on hosts."""

from __future__ import annotations

from rke_py.plan.observed import ObservedHost

_HELPERS = frozenset(
    {
        "cert-deployer",
        "cert-fetcher",
        "cluster-state-deployer",
        "etcd-Serve-backup",
        "etcd-checksum-checker",
        "etcd-download-backup",
        "etcd-extract-statefile",
        "etcd-fix-perm",
        "etcd-remove-snapshot",
        "etcd-restore",
        "etcd-snapshot-once",
        "extract-statefile-configmap",
        "file-deployer",
        "kube-cleaner",
        "rke-bundle-cert",
        "rke-cp-port-listener",
        "rke-etcd-port-listener",
        "rke-log-cleaner",
        "rke-log-linker",
        "rke-port-checker",
        "rke-selinux-checker",
        "rke-worker-port-listener",
    }
)


def helpers_of_rke(host: ObservedHost) -> tuple[str, ...]:
    """Return the names of those that a host still has; they do nothing any more."""
    return tuple(sorted(_HELPERS & host.containers.keys()))
