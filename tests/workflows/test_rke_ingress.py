"""RKE's ingress controller in a cluster that it made: ours from an edit on, its webhook with the certificate it had."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from rke_py.errors import PreflightError
from tests.sim.expect import store_of
from tests.sim.left_by_rke import BACKEND, WEBHOOK_CA, WEBHOOK_JOBS, made_by_rke
from tests.sim.operator import Operator
from tests.sim.store import Ref
from tests.workflows.changes import assert_settled
from tests.workflows.migrating import NEW

Json = dict[str, Any]

NGINX: Json = {"provider": "nginx"}
EDITS: dict[str, Json] = {
    "options": {"options": {"use-forwarded-headers": "true"}},
    "arguments": {"extra_args": {"enable-ssl-passthrough": ""}},
    "mode": {"network_mode": "hostNetwork"},
    "ports": {"http_port": 8080, "https_port": 8443},
    "back-end": {"default_backend": True},
    "class": {"default_ingress_class": False},
    "selector": {"node_selector": {"edge": "yes"}},
    "strategy": {"update_strategy": {"strategy": "OnDelete"}},
    "variables": {"extra_envs": [{"name": "TZ", "value": "UTC"}]},
    "volumes": {
        "extra_volumes": [{"name": "more", "emptyDir": {}}],
        "extra_volume_mounts": [{"name": "more", "mountPath": "/more"}],
    },
    "priorities": {"nginx_ingress_controller_priority_class_name": "system-node-critical"},
    "tolerations": {"default_backend": True, "tolerations": [{"key": "a", "operator": "Exists"}]},
    "resolver": {"dns_policy": "Default"},
}
HOOK: Ref = ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "", "ingress-nginx-admission")
SECRET: Ref = ("v1", "Secret", "ingress-nginx", "ingress-nginx-admission")
CONTROLLER: Ref = ("apps/v1", "DaemonSet", "ingress-nginx", "nginx-ingress-controller")
FIRST = (("", "apply ingress-nginx"), ("", "delete what RKE left of ingress"))


@pytest.fixture
def person(folder: Path) -> Operator:
    """The operator of a cluster with RKE's ingress controller, as RKE left it."""
    return made_by_rke(folder, "ecw", "w", ingress=NGINX)


def webhook(person: Operator) -> Json:
    """Return the webhook of ingress-nginx as we applied it."""
    found: Json = json.loads(json.dumps(store_of(person).addons["ingress-nginx"][HOOK]))
    (hook,) = found["webhooks"]
    return hook


def arguments(person: Operator) -> list[str]:
    """Return those of the controller as we applied it."""
    found: Json = json.loads(json.dumps(store_of(person).addons["ingress-nginx"][CONTROLLER]))
    (container,) = found["spec"]["template"]["spec"]["containers"]
    return list(container["args"])


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_every_edit_of_ingress_is_made_and_its_webhook_goes_on_with_the_certificate_of_rkes_job(
    person: Operator, edit: Json
) -> None:
    person.edit(ingress=edit)
    person.up()
    store = store_of(person)
    assert person.script.started == FIRST
    assert set(store.gone) == WEBHOOK_JOBS | (frozenset() if edit.get("default_backend") else BACKEND)
    assert SECRET not in store.addons["ingress-nginx"]
    assert webhook(person)["clientConfig"]["caBundle"] == b64encode(WEBHOOK_CA.encode()).decode()
    assert "--validating-webhook=:8443" in arguments(person)
    assert_settled(person)


def test_where_rke_made_no_certificate_the_controller_has_no_webhook(person: Operator) -> None:
    person.edit(ingress={"provider": "none"})
    person.up()
    store_of(person).webhook_ca = None
    person.edit(ingress={"provider": "nginx"})
    person.up()
    assert HOOK not in store_of(person).live
    assert not [argument for argument in arguments(person) if "webhook" in argument]
    assert_settled(person)


def test_an_ingress_controller_that_comes_back_finds_the_certificate_that_stayed(person: Operator) -> None:
    person.edit(ingress={"provider": "none"})
    person.up()
    assert HOOK not in store_of(person).live
    person.edit(ingress={"provider": "nginx"})
    person.next_script()
    person.up()
    assert person.script.started == (("", "apply ingress-nginx"),)
    assert webhook(person)["failurePolicy"] == "Fail"
    assert_settled(person)


def test_a_default_backend_goes_when_it_is_switched_off(person: Operator) -> None:
    person.edit(ingress={"default_backend": True})
    person.up()
    assert store_of(person).live >= BACKEND
    person.edit(ingress={})
    person.up()
    assert not store_of(person).live & BACKEND
    assert_settled(person)


def test_without_an_api_server_an_edit_of_ingress_waits_for_one_as_nobody_sees_its_certificate(
    person: Operator,
) -> None:
    person.up()
    person.world.machines["n1"].containers["kube-apiserver"].stop()
    person.edit(ingress={"options": {"use-forwarded-headers": "true"}})
    with pytest.raises(PreflightError) as raised:
        person.up()
    (problem,) = raised.value.problems
    assert problem.where == "ingress"
    assert "no API server answers" in problem.what


def test_with_another_version_the_controller_follows_and_keeps_its_webhook(person: Operator) -> None:
    person.edit(ingress={"options": {"use-forwarded-headers": "true"}})
    person.up()
    person.edit(kubernetes_version="v1.32.6-rancher1-1")
    (stay,) = [note for note in person.plan().notes if "stay as RKE applied them" in note]
    assert "ingress" not in stay
    person.next_script()
    person.up()
    assert person.script.started[-1] == ("", "apply ingress-nginx")
    assert webhook(person)["clientConfig"]["caBundle"] == b64encode(WEBHOOK_CA.encode()).decode()
    assert_settled(person)


def test_a_controller_of_another_api_brings_its_webhook_with_it(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "w", kubernetes_version="v1.21.8-rancher1-1", ingress=NGINX)
    person.edit(ingress={"options": {"use-forwarded-headers": "true"}})
    person.up()
    assert webhook(person)["rules"][0]["apiVersions"] == ["v1beta1"]
    person.edit(system_images={"ingress": "rancher/nginx-ingress-controller:nginx-1.2.1-rancher1"})
    person.up()
    assert webhook(person)["rules"][0]["apiVersions"] == ["v1"]
    assert webhook(person)["clientConfig"]["caBundle"] == b64encode(WEBHOOK_CA.encode()).decode()
    assert_settled(person)


def test_the_plan_names_the_pods_of_ingress_that_are_made_anew(person: Operator) -> None:
    person.edit(ingress={"default_backend": True})
    notes = "\n".join(person.plan().notes)
    assert "ingress-nginx becomes rke-py's" in notes
    assert "DaemonSet ingress-nginx/nginx-ingress-controller" in notes
    assert "Deployment ingress-nginx/default-http-backend" in notes


def test_out_of_rkes_releases_the_webhook_gets_a_certificate_of_the_cluster(person: Operator) -> None:
    person.edit(ingress={**NGINX, "options": {"use-forwarded-headers": "true"}})
    person.up()
    person.edit(kubernetes_version=NEW)
    person.up()
    ca = person.state.bundle["kube-ca"].certificate
    assert webhook(person)["clientConfig"]["caBundle"] == b64encode(ca.encode()).decode()
    assert SECRET in store_of(person).live
    assert_settled(person)
