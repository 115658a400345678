"""RKE's cluster on the day after its certificates ended: the commonest way in which such a cluster is met."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Mapping
from typing import Any

from tests.plan.rke.recorded import HOSTS, MADE

from ..cluster import Cluster
from ..ended import made_to_end

_AUTHORITIES = ("kube-ca", "kube-apiserver-requestheader-ca")
_SSL = "/etc/kubernetes/ssl"
_OF_RKE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")


def let_certificates_end(cluster: Cluster, *, authorities: bool = False) -> None:
    """Let certificates have ended, in the state and on hosts, and restart all: every one, or all but the authorities'.

    The authorities keep their keys and names, as if they had been made ten years earlier.
    """
    bundle = json.loads((MADE / "cluster.rkestate").read_text())["desiredState"]["certificatesBundle"]
    ended = _ended(bundle) | (_ended_authorities(bundle) if authorities else {})
    person, lab = cluster.operator, cluster.lab
    for path in (person.state_file, person.kubeconfig):
        text = path.read_text()
        for before, after in ended.items():
            text = text.replace(_escaped(before), _escaped(after)).replace(_encoded(before), _encoded(after))
        path.write_text(text)
    replaced: set[str] = set()
    for host in HOSTS:
        for name in lab.shell(host, f"ls {_SSL}/*.pem").split():
            content = lab.run(host, "cat", name) + "\n"  # the last one is left out of what a command printed
            if content in ended:
                replaced.add(content)
                lab.run(host, "sh", "-c", f"cat > {shlex.quote(name)}", stdin=ended[content])
        lab.docker(host, "restart", "--time", "1", *_OF_RKE)
    assert replaced == ended.keys() - {bundle["kube-admin"]["certificatePEM"]}, "some certificates on hosts did not end"


def _ended(bundle: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return each certificate as it is when it has ended, by what it is now."""
    leaves = {name: entry["certificatePEM"] for name, entry in bundle.items() if name not in _AUTHORITIES}
    signers = {name: _AUTHORITIES["proxy-client" in name] for name in leaves}
    return {text: made_to_end(text, bundle[signers[name]]["keyPEM"]) for name, text in leaves.items() if text}


def _ended_authorities(bundle: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return each authority's certificate as it is when it has ended, by what it is now."""
    own = (bundle[name] for name in _AUTHORITIES)
    return {entry["certificatePEM"]: made_to_end(entry["certificatePEM"], entry["keyPEM"]) for entry in own}


def _escaped(text: str) -> str:
    return json.dumps(text)


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
