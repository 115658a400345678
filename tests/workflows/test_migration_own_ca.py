"""A cluster of RKE's whose CA is the owner's own, its key nowhere, goes to the upstream family."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from pydantic import SecretStr

from rke_py.errors import ConfigError
from rke_py.pki.keys import read_key
from tests.pki.owner import OwnersCa
from tests.sim.left_by_rke import made_by_rke
from tests.sim.operator import Operator
from tests.workflows.migrating import NEW, settles


def without_key(folder: Path) -> tuple[Operator, OwnersCa]:
    """Return the operator, who asks for the move, and the owner, who keeps the CA's key."""
    person = made_by_rke(folder, "ecw", "w", pki={"key_algorithm": "ecdsa-p256"})
    path = person.folder / "cluster.rkestate"
    state = json.loads(path.read_text())
    found = state["currentState"]["certificatesBundle"]["kube-ca"]
    certificate, key = (
        x509.load_pem_x509_certificate(found["certificatePEM"].encode()),
        read_key(SecretStr(found["keyPEM"])),
    )
    assert isinstance(key, EllipticCurvePrivateKey)
    for half in state.values():
        half["certificatesBundle"]["kube-ca"]["keyPEM"] = ""
    path.write_text(json.dumps(state))
    person.up()
    person.edit(kubernetes_version=NEW)
    return person, OwnersCa(certificate=certificate, key=key)


def test_what_the_owner_has_to_sign_before_is_named(folder: Path) -> None:
    person, _ = without_key(folder)
    with pytest.raises(
        ConfigError, match=r"kube-apiserver-kubelet-client\.pem: is missing.* the key of kube-ca is not here"
    ):
        person.up()


def test_it_moves_with_what_the_owner_signed(folder: Path, tmp_path: Path) -> None:
    person, ca = without_key(folder)
    own = tmp_path / "certificates"
    for request in person.requests(own):
        if request.name == "kube-apiserver-proxy-client":  # RKE's other CA signs that, whose key is here
            (own / f"{request.name}-key.pem").unlink()
            (own / f"{request.name}-csr.pem").unlink()
        elif not request.signed:
            text = ca.sign((own / f"{request.name}-csr.pem").read_bytes(), now=person.world.time.now())
            (own / f"{request.name}.pem").write_text(text)
    (own / "kube-ca.pem").write_text(ca.text)
    person.own_certificates = own
    person.up()
    person.own_certificates = None
    settles(person)
