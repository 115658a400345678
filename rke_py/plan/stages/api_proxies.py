"""API proxies of hosts that leave: they wait for their own end, and some stay as they cannot be emptied."""

from __future__ import annotations

from rke_py.cluster.model import Host, Role
from rke_py.plan.compare import needs_reload
from rke_py.plan.components.haproxy import NAME, haproxy
from rke_py.plan.departing import departing
from rke_py.plan.files import FileSpec
from rke_py.plan.model import Stage, Turn
from rke_py.plan.stage_names import API_PROXIES, CONTROL_PLANE
from rke_py.plan.steps import ReloadContainer, Step, WriteFiles
from rke_py.plan.wanted import Wanted
from rke_py.render.haproxy import CONFIG_PATH, haproxy_config, leads_to


def api_proxies_stage(wanted: Wanted) -> Stage:
    """Plan that hosts which leave hear of the API servers that come, before those that they know stop.

    Their kubelets say so when pods have ended, so without an API server no host can be emptied. Hosts that stay hear of
    it in their own turns, or here before them (``api_proxies.told_first``). One that cannot be told stops nobody, but
    API servers leave only once all are told.
    """
    servers = wanted.cluster.with_role(Role.CONTROLPLANE)
    come = frozenset(
        f"{CONTROL_PLANE}/{host.name}" for host in servers if host.name not in wanted.observed.ready_servers
    )
    turns = tuple(
        Turn(stage=API_PROXIES, host=host.name, steps=steps, after=come, disrupts=False, worker=True)
        for host in (departing(wanted) if wanted.cluster.rke is None else ())
        if (steps := _told(wanted, host, servers))
    )
    return Stage(name=API_PROXIES, turns=turns, limit=0)


def _told(wanted: Wanted, host: Host, servers: tuple[Host, ...]) -> tuple[Step, ...]:
    found, carrier = wanted.found(host), wanted.cluster.images.pod_infra_container
    proxy, there = found.containers.get(NAME), found.files or {}
    if proxy is None or not proxy.running or CONFIG_PATH not in there:
        return ()
    spec, knows = haproxy(wanted.cluster), there[CONFIG_PATH].content.decode()
    unknown = not all(leads_to(knows, server) for server in servers)
    if not unknown and CONFIG_PATH not in needs_reload(spec, proxy, there):
        return ()
    config = FileSpec(path=CONFIG_PATH, content=haproxy_config(wanted.cluster, host).encode(), secret=False)
    why = ("API servers come, and it asks others",)
    write = (WriteFiles(host=host.name, files=(config,), carrier=carrier, why=why),) if unknown else ()
    reload = ReloadContainer(host=host.name, spec=spec, files=(config,), carrier=carrier, why=why)
    return (*write, reload)
