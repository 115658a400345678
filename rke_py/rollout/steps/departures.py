"""Steps by which hosts and roles leave: prove that others stand in, tell the operator, drop data, forget."""

from __future__ import annotations

from rke_py.plan.steps import DropEtcdData, ForgetHost, ProveOtherApiServers, WriteKubeconfig
from rke_py.rollout.api_servers import prove_another
from rke_py.rollout.gate import Deed
from rke_py.rollout.site import Site
from rke_py.rollout.tooling import run_tools_command
from rke_py.state.model import State

_TOOLS_TIMEOUT = 60


def _prove_others(step: ProveOtherApiServers, site: Site) -> None:
    prove_another(step.host, step.others, site)


def _write_kubeconfig(_step: WriteKubeconfig, site: Site) -> None:
    site.write_kubeconfig()


def _drop_data(step: DropEtcdData, site: Site) -> None:
    run_tools_command(step.host, ("drop-member-data",), site, timeout=_TOOLS_TIMEOUT)


def _forget(step: ForgetHost, site: Site) -> None:
    def forgotten(state: State) -> State:
        return state.without_host(step.host) if step.clean else state.forgetting(step.host)

    site.memory.change(forgotten)


PROVE_OTHERS = Deed(do=_prove_others)
WRITE_KUBECONFIG = Deed(do=_write_kubeconfig)
DROP_DATA = Deed(do=_drop_data)
FORGET = Deed(do=_forget)
