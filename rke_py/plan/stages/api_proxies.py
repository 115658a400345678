"""API proxies of hosts that leave: they wait for their own end, and some stay as they cannot be emptied."""

from __future__ import annotations

from rke_py.cluster.model import Host, Role
from rke_py.plan.compare import needs_reload
from rke_py.plan.components.haproxy import NAME, haproxy
from rke_py.plan.departing import demoted, departing
from rke_py.plan.files import FileSpec
from rke_py.plan.model import Stage, Turn
from rke_py.plan.reconcile import changed_files
from rke_py.plan.steps import ReloadContainer, Step, WriteFiles
from rke_py.plan.wanted import API_PROXIES, CONTROL_PLANE, Wanted
from rke_py.render.haproxy import CONFIG_PATH, haproxy_config


def api_proxies_stage(wanted: Wanted) -> Stage:
    """Plan that hosts which leave hear of the API servers that stay, before those that they know leave too.

    Their kubelets say so when pods have ended, so without an API server no host can be emptied. Hosts that stay hear of
    it in their own turns, or here before them (``api_proxies.told_first``). One that cannot be told stops nobody, but
    API servers leave only once all are told.
    """
    come = frozenset(
        f"{CONTROL_PLANE}/{host.name}"
        for host in wanted.cluster.with_role(Role.CONTROLPLANE)
        if host.name not in wanted.observed.ready_servers
    )
    turns = tuple(
        Turn(stage=API_PROXIES, host=host.name, steps=steps, after=come, disrupts=False, worker=True)
        for host in (departing(wanted) if _servers_leave(wanted) else ())
        if (steps := _told(wanted, host))
    )
    return Stage(name=API_PROXIES, turns=turns, limit=0)


def _servers_leave(wanted: Wanted) -> bool:
    hosts = (*departing(wanted), *demoted(wanted))
    return wanted.cluster.rke is None and any(Role.CONTROLPLANE in host.carried - host.roles for host in hosts)


def _told(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    found, carrier = wanted.found(host), wanted.cluster.images.pod_infra_container
    proxy = found.containers.get(NAME)
    if proxy is None or not proxy.running:
        return ()
    config = FileSpec(path=CONFIG_PATH, content=haproxy_config(wanted.cluster, host).encode(), secret=False)
    spec, there, why = haproxy(wanted.cluster), found.files or {}, ("API servers leave, and it asks them",)
    files = changed_files((config,), there)
    if not files and CONFIG_PATH not in needs_reload(spec, proxy, there):
        return ()
    write = (WriteFiles(host=host.name, files=files, carrier=carrier, why=why),) if files else ()
    return (*write, ReloadContainer(host=host.name, spec=spec, files=(config,), carrier=carrier, why=why))
