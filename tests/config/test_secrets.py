from rke_py.config.load import load
from rke_py.config.secrets import secrets_in

from .conftest import NODES

_TEXT = """\
private_registries: [{url: r.example.com, user: u, password: s1, ecr_credential_plugin: {aws_session_token: s2}}]
network: {plugin: weave, options: {WeavePassword: s3}}
cloud_provider: {name: vsphere, vsphereCloudProvider: {virtual_center: {vc: {user: u, password: s4}}}}
services:
  etcd: {backup_config: {s3backupconfig: {endpoint: e, bucket_name: b, access_key: s5, secret_key: s6}}}
  kube-api:
    secrets_encryption_config:
      enabled: true
      custom_config: {resources: [{resources: [a], providers: [{aescbc: {keys: [{name: k, secret: s7}]}}]}]}
"""


def test_every_secret_is_known():
    assert sorted(filter(None, secrets_in(load(NODES + _TEXT).config))) == [f"s{number}" for number in range(1, 8)]
