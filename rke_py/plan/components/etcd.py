"""The etcd member of a host, in its three forms.

The *standing* form is what runs for the rest of the member's life. Its ``--initial-cluster`` names the member alone and
its state is ``existing``: etcd ignores both once it has data, and refuses to start without data ("could not retrieve
cluster information from the given URLs", seen with 3.5.35 and 3.6.16). So a member whose disk was emptied or is not
mounted after a reboot can neither bootstrap a second cluster nor come back under its old id without its log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from urllib.parse import urlsplit

from rke_py.cluster.model import Cluster, Host
from rke_py.config.versions import numbers_of_image
from rke_py.pki.names import is_address
from rke_py.pki.paths import certificate_path, key_path
from rke_py.plan.arguments import arguments, flag_value, set_flags
from rke_py.plan.containers import ContainerSpec, HttpCheck
from rke_py.plan.conventions import (
    CIPHER_SUITES,
    FOLDER_BIND,
    HEALTH_OF_ETCD,
    HELPER,
    LOOPBACK,
    ROOT,
    component,
    https_url,
)

NAME = "etcd"
CLIENT_PORT = 2379
PEER_PORT = 2380
METRICS_PORT = 2381
FORCING = f"{HELPER}{NAME}-alone"
"""The container that makes a member the only one of its cluster."""

DATA = "/var/lib/etcd"
DATA_BIND = f"{DATA}:{DATA}"

_CA = "kube-etcd-ca"
_TIMING = {"election-timeout": "5000", "heartbeat-interval": "500"}
"""RKE's timing, which slow disks and links survive without an election."""

_FAST = {"election-timeout": "1000", "heartbeat-interval": "100"}


class Form(StrEnum):
    """What a member's container was made for."""

    BOOTSTRAP = "bootstrap"
    JOINING = "joining"
    STANDING = "standing"


def member_name(host: Host) -> str:
    """Return the name of the host's member."""
    return f"etcd-{host.name}"


def peer_url(host: Host) -> str:
    """Return the URL at which the other members reach the host's member."""
    return https_url(host.internal_address, PEER_PORT)


def client_url(host: Host) -> str:
    """Return the URL at which API servers reach the host's member."""
    return https_url(host.internal_address, CLIENT_PORT)


def etcd(cluster: Cluster, host: Host, token: str) -> ContainerSpec:
    """Return the host's etcd in its standing form.

    Args:
        cluster: The cluster.
        host: A host with the etcd role.
        token: The etcd cluster's own random token, so that members of two clusters never take each other for peers.
    """
    service, own = cluster.services.etcd, f"kube-etcd-{host.slug}"
    flags = _TIMING | _tls(own) | _urls(host) | _integrity(cluster.images.etcd)
    membership = _membership(f"{member_name(host)}={peer_url(host)}", "existing") | {"initial-cluster-token": token}
    return component(
        ContainerSpec(
            name=NAME,
            image=cluster.images.etcd,
            entrypoint=("etcd",),
            command=arguments(flags, membership, service.flags),
            env=(*_etcdctl(own), *service.extra_env),
            binds=(DATA_BIND, FOLDER_BIND, *service.extra_binds),
            user=_user(cluster),
            owns=(DATA,),
            grace=30,
            check=HttpCheck(
                port=CLIENT_PORT,
                path=HEALTH_OF_ETCD,
                ca=_CA,
                client="kube-etcd-operator",
            ),
        )
    )


def standing_form(spec: ContainerSpec) -> ContainerSpec:
    """Return the container of a member that has data, whatever form it was given."""
    name, peer = flag_value(spec.command, "name"), flag_value(spec.command, "initial-advertise-peer-urls")
    return replace(spec, command=set_flags(spec.command, _membership(f"{name}={peer}", "existing")))


def bootstrap_form(spec: ContainerSpec) -> ContainerSpec:
    """Return the container that makes a new etcd cluster with this member alone.

    Alone it misses nobody's heartbeat, so it need not wait long before it elects itself.
    """
    return replace(spec, command=set_flags(spec.command, {"initial-cluster-state": "new"} | _FAST))


def joining_form(spec: ContainerSpec, members: Mapping[str, str]) -> ContainerSpec:
    """Return the container that joins an existing etcd cluster, to which the member was added before.

    Args:
        spec: The standing form.
        members: Peer URLs of the other members by name.
    """
    own = flag_value(spec.command, "initial-cluster") or ""
    name = own.partition("=")[0]
    others = (f"{other}={url}" for other, url in sorted(members.items()) if other != name)
    return replace(spec, command=set_flags(spec.command, _membership(",".join((*others, own)), "existing")))


def forced_form(spec: ContainerSpec) -> ContainerSpec:
    """Return the container that makes the member the only one of its cluster.

    It lives for that alone: a container that stays and has the flag would throw the others out at every start.
    """
    command = set_flags(spec.command, {"force-new-cluster": "true"} | _FAST)
    return replace(spec, name=FORCING, command=command, restart="no", labels={})


def serving_peers(spec: ContainerSpec) -> ContainerSpec:
    """Return the container with the check that its member serves its peers, which it does without a quorum too.

    Before that it asks every peer for its data (``InitialCorruptCheck``), and waits 15 s for each that accepts
    connections and serves nobody yet: three members that start at once wait 30 s for one another (seen with 3.6.16).
    """
    url = urlsplit((flag_value(spec.command, "listen-peer-urls") or "").partition(",")[0])
    everywhere = url.hostname in (None, "0.0.0.0", "::")  # noqa: S104
    address = LOOPBACK if everywhere else str(url.hostname)
    usual = spec.check if isinstance(spec.check, HttpCheck) else HttpCheck(port=CLIENT_PORT, path="/health")
    check = replace(usual, port=url.port or PEER_PORT, path="/version", server_name=address, address=address)
    return replace(spec, check=check)


def form(spec: ContainerSpec) -> Form:
    """Tell in which form a wanted or found member is."""
    if flag_value(spec.command, "initial-cluster-state") == "new":
        return Form.BOOTSTRAP
    members = (flag_value(spec.command, "initial-cluster") or "").split(",")
    return Form.STANDING if len(members) == 1 else Form.JOINING


def _user(cluster: Cluster) -> str:
    uid, gid = cluster.etcd_owner
    return f"{uid}:{gid}" if uid else ROOT


def _membership(members: str, state: str) -> dict[str, str]:
    return {"initial-cluster": members, "initial-cluster-state": state}


def _urls(host: Host) -> dict[str, str]:
    return {
        "advertise-client-urls": client_url(host),
        "data-dir": DATA,
        "initial-advertise-peer-urls": peer_url(host),
        "listen-client-urls": _listen(host, CLIENT_PORT, loopback=True),
        "listen-metrics-urls": f"http://{LOOPBACK}:{METRICS_PORT}",
        "listen-peer-urls": _listen(host, PEER_PORT),
        "name": member_name(host),
    }


def _listen(host: Host, port: int, *, loopback: bool = False) -> str:
    """Return where to listen: on the internal address, where that is known to be the machine's own.

    With one address for both uses the machine may stand behind a translated one, and etcd cannot listen on a name. RKE
    listens everywhere then, which two-sided TLS allows.
    """
    internal = host.internal_address
    if internal == host.address or not is_address(internal):
        return https_url("::" if ":" in internal else "0.0.0.0", port)  # noqa: S104
    return ",".join([https_url(internal, port), *([https_url(LOOPBACK, port)] if loopback else [])])


def _tls(own: str) -> dict[str, str]:
    return {
        "cert-file": certificate_path(own),
        "cipher-suites": CIPHER_SUITES,
        "client-cert-auth": "true",
        "key-file": key_path(own),
        "peer-cert-file": certificate_path(own),
        "peer-client-cert-auth": "true",
        "peer-key-file": key_path(own),
        "peer-trusted-ca-file": certificate_path(_CA),
        "tls-min-version": "TLS1.2",
        "trusted-ca-file": certificate_path(_CA),
    }


def _integrity(image: str) -> dict[str, str]:
    """Return the flags by which a member compares its data with its peers' before it serves, as kubeadm sets them.

    They lost their old names in 3.7 and have the new ones since 3.6. An image whose tag tells no version gets the old
    ones, which both lines know that this release runs.
    """
    version = numbers_of_image(image)
    if version is not None and version >= (3, 6):
        return {"feature-gates": "InitialCorruptCheck=true", "watch-progress-notify-interval": "5s"}
    return {"experimental-initial-corrupt-check": "true", "experimental-watch-progress-notify-interval": "5s"}


def _etcdctl(own: str) -> tuple[str, ...]:
    """Return what makes ``docker exec etcd etcdctl member list`` work as it stands, as RKE's container does."""
    return (
        f"ETCDCTL_CACERT={certificate_path(_CA)}",
        f"ETCDCTL_CERT={certificate_path(own)}",
        f"ETCDCTL_ENDPOINTS={https_url(LOOPBACK, CLIENT_PORT)}",
        f"ETCDCTL_KEY={key_path(own)}",
    )
