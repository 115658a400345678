"""The certificates of RKE's own releases: one CA for all but the aggregation layer, one identity for all kubelets.

Members of etcd read theirs for every handshake. All others restart for a new one, as with RKE: some releases of theirs
are old, and one whose certificate has ended has to be back at once.
"""

from __future__ import annotations

from rke_py.cluster.model import Cluster
from rke_py.pki.line import KubeconfigKind, Line, Usage
from rke_py.pki.names import host_names, rke_api_server_names, rke_etcd_names, service_names
from rke_py.pki.placement import everywhere, on_controlplane, on_etcd
from rke_py.pki.upstream_table import own_etcd


def _serving(cluster: Cluster) -> bool:
    """Tell whether kubelets serve with certificates of the cluster's CA."""
    return cluster.rke is not None and cluster.rke.serving_certificates


RKE_TABLE: tuple[Line, ...] = (
    Line(
        name="kube-ca",
        common_name="kube-ca",
        usage=Usage.AUTHORITY,
        certificate_on=everywhere,
        key_on=on_controlplane,
        readers=("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"),
        key_readers=("kube-controller-manager",),
    ),
    Line(
        name="kube-apiserver-requestheader-ca",
        common_name="kube-apiserver-requestheader-ca",
        usage=Usage.AUTHORITY,
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=("kube-apiserver",),
        key_readers=(),
    ),
    Line(
        name="kube-service-account-token",
        common_name="kube-service-account-token",
        usage=Usage.KEY_PAIR,
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=(),
        key_readers=("kube-apiserver", "kube-controller-manager"),
    ),
    Line(
        name="kube-apiserver",
        common_name="kube-apiserver",
        usage=Usage.PEER,  # shown to clients, and by itself to kubelets
        issuer="kube-ca",
        sans=rke_api_server_names,
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=("kube-apiserver",),
    ),
    Line(
        name="kube-controller-manager",
        common_name="system:kube-controller-manager",
        usage=Usage.CLIENT,
        issuer="kube-ca",
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        kubeconfig=KubeconfigKind.NODE,
        readers=("kube-controller-manager",),
    ),
    Line(
        name="kube-scheduler",
        common_name="system:kube-scheduler",
        usage=Usage.CLIENT,
        issuer="kube-ca",
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        kubeconfig=KubeconfigKind.NODE,
        readers=("kube-scheduler",),
    ),
    Line(
        name="kube-proxy",
        common_name="system:kube-proxy",
        usage=Usage.CLIENT,
        issuer="kube-ca",
        certificate_on=everywhere,
        key_on=everywhere,
        kubeconfig=KubeconfigKind.NODE,
        readers=("kube-proxy",),
    ),
    Line(
        name="kube-node",
        common_name="system:node",
        organization="system:nodes",
        usage=Usage.CLIENT,
        issuer="kube-ca",
        certificate_on=everywhere,
        key_on=everywhere,
        kubeconfig=KubeconfigKind.NODE,
        readers=("kubelet", "kube-apiserver"),  # the API server shows it to etcd
    ),
    Line(
        name="kube-admin",
        common_name="kube-admin",
        organization="system:masters",
        usage=Usage.CLIENT,
        issuer="kube-ca",
        kubeconfig=KubeconfigKind.ADMIN,
    ),
    Line(
        name="kube-apiserver-proxy-client",
        common_name="kube-apiserver-proxy-client",
        usage=Usage.PEER,
        issuer="kube-apiserver-requestheader-ca",
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=("kube-apiserver",),
    ),
    Line(
        name="kube-etcd",
        common_name="kube-etcd",
        usage=Usage.PEER,
        issuer="kube-ca",
        sans=rke_etcd_names,
        unused_sans=service_names,
        wanted=own_etcd,
        each=on_etcd,
        certificate_on=on_etcd,
        key_on=on_etcd,
        readers=("etcd",),
        live=True,
        port=2380,  # the other members': it is served without a quorum too
    ),
    Line(
        name="kube-kubelet",
        common_name="kube-kubelet-{slug}",
        usage=Usage.PEER,
        issuer="kube-ca",
        host_sans=host_names,
        wanted=_serving,
        each=everywhere,
        certificate_on=everywhere,
        key_on=everywhere,
        readers=("kubelet",),
    ),
)
"""RKE's names, subjects and usages; a host gets its own etcd and kubelet certificates only, not every host's.

The webhook of ingress-nginx has one that RKE's job makes in the cluster.
"""
