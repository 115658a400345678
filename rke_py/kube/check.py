"""Whether a component answers as a healthy one does: a check of the plan, carried out over a Dial."""

from __future__ import annotations

from dataclasses import replace

import httpcore2
import httpx2
from cryptography.hazmat.primitives.serialization import Encoding

from rke_py.errors import Unreachable
from rke_py.kube.http import http_client
from rke_py.kube.model import CheckResult
from rke_py.kube.streams import Dial
from rke_py.kube.tls import Tls, TlsStream
from rke_py.pki.inspect import read_certificate
from rke_py.pki.model import Bundle
from rke_py.plan.containers import HttpCheck, TcpCheck

_LINES = 10


def check(dial: Dial, wanted: HttpCheck | TcpCheck, bundle: Bundle, timeout: float) -> CheckResult:
    """Ask once; a component that does not answer is a result, not an error.

    Args:
        dial: Streams from the host that the component runs on.
        wanted: What to ask; its port and path.
        bundle: Where the CA and the client certificate of an HttpCheck are found by name.
        timeout: Seconds for connecting and for each read.
    """
    match wanted:
        case TcpCheck():
            return _check_tcp(dial, wanted.port, timeout)
        case HttpCheck():
            return _check_http(dial, wanted, bundle, timeout)


def shown(dial: Dial, certificate: str, timeout: float, *, port: int, address: str) -> CheckResult:
    """Tell whether a server shows a certificate, and no other; one that does not answer is a result too.

    Nothing is sent or believed: what it shows is compared with what is known, to the byte. Of a file with those of
    intermediate CAs behind it that is the first one.
    """
    known = read_certificate(certificate)
    wanted = known.public_bytes(Encoding.DER) if known else b""
    try:
        stream = TlsStream(dial(address, port, timeout), Tls(ca_pem="").context(), None, timeout)
    except (OSError, Unreachable, httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
        return CheckResult(ok=False, detail=f"port {port}: {error}")
    same = stream.get_extra_info("ssl_object").getpeercert(binary_form=True) == wanted
    stream.close()
    return CheckResult(ok=same, detail="" if same else f"port {port} still shows the old certificate")


def _check_tcp(dial: Dial, port: int, timeout: float) -> CheckResult:
    try:
        dial("127.0.0.1", port, timeout).close()
    except (OSError, Unreachable) as error:
        return CheckResult(ok=False, detail=f"port {port}: {error}")
    return CheckResult(ok=True, detail=f"port {port} is open")


def _check_http(dial: Dial, wanted: HttpCheck, bundle: Bundle, timeout: float) -> CheckResult:
    tls = _tls(wanted, bundle)
    url = httpx2.URL(
        scheme="https" if tls else "http", host=wanted.address, port=wanted.port, raw_path=wanted.path.encode()
    )
    with http_client(dial, tls=tls, timeout=timeout) as client:
        try:
            response = client.get(url)
        except httpx2.TransportError as error:
            return CheckResult(ok=False, detail=f"{url}: {error}")
    return CheckResult(
        ok=response.status_code == httpx2.codes.OK,
        detail=f"{url}: {response.status_code} {failing_lines(response.text)}".rstrip(),
        answer=response.text,
    )


def _tls(wanted: HttpCheck, bundle: Bundle) -> Tls | None:
    if wanted.self_signed:
        return Tls(ca_pem="", server_name=wanted.server_name)
    if not wanted.ca:
        return None
    tls = Tls.of(bundle, ca=wanted.ca, client=wanted.client, server_name=wanted.server_name)
    return replace(tls, ended=wanted.ended)


def failing_lines(answer: str) -> str:
    """Return what of a health endpoint's answer says what is wrong.

    ``/readyz?verbose`` lists every check as ``[+]name ok`` or ``[-]name failed: reason``; only the latter matter.
    """
    lines = [line.strip() for line in answer.splitlines() if line.strip()]
    failing = [line for line in lines if line.startswith("[-]")]
    return "\n".join((failing or lines)[:_LINES]) if failing or not _all_passed(lines) else ""


def _all_passed(lines: list[str]) -> bool:
    return any(line.startswith("[+]") for line in lines)
