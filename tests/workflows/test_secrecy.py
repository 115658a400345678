"""Who works on a cluster, or looks at it, is told first what must never be shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rke_py.workflows.certificates import list_certificates
from rke_py.workflows.clean_host import Machine, clean_host
from rke_py.workflows.context import Context
from rke_py.workflows.etcd_members import member_health
from rke_py.workflows.remove import remove
from rke_py.workflows.status import status
from tests.sim.operator import Operator
from tests.workflows.changes import dead, wants

Command = Callable[[Context], object]


def is_told_every_key(person: Operator, command: Command) -> bool:
    told = [""]
    keys = {one.key.get_secret_value() for one in person.state.bundle.values()}
    command(replace(person.context(), protect=told.extend))
    return keys <= set(told)


@pytest.mark.parametrize("command", [status, member_health, list_certificates, remove])
def test_every_key_of_the_state_is_kept_out_of_what_is_shown(
    running: Callable[..., Operator], command: Command
) -> None:
    assert is_told_every_key(running("ecw", "w"), command)


def test_so_it_is_where_a_host_is_cleaned(running: Callable[..., Operator]) -> None:
    person = running("ecw", "w")
    dead(person, "n2")
    wants(person, "ecw", "")
    person.up()
    person.world.machines["n2"].power_on()
    person.world.time.pass_time(60)
    assert is_told_every_key(person, lambda context: clean_host(context, Machine(name="n2")))
