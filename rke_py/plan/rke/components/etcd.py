"""The etcd member of a host."""

from __future__ import annotations

from rke_py.cluster.model import Host, Role
from rke_py.pki.names import bracketed
from rke_py.pki.paths import certificate_path, key_path
from rke_py.plan.containers import ContainerSpec, HttpCheck
from rke_py.plan.conventions import HEALTH_OF_ETCD
from rke_py.plan.rke.place import Place
from rke_py.plan.rke.shape import binds, command_line, finished, kubernetes_bind, older_than, overlaid

NAME = "etcd"
CLIENT_PORT = 2379
PEER_PORT = 2380
DATA = "/var/lib/rancher/etcd/"

_FOLDER = "/var/lib/etcd"
"""The same on the host."""

_EVERYWHERE = "0.0.0.0"  # noqa: S104 - two-sided TLS allows it
_TIMING = {"election-timeout": "5000", "heartbeat-interval": "500"}
_CIPHERS = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
_CLIENT_AUTH = ("client-cert-auth", "peer-client-cert-auth")


def etcd(place: Place) -> ContainerSpec:
    """Return the host's member as RKE makes it in a new cluster.

    What it says of the cluster's members counts once in its life: comparing a running one leaves it out.
    """
    service, image, host = place.cluster.services.etcd, place.cluster.images.etcd, place.host
    flags = overlaid(_flags(place), place.settings.options["etcd"])
    flags = {**flags, **_TIMING, **service.extra_args}
    bare = tuple(f"--{name}" for name in _CLIENT_AUTH if name not in flags)
    own = (f"{place.on_host('/var/lib/etcd')}:{DATA}:z", kubernetes_bind(place))
    return finished(
        place,
        ContainerSpec(
            name=NAME,
            image=image,
            entrypoint=(),
            command=("/usr/local/bin/etcd", *bare, *command_line(flags, service.extra_args_array)),
            env=(*_environment(place), *service.extra_env),
            binds=binds(place, own, service.extra_binds),
            user=place.settings.etcd_user,
            owns=(_FOLDER,) if place.settings.etcd_user else (),
            check=HttpCheck(
                port=CLIENT_PORT,
                path=HEALTH_OF_ETCD,
                address=host.internal_address,
                ca="kube-ca",
                client="kube-node",
            ),
        ),
    )


def _flags(place: Place) -> dict[str, str]:
    host, image, own = place.host, place.cluster.images.etcd, _certificate(place.host)
    client, peer = _url(host.internal_address, CLIENT_PORT), _url(host.internal_address, PEER_PORT)
    old_port = f",{_url(host.internal_address, 4001)}" if older_than(image, "v3.4.3-rancher99") else ""
    ciphers = {} if older_than(image, "v3.4.14-rancher99") else {"cipher-suites": _CIPHERS}
    return ciphers | {
        "advertise-client-urls": client + old_port,
        "cert-file": certificate_path(own),
        "data-dir": DATA,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": ",".join(
            f"{_member(member)}={_url(member.internal_address, PEER_PORT)}"
            for member in place.cluster.with_role(Role.ETCD)
        ),
        "initial-cluster-state": "new",
        "initial-cluster-token": "etcd-cluster-1",
        "key-file": key_path(own),
        "listen-client-urls": _url(_listening(host), CLIENT_PORT),
        "listen-peer-urls": _url(_listening(host), PEER_PORT),
        "name": _member(host),
        "peer-cert-file": certificate_path(own),
        "peer-key-file": key_path(own),
        "peer-trusted-ca-file": certificate_path("kube-ca"),
        "trusted-ca-file": certificate_path("kube-ca"),
    }


def _environment(place: Place) -> tuple[str, ...]:
    """Return what makes etcdctl work in the container as it stands, and etcd start on any machine."""
    own, listening = _certificate(place.host), _listening(place.host)
    if older_than(place.cluster.images.etcd, "v3.2.99"):
        endpoint = f"ETCDCTL_ENDPOINT={_url(listening, CLIENT_PORT)}"
    else:
        asked = "127.0.0.1" if listening == _EVERYWHERE else listening
        endpoint = f"ETCDCTL_ENDPOINTS={_url(asked, CLIENT_PORT)}"
    architecture = "arm64" if place.architecture == "aarch64" else place.architecture
    return (
        "ETCDCTL_API=3",
        f"ETCDCTL_CACERT={certificate_path('kube-ca')}",
        f"ETCDCTL_CERT={certificate_path(own)}",
        f"ETCDCTL_KEY={key_path(own)}",
        endpoint,
        f"ETCD_UNSUPPORTED_ARCH={architecture}",
    )


def _listening(host: Host) -> str:
    """Return where to listen; with one address for both uses the machine may stand behind a translated one."""
    return _EVERYWHERE if host.internal_address == host.address else host.internal_address


def _member(host: Host) -> str:
    return f"etcd-{host.name}"


def _certificate(host: Host) -> str:
    return f"kube-etcd-{host.slug}"


def _url(address: str, port: int) -> str:
    return f"https://{bracketed(address)}:{port}"
