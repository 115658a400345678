"""The one place where the words of Docker, requests, urllib3 and paramiko become errors of this project."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import docker.errors
import paramiko
import requests
import urllib3

from rke_py.errors import EngineError, ImageMissing, NotFound, Unreachable

_HINTS = {
    "no space left on device": "Free space below Docker's data root on the host (docker system df).",
    "are no longer supported": "This Docker is too old: install 20.10 or later on the host.",
    "is too old": "This Docker is newer than rke-py knows: use a newer rke-py.",
    "http request to an https server": "Docker wants TLS there: set DOCKER_CERT_PATH to the folder with ca.pem, "
    "cert.pem and key.pem.",
    "permission denied": "Add the user to the group docker on the host.",
    "read-only file system": "A disk of the host was remounted read-only: dmesg on the host says why.",
}


class Lost(Unreachable):
    """The connection went away in the middle of a call; the call may be repeated if it does no harm twice."""


@contextmanager
def docker_faults(host: str, doing: str, stands: Callable[[], bool]) -> Iterator[None]:
    """Translate what is raised inside.

    Args:
        host: The node's name.
        doing: What the call does, ``starting etcd``; it begins the error's text.
        stands: Tells whether the SSH connection does; asked only when something broke.

    Raises:
        EngineError, ImageMissing, NotFound: Docker refused; its own words are kept.
        Lost: The connection went away.
    """
    try:
        yield
    except docker.errors.ImageNotFound as fault:
        raise ImageMissing(host, _said(doing, fault), hint=_hint(fault)) from fault
    except docker.errors.NotFound as fault:
        raise NotFound(host, _said(doing, fault)) from fault
    except docker.errors.APIError as fault:
        raise EngineError(host, _said(doing, fault), hint=_hint(fault)) from fault
    except docker.errors.DockerException as fault:
        raise EngineError(host, f"{doing}: {fault}", hint=_hint_for(str(fault))) from fault
    except tarfile.TarError as fault:
        raise EngineError(host, f"{doing}: Docker's archive is damaged: {fault}") from fault
    except (urllib3.exceptions.HTTPError, paramiko.SSHException, EOFError, OSError) as fault:
        if timed_out(fault):
            hint = "The host is overloaded, or Docker hangs: look at journalctl -u docker there."
            what = f"{doing}: Docker gave no answer in time"
            raise EngineError(host, what, evidence=[str(fault)], hint=hint) from fault
        if stands():
            hint = "Docker was stopped or restarted, or crashed: look at journalctl -u docker there."
            what = f"{doing}: Docker closed the connection"
        else:
            hint = "Check that the machine is up and the network to it."
            what = f"{doing}: the SSH connection was lost"
        raise Lost(host, what, evidence=[str(fault)], hint=hint) from fault


def timed_out(fault: Exception) -> bool:
    """Tell whether Docker was silent for too long; requests calls it a lost connection when it began to answer."""
    silent = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
    return isinstance(fault, silent) or any(isinstance(cause, silent) for cause in fault.args)


def _said(doing: str, fault: docker.errors.APIError) -> str:
    return f"{doing}: {fault.explanation or fault}"


def _hint(fault: docker.errors.APIError) -> str:
    return _hint_for(_said("", fault))


def _hint_for(said: str) -> str:
    return next((hint for words, hint in _HINTS.items() if words in said.lower()), "")
