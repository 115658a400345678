import pytest

from rke_py.config.load import load
from rke_py.config.outside import Outside, Unreadable, file_key
from rke_py.config.schema.clouds import AzureCloudConfig
from rke_py.config.schema.images import RegistryConfig
from rke_py.config.schema.nodes import NodeConfig
from rke_py.errors import ConfigError

from .conftest import NODES

_FILES = {"secrets/pw": "hunter2\n", "crlf": "hunter2\r\n", "key.pem": "-----BEGIN PRIVATE KEY-----\nA\n"}


def read(path):
    if path not in _FILES:
        raise Unreadable("No such file or directory")
    return _FILES[path]


OUTSIDE = Outside(environment={"PW": "hunter2", "EMPTY": ""}, read=read)


def config(text):
    return load(NODES + text, outside=OUTSIDE).config


def faults(text):
    with pytest.raises(ConfigError) as raised:
        load(NODES + text, outside=OUTSIDE)
    return [str(problem) for problem in raised.value.problems]


def registry(entry):
    return f"private_registries: [{{url: r.example.com, user: u, {entry}}}]\n"


@pytest.mark.parametrize(
    ("entry", "password"),
    [
        ('password: "${PW}"', "hunter2"),
        ('password: "a-${PW}-b${PW}"', "a-hunter2-bhunter2"),
        ('password: "$${PW}"', "${PW}"),
        ('password: "$PW"', "$PW"),
        ('password: "pa$$word"', "pa$$word"),
        ("password_file: secrets/pw", "hunter2"),
        ("password_file: crlf", "hunter2"),
        ("password_file: secrets/pw, password: ''", "hunter2"),
        ("password_file: '', password: a", "a"),
    ],
)
def test_a_secret_from_outside(entry, password):
    (given,) = config(registry(entry)).private_registries
    assert given.password.get_secret_value() == password


def test_secrets_deep_inside():
    text = """\
services:
  etcd: {backup_config: {s3backupconfig: {endpoint: e, bucket_name: b, access_key: k, secret_key_file: secrets/pw}}}
  kubelet: {extra_env: ["A=${PW}"]}
  kube-api:
    secrets_encryption_config:
      enabled: true
      custom_config: {resources: [{providers: [{secretbox: {keys: [{name: a, secret: "${PW}"}]}}]}]}
cloud_provider: {vsphereCloudProvider: {virtual_center: {vc: {password: "${PW}"}}, global: {password_file: secrets/pw}}}
network: {plugin: weave, options: {WeavePassword: "${PW}"}}
"""
    loaded = config(text)
    services, cloud = loaded.services, loaded.cloud_provider.vsphere_cloud_provider
    assert services.etcd.backup_config.s3_backup_config.secret_key.get_secret_value() == "hunter2"
    assert services.kubelet.extra_env == ("A=hunter2",)
    assert "hunter2" in str(services.kube_api.secrets_encryption_config.custom_config.get_secret_value())
    assert cloud.virtual_center["vc"].password.get_secret_value() == "hunter2"
    assert cloud.global_.password.get_secret_value() == "hunter2"
    assert loaded.network.options["WeavePassword"] == "hunter2"


def test_what_is_no_secret_is_taken_as_it_is_written():
    text = 'cluster_name: "${PW}"\naddons: |\n  {apiVersion: v1, kind: ConfigMap, data: {a: "${PW}"}}\n'
    loaded = config(text)
    assert (loaded.cluster_name, "${PW}" in loaded.addons) == ("${PW}", True)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ('password: "${NONE}"', "private_registries[0].password: the environment has no variable NONE"),
        ('password: "${a b}"', "private_registries[0].password: this is not the name of a variable"),
        (
            "password_file: none",
            "private_registries[0].password_file: none cannot be read: No such file or directory",
        ),
        ("password: a, password_file: secrets/pw", "private_registries[0].password_file: password is here too"),
        ("password_file: [a]", "private_registries[0].password_file: the name of one file is wanted here"),
    ],
)
def test_what_cannot_be_had_is_a_fault(entry, told):
    assert told in [fault.partition(" ")[2] for fault in faults(registry(entry))]


def test_nothing_is_read_unless_it_is_handed_in():
    with pytest.raises(ConfigError) as raised:
        load(NODES + registry('password: "${HOME}"'))
    assert "the environment has no variable HOME" in str(raised.value.problems[0])


def test_a_variable_where_none_is_looked_up_is_a_warning():
    (warning,) = load(NODES + 'cluster_name: "${PW}"\n', outside=OUTSIDE).warnings
    assert warning.what == "${PW} is taken as it is written: only secrets come from the environment"


def test_a_file_is_not_named_twice():
    assert file_key(RegistryConfig, "password") == "password_file"
    assert file_key(AzureCloudConfig, "aadClientSecret") == "aadClientSecret_file"
    assert file_key(RegistryConfig, "user") is None
    assert file_key(NodeConfig, "ssh_key") is None  # ssh_key_path is there


def test_a_fault_of_a_secret_points_at_its_file():
    text = "nodes:\n  - {address: a, user: u, role: [etcd, controlplane, worker]}\n" + registry(
        "password_file: secrets/pw"
    )
    text = text.replace("user: u, password", "password")
    with pytest.raises(ConfigError) as raised:
        load(text, outside=OUTSIDE)
    assert [problem.what for problem in raised.value.problems] == ["the registry has no user"]
