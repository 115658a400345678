"""``ClusterConfig`` and the catalog → ``Cluster``: every default filled in, every reference resolved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from posixpath import normpath
from urllib.parse import urlsplit

from rke_py.catalog.release import RKE, Refused
from rke_py.catalog.versions import find_release, newest
from rke_py.cluster.addons import resolve_dns, resolve_ingress, resolve_monitoring, resolve_network
from rke_py.cluster.apiserver import resolve_upstream_api_server
from rke_py.cluster.backups import resolve_backup
from rke_py.cluster.catalog_checks import catalog_findings
from rke_py.cluster.clouds import resolve_cloud
from rke_py.cluster.hosts import resolve_bastion, resolve_hosts
from rke_py.cluster.images import resolve_images, resolve_registries
from rke_py.cluster.model import Cluster, ExternalEtcd, Family, Host, Proxy, Services, UserAddon
from rke_py.cluster.rke.apiserver import resolve_api_server
from rke_py.cluster.rke.resolve import DEFAULT_DNS_SERVER, resolve_rke
from rke_py.cluster.services import resolve_services
from rke_py.cluster.upgrade_model import DrainInput, UpgradeStrategy
from rke_py.config.positions import Positions
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.etcd import EtcdConfig
from rke_py.errors import ConfigError

DEFAULT_CLUSTER_NAME = "local"
DEFAULT_ADDON_TIMEOUT, RKE_ADDON_TIMEOUT = 120, 45
DEFAULT_KEY_ALGORITHM = "ecdsa-p256"
RKE_KEY_ALGORITHM = "rsa-2048"
"""Of RKE's own releases: RKE reads no other keys."""

DEFAULT_CONCURRENT_PULLS = 8
_NOWHERE = Positions(source="cluster.yml")


def resolve(
    config: ClusterConfig,
    *,
    addons: Sequence[UserAddon] = (),
    running_version: str | None = None,
    home: str = "",
    positions: Positions = _NOWHERE,
) -> Cluster:
    """Return the cluster that a configuration asks for.

    Args:
        config: A configuration that ``config.load.load`` accepted.
        addons: The manifests of ``addons_include``, as read; those of ``addons`` are added here.
        running_version: What runs now; a file without ``kubernetes_version`` keeps it.
        home: The operator's home folder, for paths that begin with ``~/``; empty leaves them as they are.
        positions: ``Loaded.positions``, so that faults name a line.

    Raises:
        ConfigError: the version is not in the catalog, or a component of it does not know a flag.
    """
    version = config.kubernetes_version or running_version or newest()
    problems = [positions.problem(finding) for finding in catalog_findings(config, version)]
    release = find_release(version, config.system_images.given())
    if isinstance(release, Refused):
        problems = [replace(problem, warning=False) for problem in problems]
    if isinstance(release, Refused) or any(not problem.warning for problem in problems):
        raise ConfigError(f"{positions.source} does not fit Kubernetes {version}", problems)
    images = resolve_images(config, release)
    rke = resolve_rke(config, release, images.kubelet) if release.family == RKE else None
    hosts, services = resolve_hosts(config, home), resolve_services(config, DEFAULT_DNS_SERVER if rke else "")
    return Cluster(
        name=config.cluster_name or DEFAULT_CLUSTER_NAME,
        version=version,
        family=Family(release.family),
        hosts=hosts,
        services=services,
        api=resolve_api_server(config, release.minor) if rke else resolve_upstream_api_server(config),
        cloud=resolve_cloud(config.cloud_provider),
        network=resolve_network(config, release),
        dns=resolve_dns(config, release),
        monitoring=resolve_monitoring(config),
        ingress=resolve_ingress(config, release),
        images=images,
        registries=resolve_registries(config),
        upgrade_strategy=_upgrade_strategy(config),
        api_sans=_api_sans(config),
        api_server_address=config.kube_config.server,
        addons=(*_inline_addons(config), *addons),
        addon_timeout=config.addon_job_timeout or (RKE_ADDON_TIMEOUT if rke else DEFAULT_ADDON_TIMEOUT),
        bastion=resolve_bastion(config, home),
        proxy=_proxy(config, hosts, services),
        key_algorithm=config.pki.key_algorithm or (RKE_KEY_ALGORITHM if rke else DEFAULT_KEY_ALGORITHM),
        max_concurrent_pulls=config.max_concurrent_pulls or DEFAULT_CONCURRENT_PULLS,
        prefix_path=prefix_path(config.prefix_path),
        etcd_owner=_etcd_owner(config.services.etcd),
        external_etcd=_external_etcd(config.services.etcd),
        backup=resolve_backup(config.services.etcd),
        rke=rke,
    )


def _etcd_owner(etcd: EtcdConfig) -> tuple[int, int]:
    """Return user and group; as in RKE, one of them alone has no effect."""
    return (etcd.uid, etcd.gid) if etcd.uid and etcd.gid else (0, 0)


def _external_etcd(etcd: EtcdConfig) -> ExternalEtcd | None:
    if not etcd.external_urls:
        return None
    return ExternalEtcd(urls=etcd.external_urls, path=etcd.path, ca_cert=etcd.ca_cert, cert=etcd.cert, key=etcd.key)


def prefix_path(written: str) -> PurePosixPath:
    """Return the folder without what changes nothing: RKE joins it with others, which tidies it up."""
    return PurePosixPath("/" + normpath(f"/{written}").lstrip("/"))


def _upgrade_strategy(config: ClusterConfig) -> UpgradeStrategy:
    given, default = config.upgrade_strategy, UpgradeStrategy()
    drain = given.node_drain_input
    return UpgradeStrategy(
        max_unavailable_worker=given.max_unavailable_worker or default.max_unavailable_worker,
        max_unavailable_controlplane=given.max_unavailable_controlplane or default.max_unavailable_controlplane,
        drain=bool(given.drain),
        drain_input=DrainInput(**drain.model_dump()) if drain else DrainInput(),
    )


def _inline_addons(config: ClusterConfig) -> tuple[UserAddon, ...]:
    return (UserAddon(name="addons", text=config.addons),) if config.addons.strip() else ()


def _api_sans(config: ClusterConfig) -> tuple[str, ...]:
    """Return the API server's further names; clients verify the load balancer's too."""
    balancer = urlsplit(config.kube_config.server).hostname or ""
    return tuple(dict.fromkeys(name for name in (*config.authentication.sans, balancer) if name))


def _proxy(config: ClusterConfig, hosts: Sequence[Host], services: Services) -> Proxy:
    """Return the way out with everything that must not go through it: the hosts, pods and Services themselves."""
    proxy = config.proxy
    if not (proxy.http or proxy.https):
        return Proxy()
    inside = (
        *proxy.no_proxy,
        "localhost",
        "127.0.0.1",
        *(str(subnet) for subnet in (*services.cluster_cidr, *services.service_cluster_ip_range)),
        *(name for host in hosts for name in (host.name, host.address, host.internal_address)),
        *_api_sans(config),
        ".svc",
        f".{services.cluster_domain}",
    )
    return Proxy(http=proxy.http, https=proxy.https, no_proxy=tuple(dict.fromkeys(inside)))
