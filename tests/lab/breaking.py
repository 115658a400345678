"""What can be wrong with a host before there is a cluster; each is undone when it is left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from .lab import Lab
from .waiting import until


@contextmanager
def service_stopped(lab: Lab, host: str, service: str) -> Iterator[None]:
    """Stop ssh or docker of a host."""
    lab.service(host, "stop", service)
    try:
        yield
    finally:
        lab.service(host, "start", service)
        lab.answers(host)


def sshd_says(lab: Lab, host: str, *lines: str) -> AbstractContextManager[None]:
    """Put settings at the top of a host's sshd_config, where they win."""
    return _configured(lab, host, "ssh", "/etc/ssh/sshd_config", *lines)


def cri_disabled(lab: Lab, host: str) -> AbstractContextManager[None]:
    """Switch containerd's CRI plugin off, as Docker's own packages ship it."""
    return _configured(
        lab, host, "containerd", "/etc/containerd/config.toml", 'disabled_plugins = ["io.containerd.grpc.v1.cri"]'
    )


@contextmanager
def disk_full(lab: Lab, host: str, folder: str) -> Iterator[None]:
    """Take all space of a small disk."""
    lab.fill(host, folder)
    try:
        yield
    finally:
        lab.unfill(host, folder)


@contextmanager
def refused(lab: Lab, host: str, *rule: str) -> Iterator[None]:
    """Let a host refuse what a rule of its packet filter says: ``INPUT -p tcp --dport 22``."""
    target = ("-j", "REJECT")
    lab.run(host, "iptables", "-I", *rule, *target)
    try:
        yield
    finally:
        lab.run(host, "iptables", "-D", *rule, *target)


@contextmanager
def second_address(lab: Lab, host: str, address: str) -> Iterator[None]:
    """Give a host one more address."""
    lab.run(host, "ip", "address", "add", f"{address}/24", "dev", "eth0")
    try:
        until(lambda: lab.run(host, "ip", "-o", "address", "show", "to", address), f"{host} has {address}", seconds=10)
        yield
    finally:
        lab.run(host, "ip", "address", "del", f"{address}/24", "dev", "eth0")


@contextmanager
def without_image(lab: Lab, host: str, image: str) -> Iterator[None]:
    """Take an image from a host's Docker; it is pulled again at the end."""
    lab.docker(host, "rmi", "-f", image)
    try:
        yield
    finally:
        lab.docker(host, "pull", "-q", image)


@contextmanager
def _configured(lab: Lab, host: str, service: str, path: str, *lines: str) -> Iterator[None]:
    """Put lines before a service's file and start it anew; the file is put back with its times."""
    lab.run(host, "cp", "-p", path, "/tmp/kept")
    lab.run(host, "sh", "-c", f"cat - /tmp/kept > {path}", stdin="\n".join((*lines, "")))
    try:
        _restart(lab, host, service)
        yield
    finally:
        lab.run(host, "cp", "-p", "/tmp/kept", path)
        _restart(lab, host, service)


def _restart(lab: Lab, host: str, service: str) -> None:
    lab.service(host, "restart", service)
    lab.answers(host)
