"""The CAs by which API servers of extensions believe clients."""

from __future__ import annotations

from rke_py.kube.rotation import client_cas, set_client_cas

CONFIG_MAP = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication"


def test_there_are_none_before_an_api_server_wrote_them(api, fake):
    assert client_cas(api) == {}


def test_only_what_is_named_is_set(api, fake):
    fake.put(CONFIG_MAP, {"data": {"client-ca-file": "old new", "requestheader-allowed-names": "[]"}})
    set_client_cas(api, {"client-ca-file": "new"})
    assert client_cas(api) == {"client-ca-file": "new", "requestheader-allowed-names": "[]"}
