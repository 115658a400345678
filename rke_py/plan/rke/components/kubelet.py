"""The kubelet of a host: in a container with the host's folders bound into it, as RKE runs it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping

from rke_py.cluster.cloud_model import EXTERNAL_AWS
from rke_py.cluster.model import Role
from rke_py.pki.paths import certificate_path, key_path, kubeconfig_path
from rke_py.plan.containers import ContainerSpec, HttpCheck
from rke_py.plan.conventions import CLOUD_CONFIG
from rke_py.plan.rke.place import Place
from rke_py.plan.rke.runtime import CRI_DOCKERD, NO_DOCKERSHIM
from rke_py.plan.rke.shape import (
    CLOUD_CHECKSUM,
    SIDEKICK,
    binds,
    cloud_files,
    command_line,
    distinct,
    entrypoint,
    finished,
    kubernetes_bind,
    overlaid,
)
from rke_py.render.rke import checksum, docker_config

NAME = "kubelet"
PORT = 10248
FOLDER = "/var/lib/kubelet"
DOCKER_CONFIG = "RKE_KUBELET_DOCKER_CONFIG"
"""The environment variable with the registries' credentials: a secret in a place where RKE has it."""

_TAINT = "node-role.kubernetes.io/controlplane=true:NoSchedule"
_PREFIX_TOKEN = "[PREFIX_PATH]"  # noqa: S105 - a word in RKE's options
_EMPTY = "''"
"""How RKE's options of the kubelet say that a flag is passed with an empty value; an empty option leaves it out."""

_RUNTIME_FLAG_UNTIL = (1, 27)


def kubelet(place: Place) -> ContainerSpec:
    """Return the host's kubelet."""
    service = place.cluster.services.kubelet
    flags = {
        name: "" if value == _EMPTY else value for name, value in overlaid(_built_in(place), _options(place)).items()
    }
    flags |= service.extra_args
    nodelocal = place.cluster.dns.nodelocal
    if nodelocal is not None and nodelocal.ip_address:
        flags["cluster-dns"] = nodelocal.ip_address  # RKE lets it win even over extra_args
    return finished(
        place,
        ContainerSpec(
            name=NAME,
            image=place.cluster.images.kubelet,
            entrypoint=(*entrypoint(place, NAME), *command_line(flags, service.extra_args_array)),
            env=distinct((*service.extra_env, *_environment(place))),
            binds=binds(place, _binds(place), service.extra_binds),
            pid_mode="host",
            privileged=True,
            volumes_from=(SIDEKICK,),
            reads=cloud_files(place),
            check=HttpCheck(port=PORT, path="/healthz", address="localhost"),
            start_timeout=300,  # a host with many images and pods keeps its first look at them waiting
        ),
    )


def _built_in(place: Place) -> dict[str, str]:
    services, host = place.cluster.services, place.host
    flags = {
        "client-ca-file": certificate_path("kube-ca"),
        "cloud-provider": place.cluster.cloud.flag,
        "cluster-dns": services.cluster_dns_server,
        "cluster-domain": services.cluster_domain,
        "fail-swap-on": str(services.fail_swap_on).lower(),
        "hostname-override": host.name,
        "kubeconfig": kubeconfig_path("kube-node"),
        "pod-infra-container-image": place.cluster.images.pod_infra_container,
        "root-dir": place.on_host(FOLDER),
    }
    if host.has(Role.CONTROLPLANE) and not host.has(Role.WORKER):
        flags["register-with-taints"] = _TAINT
    if host.internal_address != host.address:
        flags["node-ip"] = host.internal_address
    return flags | _cloud(place, flags) | _serving(place) | _runtime(place)


def _cloud(place: Place, flags: dict[str, str]) -> dict[str, str]:
    """Return the cloud's flag; a node that takes its name from the cloud's metadata is not given one."""
    cloud = place.cluster.cloud
    if cloud.name == EXTERNAL_AWS and cloud.metadata_hostname:
        del flags["hostname-override"]
    return {"cloud-config": CLOUD_CONFIG} if cloud.name else {}


def _serving(place: Place) -> dict[str, str]:
    if not place.settings.serving_certificates:
        return {}
    name = f"kube-kubelet-{place.host.slug}"
    return {"tls-cert-file": certificate_path(name), "tls-private-key-file": key_path(name)}


def _runtime(place: Place) -> dict[str, str]:
    if not place.settings.cri_dockerd:
        return {}
    runtime = {"container-runtime": "remote"} if place.minor < _RUNTIME_FLAG_UNTIL else {}
    own_socket = place.minor >= NO_DOCKERSHIM
    endpoint = "unix:///var/run/cri-dockerd.sock" if own_socket else "/var/run/dockershim.sock"
    return runtime | {"container-runtime-endpoint": endpoint}


def _options(place: Place) -> Mapping[str, str]:
    """Return RKE's options; the host's prefix takes the place of its token."""
    options = place.settings.options["kubelet"]
    return {name: _placed(place, value) for name, value in options.items()}


def _placed(place: Place, value: str) -> str:
    return place.on_host(value.replace(_PREFIX_TOKEN, "")) if value.startswith(_PREFIX_TOKEN) else value


def _environment(place: Place) -> Iterable[str]:
    settings = place.settings
    if settings.cri_dockerd:
        yield CRI_DOCKERD
        for name, value in zip(("ADDRESS", "PORT"), settings.stream_server, strict=True):
            if value:
                yield f"CRIDOCKERD_STREAM_SERVER_{name}={value}"
        if settings.dual_stack:
            yield "RKE_KUBELET_CRIDOCKERD_DUALSTACK=true"
    cloud = place.cluster.cloud
    if cloud.name:
        yield f"{CLOUD_CHECKSUM}={checksum(cloud.config.get_secret_value())}"
    if place.cluster.registries:
        config = docker_config(place.cluster.registries)
        yield f"{DOCKER_CONFIG}={b64encode(config.encode()).decode()}"
        yield f"RKE_KUBELET_DOCKER_FILE={place.on_host(f'{FOLDER}/config.json')}"


def _binds(place: Place) -> Iterable[str]:
    folder = place.on_host(FOLDER)
    if place.settings.cri_dockerd and place.minor >= NO_DOCKERSHIM:
        yield f"{place.on_host('/var/lib/cri-dockerd')}:/var/lib/cri-dockerd:z"
    yield from (
        kubernetes_bind(place),
        "/etc/cni:/etc/cni:rw,z",
        "/opt/cni:/opt/cni:rw,z",
        f"{place.on_host('/var/lib/cni')}:/var/lib/cni:z",
        "/var/lib/calico:/var/lib/calico:z",
        "/etc/resolv.conf:/etc/resolv.conf",
        "/sys:/sys:rprivate",
        f"{place.docker_root}:{place.docker_root}:rw,rslave,z",
        f"{folder}:{folder}:shared,z",
        "/var/lib/rancher:/var/lib/rancher:shared,z",
        "/var/run:/var/run:rw,rprivate",
        "/run:/run:rprivate",
        f"{place.on_host('/etc/ceph')}:/etc/ceph",
        "/dev:/host/dev:rprivate",
        "/var/log/containers:/var/log/containers:z",
        "/var/log/pods:/var/log/pods:z",
        "/usr:/host/usr:ro",
        "/etc:/host/etc:ro",
    )
    if folder != FOLDER:
        yield f"{FOLDER}/volumeplugins:{FOLDER}/volumeplugins:shared,z"
