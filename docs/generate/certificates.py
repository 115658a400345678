"""reference/certificates.md: the table that rke-py issues from."""

from __future__ import annotations

from rke_py.cluster.model import Host, Role
from rke_py.pki.expiry import RENEWED, WARNED
from rke_py.pki.inventory import inventory
from rke_py.pki.line import KubeconfigKind, Line
from rke_py.pki.placement import Placement
from rke_py.pki.rke_table import RKE_TABLE
from rke_py.pki.sign import KEPT_LIFETIME, LEAF_LIFETIME
from rke_py.pki.upstream_table import UPSTREAM_TABLE

from .example import ROLES_APART, cluster
from .markdown import code, codes, fenced, page, table

_COLUMNS = ("name", "subject", "use", "signed by", "on hosts", "key on hosts", "read by")


def certificates_page() -> str:
    """Return the page of certificates."""
    return page(
        "Certificates",
        f"CAs and the service-account key live {KEPT_LIFETIME.days // 365} years and are made once, for a new cluster. "
        f"Everything else lives {LEAF_LIFETIME.days} days: every `rke-py up` warns of what ends within {WARNED.days} "
        f"days, and issues anew what ends within {RENEWED.days}. A certificate keeps its key when it is issued again. "
        "New keys are ECDSA P-256, or RSA 2048 with `pki.key_algorithm: rsa-2048` and with RKE's own releases. "
        "They may as well be [signed by a CA of your own](../how-to/custom-certificates.md).",
        "Files lie in `/etc/kubernetes/ssl` as `NAME.pem`, `NAME-key.pem` and `kubecfg-NAME.yaml`, mode 0600, owned by "
        "root. A name with `HOST` stands for one certificate a host; `HOST` is its internal address with dashes.",
        table(_COLUMNS, map(_row, UPSTREAM_TABLE)),
        "Who is not marked as restarted takes up a new one while it runs: etcd, Kubernetes' servers and their clients "
        "read certificate and key again. [How to rotate them](../how-to/rotate-certificates.md).",
        "What is on no host stays in `cluster.rkestate`: `kube-admin` is the administrator's kubeconfig, "
        "`kube-etcd-operator` is how rke-py talks to etcd. `kube-metrics-server` goes into a Secret for its pods, "
        "`kube-ingress-webhook` too, which there is with `ingress.provider: nginx` only, "
        "`kube-api-proxy` into `haproxy-client.pem` on hosts without control plane.",
        "## Names in servers' certificates",
        "For this cluster.yml:",
        fenced(ROLES_APART, 'yaml title="cluster.yml"'),
        table(("certificate", "names and addresses"), _names()),
        "## Of RKE's own releases",
        "One CA for everything but the aggregation layer, one identity for all kubelets; `kube-kubelet-HOST` only with "
        "`services.kubelet.generate_serving_certificate`.",
        table(_COLUMNS, map(_row, RKE_TABLE)),
    )


def _row(line: Line) -> tuple[str, ...]:
    group = f", group {code(line.organization)}" if line.organization else ""
    return (
        code(f"{line.name}-HOST" if line.each else line.name),
        code(line.common_name) + group,
        str(line.usage),
        code(line.issuer) or "itself",
        _where(line.certificate_on) + (", with kubeconfig" if line.kubeconfig is KubeconfigKind.NODE else ""),
        _where(line.key_on),
        ", ".join(dict.fromkeys((*line.readers, *(line.key_readers or ())))) + ("" if line.live else _restarts(line)),
    )


def _restarts(line: Line) -> str:
    return " (restarted)" if line.readers else ""


def _where(placed: Placement) -> str:
    """Say which hosts a predicate holds for, by asking it about hosts of one role each."""
    hosts = {next(iter(host.roles)): host for host in cluster().hosts}
    roles = [role for role in Role if placed(_only(hosts, role))]
    return "every host" if len(roles) == len(Role) else ", ".join(roles) or "none"


def _only(hosts: dict[Role, Host], role: Role) -> Host:
    return hosts[role]


def _names() -> list[tuple[str, str]]:
    return [(code(row.name), codes(sorted(row.sans))) for row in inventory(cluster()) if row.sans]
