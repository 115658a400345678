"""The certificates that programs show to others, and those by which they know others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .container import Container

_KUBELETS = re.compile(r"/etc/kubernetes/ssl/kube-kubelet-[^/]*(?<!-key)\.pem")


def served_with(container: Container) -> bytes:
    """Return the certificate that a program shows to its clients."""
    named = container.flag("tls-cert-file") or container.flag("cert-file")
    return loaded_file(container, named or next(filter(_KUBELETS.fullmatch, container.loaded), None))


def clients_ca(container: Container) -> bytes:
    """Return the CAs by which a program knows its clients."""
    return loaded_file(container, container.flag("client-ca-file") or container.flag("trusted-ca-file"))


def loaded_file(container: Container, path: str | None) -> bytes:
    """Return a file as the program knows it: a CA's as it was at the start, every other certificate as it is now."""
    file = container.machine.files.get(path or "")
    if file is not None and not (path or "").endswith("-ca.pem"):
        return file.content
    return container.loaded.get(path or "", b"")
