"""The Kubernetes API of a cluster, through whichever of its control-plane hosts answers."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, TypeVar

import httpx2
import lightkube
from lightkube.config.kubeconfig import SingleConfig
from lightkube.config.models import Cluster, Context, User

from rke_py.errors import ApiError, ApiUnavailable, WebhookAway
from rke_py.kube.failover import Endpoint, FailoverTransport
from rke_py.kube.kinds import learn_kinds
from rke_py.kube.tls import Tls

T = TypeVar("T")

FIELD_MANAGER = "rke-py"

_READY_SECONDS = 5.0
_LATER = frozenset({429, 500, 502, 503, 504})
"""Statuses of an API server that is overloaded, starting, stopping or without etcd for a moment."""

_WEBHOOKS = ("failed calling webhook", "conversion webhook for")
_STARTING = ('namespaces "kube-system" not found', 'namespaces "kube-node-lease" not found')
"""What a new cluster's API server says in the moment between being ready and having made its own namespaces."""


class Api:
    """A cluster's API; safe to use from several threads.

    Every call raises ApiError, ApiUnavailable when it is worth asking again. Use ``typed`` inside ``translated``.

    Args:
        endpoints: The control-plane hosts' API servers; the first that answers is used until it does not.
        tls: The cluster's CA and an administrator's client certificate.
        timeout: Seconds for each connect, read and write.
    """

    def __init__(self, endpoints: Sequence[Endpoint], tls: Tls, *, timeout: float = 30.0) -> None:
        learn_kinds()
        self._transport = FailoverTransport(endpoints, tls)
        self._tls = tls
        self._timeout = httpx2.Timeout(timeout)
        self._http = httpx2.Client(
            transport=self._transport,
            base_url="https://kube-apiserver",
            timeout=self._timeout,
            trust_env=False,
            verify=tls.context(),
        )

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    @cached_property
    def typed(self) -> lightkube.Client:
        """Return lightkube over the same connections, for the kinds that it knows."""
        return lightkube.Client(
            config=_config(self._tls),
            transport=self._transport,
            timeout=self._timeout,
            field_manager=FIELD_MANAGER,
            trust_env=False,
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        content_type: str = "application/json",
        what: str = "",
    ) -> httpx2.Response:
        """Send a request of any kind and return its successful answer.

        Args:
            method: The HTTP verb.
            path: From the root of the API.
            params: The query.
            body: Sent as JSON; None for no body.
            content_type: What the body is: patches have types of their own.
            what: What is asked for, in an operator's words; the request itself when empty.
        """
        content = None if body is None else json.dumps(body).encode()
        headers = {} if content is None else {"Content-Type": content_type}
        with translated(what or f"{method} {path}"):
            answer = self._http.request(method, path, params=params, content=content, headers=headers)
            answer.raise_for_status()
        return answer

    def get(self, path: str, **params: str) -> dict[str, Any]:
        """Return the JSON object at a path."""
        found: dict[str, Any] = self.request("GET", path, params=params).json()
        return found

    def ready(self) -> bool:
        """Tell whether an API server answers its readiness check; that one is asked from now on."""
        return self._transport.find("/readyz", _READY_SECONDS)

    def each(self, path: str) -> Mapping[str, str]:
        """Return the text that every API server answers at a path, by its host's name; of those that answer."""
        return self._transport.each(path, self._timeout.as_dict())

    def version(self) -> str:
        """Return the API server's version: ``v1.34.4``."""
        return str(self.get("/version")["gitVersion"])

    def server_time(self) -> datetime:
        """Return the API server's clock, cut off to whole seconds as HTTP has it."""
        return parsedate_to_datetime(self.request("GET", "/version").headers["Date"])


@contextlib.contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn HTTP's and lightkube's errors into ApiError.

    Args:
        what: What was asked for, in an operator's words; put before the API's own message.
    """
    try:
        yield
    except httpx2.HTTPStatusError as error:
        raise _refused(what, error.response) from error
    except httpx2.HTTPError as error:
        raise ApiUnavailable(f"{what}: {error}") from error


def found(get: Callable[[], T]) -> T | None:
    """Return what ``get`` returns, None when there is no such object; use inside ``translated``."""
    try:
        return get()
    except httpx2.HTTPStatusError as error:
        if error.response.status_code == httpx2.codes.NOT_FOUND:
            return None
        raise


def _refused(what: str, answer: httpx2.Response) -> ApiError:
    """Read the API's Status object: its message, its reason, and for a 422 the fields that are at fault."""
    try:
        status: Mapping[str, Any] = answer.json()
        message = str(status["message"])
    except (ValueError, KeyError, TypeError):
        status, message = {}, answer.text.strip()[:200]
    later = ApiUnavailable if answer.status_code in _LATER or message.endswith(_STARTING) else ApiError
    kind = WebhookAway if any(words in message for words in _WEBHOOKS) else later
    causes = (status.get("details") or {}).get("causes") or ()
    return kind(
        f"{what}: {message or answer.status_code}",
        status=answer.status_code,
        reason=str(status.get("reason", "")),
        evidence=tuple(": ".join(filter(None, (c.get("field"), c.get("message")))) for c in causes),
    )


def _config(tls: Tls) -> SingleConfig:
    """Return what lightkube wants to know; the transport decides about connections and certificates."""
    ca = base64.b64encode(tls.ca_pem.encode()).decode()
    cluster = Cluster(server="https://kube-apiserver", certificate_auth_data=ca)
    return SingleConfig(context_name="rke-py", context=Context(cluster="rke-py"), cluster=cluster, user=User())
