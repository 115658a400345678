"""The ways into a cluster's own APIs, over hosts of which none leads anywhere."""

from __future__ import annotations

import pytest

from rke_py.errors import EtcdUnavailable
from rke_py.kube.access import Access
from rke_py.transport.interface import Stream
from tests.pki.clusters import cluster, issued


def refused(_address: str, port: int, _timeout: float) -> Stream:
    raise ConnectionRefusedError(f"port {port} refused")


def test_what_etcd_holds_is_asked_of_each_member_and_all_their_reasons_are_told():
    wanted = cluster()
    bundle = issued(wanted).bundle
    with (
        Access(wanted, {"n1": refused, "n3": refused}, lambda: bundle) as access,
        pytest.raises(EtcdUnavailable) as caught,
    ):
        access.encrypted("secrets")
    assert [line.partition(":")[0] for line in caught.value.evidence] == ["n1", "n3"]
    assert all("port 2379 refused" in line for line in caught.value.evidence)
