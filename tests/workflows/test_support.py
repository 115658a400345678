"""``support-bundle``: what is in it, and that no secret is."""

from __future__ import annotations

import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from rke_py.cli.redaction import Redactor
from rke_py.errors import EngineError
from rke_py.plan.containers import ContainerSpec
from rke_py.workflows.loading import load_cluster
from rke_py.workflows.secrecy import secrets_of
from rke_py.workflows.support import Bundle, support_bundle
from tests.sim.operator import Operator

ROLES = ("ecw", "w")
PASSWORD = "correct-horse-battery"
REGISTRIES = [{"url": "registry.example", "user": "ada", "password": PASSWORD}]
TOKEN = "eyJhbGciOiJSUzI1NiIs.eyJpc3MiOiJrdWJlcm5ldGVz.c2lnbmF0dXJlLW9mLWl0"


def bundle(person: Operator) -> Bundle:
    redactor = Redactor()
    return support_bundle(replace(person.context(), protect=redactor.protect), redactor.text)


def contents(path: Path) -> dict[str, str]:
    with tarfile.open(path) as archive:
        files = {entry.name.partition("/")[2]: archive.extractfile(entry) for entry in archive.getmembers()}
        return {name: file.read().decode() for name, file in files.items() if file}


def test_what_is_in_it(running):
    person = running(*ROLES)
    made = bundle(person)
    found = contents(made.path)
    assert made.lacking == ("cluster.log: No such file or directory",)
    assert set(made.files) == set(found)
    assert {"README.txt", "cluster.yml", "state.json", "cluster.rkestate.journal", "status.json", "doctor.json"} <= set(
        found
    )
    assert {"kubernetes/nodes.json", "hosts/n1/host.json", "hosts/n1/etcd.log", "hosts/n2/kubelet.log"} <= set(found)
    assert json.loads(found["status.json"])["healthy"] is True
    assert made.path.stat().st_mode & 0o777 == 0o600


def test_the_log_in_it_is_of_this_cluster_and_not_of_another_beside_it(running):
    person = running(*ROLES)
    (person.folder / "cluster.log").write_text("of another cluster\n")
    (person.folder / "prod.log").write_text("of this one\n")
    for file in list(person.folder.glob("cluster*")):
        if file.suffix != ".log":
            file.rename(file.with_name(file.name.replace("cluster", "prod", 1)))
    redactor = Redactor()
    context = replace(person.context(), config=person.folder / "prod.yml", protect=redactor.protect)
    found = contents(support_bundle(context, redactor.text).path)
    assert found["prod.log"] == "of this one\n"
    assert "cluster.log" not in found


def test_the_log_that_was_asked_for_is_in_it(running, tmp_path):
    person = running(*ROLES)
    log = tmp_path / "elsewhere.txt"
    log.write_text("kept elsewhere\n")
    made = support_bundle(person.context(), Redactor().text, log=log)
    assert contents(made.path)["elsewhere.txt"] == "kept elsewhere\n"


def test_no_secret_is_in_it(running):
    person = running(*ROLES, private_registries=REGISTRIES)
    (person.folder / "cluster.log").write_text(
        "".join(
            f"{text}\n"
            for text in (
                *(credential.key.get_secret_value() for credential in person.state.bundle.values()),
                f"Authorization: Bearer {TOKEN}",
                "https://proxy:hidden-word@proxy.example:3128",
                "rke-py etcd snapshot list --s3 --secret-key of-another-bucket",
                "rke-py etcd snapshot list --s3 -secret-key=of-another-bucket",
                "-----BEGIN EC PRIVATE KEY-----\nbm9ib2R5IG5hbWVkIHRoaXM=\n-----END EC PRIVATE KEY-----",
            )
        )
    )
    text = "\n".join(contents(bundle(person).path).values())
    secrets = [*secrets_of(person.state, load_cluster(person.path).loaded.config), TOKEN, PASSWORD]
    secrets += ["hidden-word", "of-another-bucket"]
    lines = {line for secret in secrets for line in secret.splitlines() if len(line) > 6 and "-----" not in line}
    assert len(lines) > 50
    assert [line for line in lines if line in text] == []
    assert "bm9ib2R5IG5hbWVkIHRoaXM=" not in text


def test_the_environment_of_containers_has_no_values(running):
    person = running(*ROLES, services={"kubelet": {"extra_env": ["PLAIN=an-odd-value"]}})
    found = contents(bundle(person).path)
    assert "PLAIN" in found["hosts/n1/host.json"]
    assert "an-odd-value" not in found["hosts/n1/host.json"]


def test_nothing_that_may_be_a_secret_is_in_its_cluster_yml(running):
    odd = "an-odd-value"
    secret = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: a, namespace: default}}\nstringData: {{word: {odd}}}\n"
    person = running(*ROLES, services={"kubelet": {"extra_env": [f"TOKEN={odd}"]}}, addons=secret)
    found = contents(bundle(person).path)
    assert odd not in found["cluster.yml"]
    assert "TOKEN=(hidden)" in found["cluster.yml"]
    assert "kubernetes_version: v1." in found["cluster.yml"]


def test_what_cannot_be_had_is_named(running):
    person = running(*ROLES)
    person.world.machines["n2"].power_off()
    made = bundle(person)
    assert any(line.startswith("n2:") for line in made.lacking)
    assert "n2:" in contents(made.path)["LACKING.txt"]
    assert "hosts/n1/host.json" in made.files


def test_containers_of_others_are_not_in_it(running):
    person = running(*ROLES)
    machine = person.world.machines["n2"]
    machine.images.add("shop:1")
    for name in ("shop", "k8s_main_shop-1_default"):
        spec = ContainerSpec(name=name, image="shop:1", entrypoint=("shop",), command=("--password=an-odd-value",))
        machine.create(spec).start()
        machine.containers[name].log.append("signed in with an-odd-value")
    found = contents(bundle(person).path)
    assert {name for name in found if "shop" in name} == set()
    assert "an-odd-value" not in "\n".join(found.values())


def test_a_log_that_cannot_be_read_keeps_no_other_out(running):
    person = running(*ROLES)

    def refuse() -> None:
        raise EngineError("n1", "configured logging driver does not support reading")

    person.world.calls.on(lambda call: (call.host, call.verb, call.name) == ("n1", "logs", "kubelet"), refuse)
    made = bundle(person)
    assert "log of kubelet: n1: configured logging driver does not support reading" in made.lacking
    assert "hosts/n1/kubelet.log" not in made.files
    assert {"hosts/n1/etcd.log", "hosts/n1/kube-apiserver.log"} <= set(made.files)


@pytest.mark.parametrize("content", [None, "{"], ids=["gone", "damaged"])
def test_without_a_state_there_is_a_bundle_too(running, content):
    person = running(*ROLES)
    path = person.folder / "cluster.rkestate"
    path.unlink()
    if content:
        path.write_text(content)
    assert {"README.txt", "cluster.yml", "cluster.rkestate.journal"} <= set(bundle(person).files)
