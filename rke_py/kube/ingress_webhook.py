"""The certificate that a job of RKE's made for ingress-nginx's admission webhook, with a CA of its own."""

from __future__ import annotations

import base64

from lightkube.resources.core_v1 import Secret

from rke_py.kube.client import Api, found, translated

_NAMESPACE, _NAME = "ingress-nginx", "ingress-nginx-admission"


def webhook_ca(api: Api) -> str | None:
    """Return its CA in PEM, empty where the Secret does not tell it; None when there is no Secret."""
    with translated(f"read the Secret {_NAMESPACE}/{_NAME}"):
        secret = found(lambda: api.typed.get(Secret, _NAME, namespace=_NAMESPACE))
    if secret is None:
        return None
    return base64.b64decode((secret.data or {}).get("ca", "")).decode()
