"""The kinds in which Calico keeps its settings and its addresses, by the version that brought them."""

from __future__ import annotations

from rke_py.render.definitions import Definition

_GROUP, _POLICY_GROUP = "crd.projectcalico.org", "policy.networking.k8s.io"
_APPROVAL = "https://github.com/kubernetes-sigs/network-policy-api/pull/30"


def _kind(kind: str, plural: str = "", *, namespaced: bool = False) -> Definition:
    return Definition(group=_GROUP, version="v1", kind=kind, plural=plural, namespaced=namespaced)


def _policy_kind(kind: str, plural: str) -> Definition:
    return Definition(group=_POLICY_GROUP, version="v1alpha1", kind=kind, plural=plural, approval=_APPROVAL)


_SINCE: tuple[tuple[tuple[int, int], tuple[Definition, ...]], ...] = (
    (
        (3, 0),
        (
            _kind("BGPConfiguration"),
            _kind("BGPFilter"),
            _kind("BGPPeer"),
            _kind("BlockAffinity", "blockaffinities"),
            _kind("CalicoNodeStatus", "caliconodestatuses"),
            _kind("ClusterInformation"),
            _kind("FelixConfiguration"),
            _kind("GlobalNetworkPolicy", "globalnetworkpolicies"),
            _kind("GlobalNetworkSet"),
            _kind("HostEndpoint"),
            _kind("IPAMBlock"),
            _kind("IPAMConfig"),
            _kind("IPAMHandle"),
            _kind("IPPool"),
            _kind("IPReservation"),
            _kind("KubeControllersConfiguration"),
            _kind("NetworkPolicy", "networkpolicies", namespaced=True),
            _kind("NetworkSet", namespaced=True),
        ),
    ),
    ((3, 29), (_kind("Tier"), _policy_kind("AdminNetworkPolicy", "adminnetworkpolicies"))),
    (
        (3, 30),
        (
            _kind("StagedGlobalNetworkPolicy", "stagedglobalnetworkpolicies"),
            _kind("StagedKubernetesNetworkPolicy", "stagedkubernetesnetworkpolicies", namespaced=True),
            _kind("StagedNetworkPolicy", "stagednetworkpolicies", namespaced=True),
            _policy_kind("BaselineAdminNetworkPolicy", "baselineadminnetworkpolicies"),
        ),
    ),
)


def definitions(version: tuple[int, int]) -> tuple[Definition, ...]:
    """Return the kinds that Calico of this major and minor version needs."""
    return tuple(kind for since, kinds in _SINCE if since <= version for kind in kinds)
