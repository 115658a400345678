"""SSH, the bastion, authentication, the way out, the load balancer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from rke_py.config.checks.syntax import is_host_name, is_ip, is_port
from rke_py.config.findings import Finding, Path, nearest
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.nodes import SshConfig

KEY_ALGORITHMS = ("ecdsa-p256", "rsa-2048")
_HOST_KEY = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,3}( .*)?\Z")


def ssh_findings(path: Path, access: SshConfig) -> Iterator[Finding]:
    """Yield what is wrong with how one machine is reached; what the key's text is never appears."""
    if access.port and not is_port(access.port):
        yield Finding(path=(*path, "port"), what=f"'{access.port}' is not a port", hint="Use 1 to 65535.")
    key = access.ssh_key.get_secret_value()
    if key and "PRIVATE KEY" not in key:
        hint = "Put the text between '-----BEGIN …' and '-----END …' here, or the file's name under ssh_key_path."
        yield Finding(path=(*path, "ssh_key"), what="this is not the text of a private key", hint=hint)
    if access.host_key and not _HOST_KEY.match(access.host_key):
        hint = "Write it as in known_hosts, without the name: ssh-ed25519 AAAA…"
        yield Finding(path=(*path, "host_key"), what="this is not a host key", hint=hint)


def bastion_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what keeps the bastion from being used."""
    bastion = config.bastion_host
    if bastion.address:
        yield from ssh_findings(("bastion_host",), bastion)
        if not is_ip(bastion.address) and not is_host_name(bastion.address):
            what = f"'{bastion.address}' is neither an IP address nor a host name"
            yield Finding(path=("bastion_host", "address"), what=what)
        if not bastion.user:
            yield Finding(path=("bastion_host", "user"), what="the bastion has no user", hint="Write user: for it.")
    elif bastion.user:
        what = "the bastion has no address, so it is not used"
        yield Finding(path=("bastion_host", "address"), what=what, hint="Write address: for it.", warning=True)


def authentication_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield strategies and modes that are not there, and names that no certificate can carry."""
    strategies = [part.strip().lower() for part in config.authentication.strategy.split("|") if part.strip()]
    path: Path = ("authentication", "strategy")
    for strategy in strategies:
        if strategy not in ("x509", "webhook"):
            yield Finding(path=path, what=f"'{strategy}' is not a strategy", hint="Write strategy: x509.")
    if strategies and "x509" not in strategies:
        yield Finding(path=path, what="the strategy must contain x509", hint="Write strategy: x509.")
    for index, name in enumerate(config.authentication.sans):
        if not is_ip(name) and not is_host_name(name.removeprefix("*.")):
            what = f"'{name}' is neither an IP address nor a DNS name"
            yield Finding(path=("authentication", "sans", index), what=what)
    if config.authorization.mode.lower() not in ("", "rbac", "none"):
        what = f"'{config.authorization.mode}' is not an authorization mode"
        yield Finding(path=("authorization", "mode"), what=what, hint="RKE took it for none. Write rbac, or none.")
    if config.authorization.options:
        what = "authorization.options has no effect, as in RKE"
        yield Finding(path=("authorization", "options"), what=what, hint="Remove it.", warning=True, at_key=True)


def way_out_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what is wrong with rke-py's own keys: ``proxy``, ``kube_config``, ``pki``, ``max_concurrent_pulls``."""
    for key, url in (("http", config.proxy.http), ("https", config.proxy.https)):
        if url and not _is_url(url, ("http", "https")):
            hint = "Write http://host:port."
            yield Finding(path=("proxy", key), what="this is not the URL of a proxy", hint=hint)
    if config.proxy.no_proxy and not (config.proxy.http or config.proxy.https):
        what = "no_proxy has no effect without http or https"
        yield Finding(path=("proxy", "no_proxy"), what=what, warning=True, at_key=True)
    server = config.kube_config.server
    if server and not _is_url(server, ("https",)):
        what = f"'{server}' is not the URL of an API server"
        yield Finding(path=("kube_config", "server"), what=what, hint="Write https://host:6443.")
    algorithm = config.pki.key_algorithm
    if algorithm and algorithm not in KEY_ALGORITHMS:
        what = f"'{algorithm}' is not a key algorithm"
        yield Finding(path=("pki", "key_algorithm"), what=what, hint=nearest(algorithm, KEY_ALGORITHMS))
    if config.max_concurrent_pulls is not None and config.max_concurrent_pulls < 1:
        yield Finding(path=("max_concurrent_pulls",), what="at least one pull must be allowed", hint="Use 1 or more.")


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
