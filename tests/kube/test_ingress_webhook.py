"""The certificate that a job of RKE's made for the webhook of ingress-nginx."""

from __future__ import annotations

from base64 import b64encode

import pytest

from rke_py.kube.client import Api
from rke_py.kube.ingress_webhook import webhook_ca

from .fake_api import FakeApi

SECRET = "/api/v1/namespaces/ingress-nginx/secrets/ingress-nginx-admission"


@pytest.mark.parametrize(
    ("data", "expected"), [({"ca": b64encode(b"CA PEM").decode()}, "CA PEM"), ({"tls.crt": "Y2VydA=="}, ""), (None, "")]
)
def test_its_ca_is_read_from_its_secret(api: Api, fake: FakeApi, data: dict[str, str] | None, expected: str) -> None:
    fake.put(SECRET, {"kind": "Secret", "data": data})
    assert webhook_ca(api) == expected


def test_without_a_secret_there_is_none(api: Api) -> None:
    assert webhook_ca(api) is None
