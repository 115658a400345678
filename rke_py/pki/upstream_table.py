"""The certificates of the upstream family: a CA of etcd's own, one identity a node, nothing served unverified.

What is ``live``: etcd reads certificate and key for every handshake, Kubernetes' servers watch them, and its clients
read them for every new connection and close older ones within five minutes. A CA is read at the start. The kubelet
watches its serving certificate too, but shows the new one only to clients that name it (SNI), and API servers come by
address (seen with 1.34.4: ``ListenAndServeTLS`` is given the files beside ``GetCertificate``): it restarts, which pods
do not notice.
"""

from __future__ import annotations

from rke_py.cluster.model import Cluster
from rke_py.pki.line import KubeconfigKind, Line, Usage
from rke_py.pki.names import (
    api_server_names,
    host_names,
    ingress_webhook_names,
    loopback_names,
    metrics_server_names,
)
from rke_py.pki.placement import everywhere, on_controlplane, on_etcd, on_etcd_or_controlplane


def own_etcd(cluster: Cluster) -> bool:
    """Tell whether etcd is the cluster's own, not one of the owner's elsewhere."""
    return cluster.external_etcd is None


INGRESS_WEBHOOK = Line(
    name="kube-ingress-webhook",
    common_name="kube-ingress-webhook",  # the same for the webhook of ingress-nginx, which checks Ingresses
    usage=Usage.SERVER,
    issuer="kube-ca",
    sans=ingress_webhook_names,
    wanted=lambda cluster: cluster.ingress.provider == "nginx",
)

UPSTREAM_TABLE: tuple[Line, ...] = (
    Line(
        name="kube-ca",
        common_name="kube-ca",
        usage=Usage.AUTHORITY,
        certificate_on=everywhere,
        key_on=on_controlplane,  # kube-controller-manager signs certificate requests with it
        readers=("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "haproxy"),
        key_readers=("kube-controller-manager",),
    ),
    Line(
        name="kube-etcd-ca",
        common_name="kube-etcd-ca",
        usage=Usage.AUTHORITY,
        wanted=own_etcd,
        certificate_on=on_etcd_or_controlplane,
        readers=("etcd", "kube-apiserver"),
    ),
    Line(
        name="kube-apiserver-requestheader-ca",
        common_name="kube-apiserver-requestheader-ca",
        usage=Usage.AUTHORITY,
        certificate_on=on_controlplane,
        readers=("kube-apiserver",),
    ),
    Line(
        name="kube-service-account-token",
        common_name="kube-service-account-token",
        usage=Usage.KEY_PAIR,
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=("kube-apiserver",),
        key_readers=("kube-apiserver", "kube-controller-manager"),
    ),
    Line(
        name="kube-apiserver",
        common_name="kube-apiserver",
        usage=Usage.SERVER,
        issuer="kube-ca",
        sans=api_server_names,
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=("kube-apiserver",),
        live=True,
        port=6443,
    ),
    Line(
        name="kube-apiserver-kubelet-client",
        common_name="kube-apiserver-kubelet-client",
        usage=Usage.CLIENT,
        issuer="kube-ca",
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=("kube-apiserver",),
        live=True,
    ),
    Line(
        name="kube-apiserver-etcd-client",
        common_name="kube-apiserver-etcd-client",
        usage=Usage.CLIENT,
        issuer="kube-etcd-ca",
        wanted=own_etcd,
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=("kube-apiserver",),
        live=True,
    ),
    Line(
        name="kube-apiserver-proxy-client",
        common_name="kube-apiserver-proxy-client",
        usage=Usage.CLIENT,
        issuer="kube-apiserver-requestheader-ca",
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=("kube-apiserver",),
        live=True,
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
        live=True,
    ),
    Line(
        name="kube-controller-manager-serving",
        common_name="kube-controller-manager",
        usage=Usage.SERVER,
        issuer="kube-ca",
        sans=loopback_names,
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=("kube-controller-manager",),
        live=True,
        port=10257,
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
        live=True,
    ),
    Line(
        name="kube-scheduler-serving",
        common_name="kube-scheduler",
        usage=Usage.SERVER,
        issuer="kube-ca",
        sans=loopback_names,
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=("kube-scheduler",),
        live=True,
        port=10259,
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
        live=True,
    ),
    Line(
        name="kube-api-proxy",
        common_name="rke-py:api-proxy",  # a user without any right: it may ask /readyz, as everybody known may
        usage=Usage.CLIENT,
        issuer="kube-ca",  # HAProxy wants certificate and key in one file, which the plan makes (render.haproxy)
    ),
    Line(
        name="kube-node",
        common_name="system:node:{node}",
        organization="system:nodes",
        usage=Usage.CLIENT,
        issuer="kube-ca",
        each=everywhere,
        certificate_on=everywhere,
        key_on=everywhere,
        kubeconfig=KubeconfigKind.NODE,
        readers=("kubelet",),
        live=True,
    ),
    Line(
        name="kube-kubelet",
        common_name="kube-kubelet",
        usage=Usage.SERVER,
        issuer="kube-ca",
        host_sans=host_names,
        each=everywhere,
        certificate_on=everywhere,
        key_on=everywhere,
        readers=("kubelet",),
    ),
    Line(
        name="kube-etcd",
        common_name="kube-etcd",
        usage=Usage.PEER,
        issuer="kube-etcd-ca",
        wanted=own_etcd,
        sans=loopback_names,
        host_sans=host_names,
        each=on_etcd,
        certificate_on=on_etcd,
        key_on=on_etcd,
        readers=("etcd",),
        live=True,
        port=2380,  # the other members': it is served without a quorum too
    ),
    Line(
        name="kube-etcd-operator",
        common_name="kube-etcd-operator",
        usage=Usage.CLIENT,
        issuer="kube-etcd-ca",
        wanted=own_etcd,
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
        name="kube-metrics-server",
        common_name="kube-metrics-server",  # a Secret hands it to its pods, and the APIService trusts its CA
        usage=Usage.SERVER,
        issuer="kube-ca",
        sans=metrics_server_names,
    ),
    INGRESS_WEBHOOK,
)
"""The upstream family's certificates; every CA stands before what it signs."""
