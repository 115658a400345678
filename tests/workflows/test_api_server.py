"""What cluster.yml asks of the API server reaches every one of them, leaves with it, and is shown to nobody."""

from __future__ import annotations

import pytest
import yaml

from rke_py.errors import PreflightError
from rke_py.workflows.loading import load_cluster
from rke_py.workflows.secrecy import secrets_of
from tests.sim.expect import faults_of
from tests.sim.operator import Operator

ENCRYPTION = "/etc/kubernetes/ssl/encryption.yaml"
WEBHOOK = "/etc/kubernetes/kube-api-authn-webhook.yaml"
ENCRYPTED = {"kube-api": {"secrets_encryption_config": {"enabled": True}}}


def hosts_with(person: Operator, path: str) -> dict[str, bytes]:
    """Return the content of a file on every machine that has it."""
    machines = person.world.machines.values()
    return {machine.name: machine.files[path].content for machine in machines if path in machine.files}


def key_of(person: Operator) -> str:
    document = yaml.safe_load(person.state.encryption)
    return document["resources"][0]["providers"][0]["aescbc"]["keys"][0]["secret"]


def test_a_new_cluster_encrypts_secrets_with_a_key_that_only_its_api_servers_have(running):
    person = running("ecw", "cw", "w", services=ENCRYPTED)
    assert faults_of(person) == []
    assert hosts_with(person, ENCRYPTION) == dict.fromkeys(("n1", "n2"), person.state.encryption.encode())
    assert person.up().plan.empty
    assert key_of(person) in set(secrets_of(person.state, load_cluster(person.path).loaded.config))
    shown = [path for path, content in person.files().items() if key_of(person).encode() in content]
    assert shown
    assert all(name.startswith("cluster.rkestate") and not name.endswith(".journal") for name in shown)


def test_a_webhook_comes_and_leaves_with_its_credentials(running):
    person = running("ecw", "w")
    person.edit(authentication={"webhook": {"config_file": "clusters: []\ncontexts: []\ntoken: hunter2\n"}})
    person.up()
    assert {name for name, content in hosts_with(person, WEBHOOK).items() if b"hunter2" in content} == {"n1"}
    person.next_script()
    person.edit(authentication={})
    person.up()
    assert person.script.started == (("n1", "replace kube-apiserver"), ("n1", "delete 1 file"))
    assert hosts_with(person, WEBHOOK) == {}
    assert person.up().plan.empty


def test_a_file_that_a_flag_of_the_users_own_names_stays(running):
    person = running("ecw")
    person.edit(services={"kube-api": {"pod_security_configuration": "restricted"}})
    person.up()
    path = "/etc/kubernetes/admission.yaml"
    person.edit(services={"kube-api": {"extra_args": {"admission-control-config-file": path}}})
    person.up()
    assert hosts_with(person, path).keys() == {"n1"}
    assert person.up().plan.empty


def test_an_edit_of_a_document_restarts_the_api_servers_one_after_another(running):
    person = running("ecw", "ecw", "ecw", "w", services={"kube-api": {"pod_security_configuration": "baseline"}})
    person.edit(services={"kube-api": {"pod_security_configuration": "restricted"}})
    person.up()
    steps = [(host, step) for host, step in person.script.started if host]
    assert sorted(steps) == sorted(
        (host, step) for host in ("n1", "n2", "n3") for step in ("write 1 file", "restart kube-apiserver")
    )
    assert [host for host, _ in steps] == ["n1", "n1", "n2", "n2", "n3", "n3"]
    assert faults_of(person) == []


def test_a_registry_of_amazons_needs_its_program_on_every_host_of_a_cluster_that_runs_too(running):
    person = running("ecw", "w")
    keys = {"aws_access_key_id": "me", "aws_secret_access_key": "hunter2-secret"}
    registry = {"url": "1.dkr.ecr.eu-west-1.amazonaws.com", "ecr_credential_plugin": keys}
    person.edit(private_registries=[registry])
    with pytest.raises(PreflightError) as caught:
        person.up()
    assert [problem.where for problem in caught.value.problems if not problem.warning] == ["n1", "n2"]
    for machine in person.world.machines.values():
        machine.deep["programs"] = ("ecr-credential-provider",)
    person.up()
    files = hosts_with(person, "/etc/kubernetes/ssl/credential-providers.yaml")
    assert files.keys() == {"n1", "n2"}
    assert all(b"hunter2-secret" in content for content in files.values())
    person.next_script()
    assert person.up().plan.empty
    person.edit(private_registries=[])
    person.up()
    assert hosts_with(person, "/etc/kubernetes/ssl/credential-providers.yaml") == {}


def test_the_file_of_a_cloud_leaves_with_the_cloud(running):
    person = running("ecw", "w", cloud_provider={"name": "external", "customCloudProvider": "password=hunter2"})
    path = "/etc/kubernetes/cloud-config"
    assert hosts_with(person, path) == dict.fromkeys(("n1", "n2"), b"password=hunter2")
    person.edit(cloud_provider={})
    person.up()
    assert hosts_with(person, path) == {}
    assert person.up().plan.empty
