"""The certificates of a cluster that RKE made have ended and etcd's data are lost: RKE's snapshot brings it back."""

from __future__ import annotations

import pytest

from tests.plan.rke.recorded import HOSTS

from .cluster import assert_well
from .rke.aged import let_certificates_end
from .rke.reenact import SNAPSHOT, reenacted, tools_of

pytestmark = [pytest.mark.lab, pytest.mark.rke, pytest.mark.long]


def test_a_restore_brings_new_certificates_and_the_data_of_then(tmp_path_factory: pytest.TempPathFactory) -> None:
    cluster = reenacted("rke", tmp_path_factory.mktemp("rke"))
    person, lab = cluster.operator, cluster.lab
    try:
        let_certificates_end(cluster)
        for host in HOSTS:
            lab.docker(host, "stop", "--time", "1", "etcd")
            lab.run(host, "rm", "-r", "/var/lib/etcd/member")
        person.edit(lambda config: config["system_images"].update(tools=tools_of(lab)))
        person.agreed("etcd", "snapshot", "restore", SNAPSHOT)
        person.up()
        cluster.kubectl.wait_nodes(*HOSTS)
        assert_well(person, cluster.kubectl)
        assert person.up().changed == 0
    finally:
        lab.down()
