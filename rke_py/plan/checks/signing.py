"""Whether kube-controller-manager can sign certificate requests with the file that cluster.yml names for it."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import normpath

from rke_py.cluster.model import Cluster
from rke_py.errors import Problem
from rke_py.pki.inspect import read_certificates
from rke_py.pki.paths import certificate_path
from rke_py.plan.components.controller_manager import SIGNING_CA
from rke_py.state.model import State

_CA = certificate_path("kube-ca")
_EVERY = "cluster-signing-cert-file"
"""For requests of all kinds; there are flags for some kinds beside it."""


def signing_problems(cluster: Cluster, state: State) -> Iterator[Problem]:
    """Name the flags for a CA's file with several certificates, which kube-controller-manager ends at its start over.

    Its own file has two of them while the CA is rotated.
    """
    if len(read_certificates(state.bundle["kube-ca"].certificate)) <= 1:
        return
    flags = cluster.services.kube_controller.flags
    for flag in (flag for flag, values in flags.items() if _signs(flag) and _CA in map(normpath, values)):
        yield Problem(
            where=f"services.kube-controller.extra_args.{flag}",
            what=f"{_CA} has several certificates, and kube-controller-manager signs requests with a file of one only",
            hint=_hint(cluster, flag),
        )


def _signs(flag: str) -> bool:
    """Tell whether a flag names a certificate to sign with: the one for all requests, or one for a kind of them."""
    return flag.startswith("cluster-signing-") and flag.endswith("-cert-file")


def _hint(cluster: Cluster, flag: str) -> str:
    both = f"{flag} and {flag.replace('-cert-file', '-key-file')}"
    if cluster.rke is not None:
        return f"Leave {both} out until the CA is rotated: requests in the cluster are not signed meanwhile."
    if flag == _EVERY:
        return f"Leave {both} out: rke-py names {SIGNING_CA}, which has the one that signs."
    return f"Write {SIGNING_CA}, which has the one that signs."
