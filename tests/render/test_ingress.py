"""The ingress controllers: what their options make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from rke_py.cluster.addon_model import Ingress, NetworkMode
from rke_py.cluster.model import Cluster
from rke_py.pki.model import Credential
from rke_py.render.ingress import ingress_nginx

from .looking import Objects, container, objects_of, pod_of

NAMES = {"nginx": ("ingress-nginx", "nginx-ingress-controller", "controller"), "traefik": ("traefik",) * 3}


def rendered(
    cluster: Cluster, provider: str, credentials: Mapping[str, Credential] | None = None, **options: Any
) -> Objects:
    chosen = replace(cluster, ingress=Ingress(provider=provider, **options))
    return objects_of(chosen, NAMES[provider][0], credentials)


def controller(cluster: Cluster, provider: str, **options: Any) -> tuple[Any, Any]:
    """Return the controller's pod specification and its container."""
    daemons = rendered(cluster, provider, **options)["DaemonSet", NAMES[provider][1]]
    return pod_of(daemons), container(daemons, NAMES[provider][2])


@pytest.mark.parametrize("provider", NAMES)
@pytest.mark.parametrize(
    ("options", "outside", "on_host", "policy"),
    [
        ({}, [80, 443], False, "ClusterFirst"),
        ({"http_port": 8080, "https_port": 8443}, [8080, 8443], False, "ClusterFirst"),
        ({"network_mode": NetworkMode.HOST_NETWORK}, [80, 443], True, "ClusterFirstWithHostNet"),
        ({"network_mode": NetworkMode.NONE, "dns_policy": "None"}, [], False, "None"),
    ],
    ids=["host ports", "other ports", "host network", "inside"],
)
def test_how_it_is_reached(
    cluster: Cluster, provider: str, options: Any, outside: list[int], on_host: bool, policy: str
) -> None:
    pod, found = controller(cluster, provider, **options)
    assert [port["hostPort"] for port in found["ports"] if "hostPort" in port] == outside
    assert (pod["hostNetwork"], pod["dnsPolicy"]) == (on_host, policy)


def test_nginx_own_ports_are_the_containers(cluster: Cluster) -> None:
    _, found = controller(cluster, "nginx", extra_args={"http-port": "8081", "https-port": "8444"})
    assert [(port["containerPort"], port["hostPort"]) for port in found["ports"][:2]] == [(8081, 80), (8444, 443)]


@pytest.mark.parametrize(
    ("image", "flags", "without"),
    [
        ("nginx-0.43.0-rancher3", set(), {"--controller-class", "--watch-ingress-without-class"}),
        ("nginx-1.0.5-rancher1", {"--controller-class"}, {"--watch-ingress-without-class"}),
        ("nginx-1.11.2-rancher1", {"--controller-class", "--watch-ingress-without-class"}, set()),
    ],
)
def test_nginx_is_told_what_its_version_knows(cluster: Cluster, image: str, flags: set[str], without: set[str]) -> None:
    images = replace(cluster.images, ingress=f"rancher/nginx-ingress-controller:{image}")
    _, found = controller(replace(cluster, images=images), "nginx")
    given = {argument.partition("=")[0] for argument in found["args"]}
    assert flags <= given
    assert not without & given


def test_what_the_user_says_wins(cluster: Cluster) -> None:
    given = {"watch-ingress-without-class": "false", "enable-ssl-passthrough": ""}
    _, found = controller(cluster, "nginx", extra_args=given)
    assert "--watch-ingress-without-class=false" in found["args"]
    assert "--enable-ssl-passthrough" in found["args"]
    _, found = controller(cluster, "traefik", options={"ping": "true", "log.level": "DEBUG"})
    assert found["args"].count("--ping=true") == 1
    assert "--log.level=DEBUG" in found["args"]


@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize("provider", NAMES)
def test_the_class_of_ingresses_that_name_none(cluster: Cluster, provider: str, default: bool) -> None:
    found = rendered(cluster, provider, default_ingress_class=default)["IngressClass", provider]
    assert ("annotations" in found["metadata"]) is default


@pytest.mark.parametrize("backend", [True, False])
@pytest.mark.parametrize("provider", NAMES)
def test_the_default_backend(cluster: Cluster, provider: str, backend: bool) -> None:
    objects = rendered(cluster, provider, default_backend=backend)
    assert (("Deployment", "default-http-backend") in objects) is backend
    asked = any("default-backend-service" in argument for argument in _arguments(objects, provider))
    assert (asked or ("Ingress", "default-http-backend") in objects) is backend


def _arguments(objects: Objects, provider: str) -> list[str]:
    arguments: list[str] = container(objects["DaemonSet", NAMES[provider][1]], NAMES[provider][2])["args"]
    return arguments


def test_the_webhook_serves_with_a_certificate_of_the_cluster(
    cluster: Cluster, credentials: Mapping[str, Credential]
) -> None:
    objects = rendered(cluster, "nginx", credentials)
    assert objects["Secret", "ingress-nginx-admission"]["data"]["cert"] == "V0VCSE9PSyBQRU0K"
    (hook,) = objects["ValidatingWebhookConfiguration", "ingress-nginx-admission"]["webhooks"]
    assert (hook["clientConfig"]["caBundle"], hook["failurePolicy"]) == ("Q0EgUEVNCg==", "Fail")
    assert not [kind for kind, _ in objects if kind == "Job"]


def test_without_one_nothing_asks_a_webhook(cluster: Cluster) -> None:
    objects = rendered(cluster, "nginx")
    assert not [kind for kind, _ in objects if kind in ("ValidatingWebhookConfiguration", "Secret")]
    assert not [argument for argument in _arguments(objects, "nginx") if "webhook" in argument]


def of_rke(cluster: Cluster, tag: str, ca: str | None = None, **options: Any) -> Objects:
    """Return nginx's objects beside a certificate that a job of RKE's made, with an image of RKE's."""
    images = replace(cluster.images, ingress=f"rancher/nginx-ingress-controller:nginx-{tag}")
    chosen = replace(cluster, images=images, ingress=Ingress(provider="nginx", **options))
    return {(item["kind"], item["metadata"]["name"]): item for item in map(dict, ingress_nginx(chosen, {}, ca))}


def test_the_webhook_serves_with_the_certificate_of_rkes_job_where_there_is_one(cluster: Cluster) -> None:
    objects = of_rke(cluster, "1.12.1-rancher1", ca="CA PEM\n")
    (hook,) = objects["ValidatingWebhookConfiguration", "ingress-nginx-admission"]["webhooks"]
    assert hook["clientConfig"]["caBundle"] == "Q0EgUEVNCg=="
    assert "--validating-webhook=:8443" in _arguments(objects, "nginx")
    assert ("Service", "ingress-nginx-controller-admission") in objects
    assert ("Secret", "ingress-nginx-admission") not in objects
    (volume,) = pod_of(objects["DaemonSet", "nginx-ingress-controller"])["volumes"]
    assert volume["secret"]["secretName"] == "ingress-nginx-admission"


def test_where_its_secret_does_not_tell_the_ca_that_is_left_to_whoever_set_it(cluster: Cluster) -> None:
    objects = of_rke(cluster, "1.12.1-rancher1", ca="")
    (hook,) = objects["ValidatingWebhookConfiguration", "ingress-nginx-admission"]["webhooks"]
    assert "caBundle" not in hook["clientConfig"]


@pytest.mark.parametrize(("tag", "version"), [("0.49.3-rancher1", "v1beta1"), ("1.1.0-rancher1", "v1")])
def test_the_webhook_is_asked_in_the_api_that_its_controller_reads(cluster: Cluster, tag: str, version: str) -> None:
    objects = of_rke(cluster, tag, ca="CA PEM\n")
    (hook,) = objects["ValidatingWebhookConfiguration", "ingress-nginx-admission"]["webhooks"]
    assert hook["rules"][0]["apiVersions"] == [version]
    assert hook["clientConfig"]["service"]["path"] == f"/networking/{version}/ingresses"


@pytest.mark.parametrize(
    ("tag", "default", "flag", "lock"),
    [
        ("0.49.3-rancher1", True, "ingress-controller-leader", "ingress-controller-leader-nginx"),
        ("1.12.1-rancher1", True, "ingress-controller-leader-nginx", "ingress-controller-leader-nginx"),
        ("1.12.1-rancher1", False, "ingress-controller-leader", "ingress-controller-leader"),
    ],
)
def test_controllers_may_write_the_object_by_which_they_choose_one(
    cluster: Cluster, tag: str, default: bool, flag: str, lock: str
) -> None:
    objects = of_rke(cluster, tag, default_ingress_class=default)
    assert f"--election-id={flag}" in _arguments(objects, "nginx")
    named = [name for rule in objects["Role", "ingress-nginx"]["rules"] for name in rule.get("resourceNames", ())]
    assert set(named) == {lock}


def test_metrics_stay_on_where_a_controller_has_them_off_by_default(cluster: Cluster) -> None:
    assert "--enable-metrics=true" in _arguments(of_rke(cluster, "1.12.1-rancher1"), "nginx")
    off = of_rke(cluster, "1.12.1-rancher1", extra_args={"enable-metrics": "false"})
    assert "--enable-metrics=true" not in _arguments(off, "nginx")


def test_controllers_below_v1_have_what_rke_gave_them(cluster: Cluster) -> None:
    old, newer = of_rke(cluster, "0.43.0-rancher3"), of_rke(cluster, "0.49.3-rancher1")
    assert ("IngressClass", "nginx") not in {*old, *newer}
    assert newer["ConfigMap", "ingress-nginx-controller"]["data"] == {"allow-snippet-annotations": "false"}
    annotations = old["DaemonSet", "nginx-ingress-controller"]["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/scrape"] == "true"


def test_the_account_with_which_older_pods_run_keeps_its_rights_while_they_are_replaced(cluster: Cluster) -> None:
    objects = of_rke(replace(cluster, version="v1.21.14-rancher1-1"), "1.2.1-rancher1")
    account = "nginx-ingress-serviceaccount"
    assert ("ServiceAccount", account) in objects
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        assert account in {subject["name"] for subject in objects[kind, "ingress-nginx"]["subjects"]}


def test_a_default_class_among_the_flags_is_none_of_nginx(cluster: Cluster) -> None:
    objects = of_rke(cluster, "1.2.0-rancher1", extra_args={"default-ingress-class": "false"})
    assert not [argument for argument in _arguments(objects, "nginx") if "default-ingress-class" in argument]
    assert "annotations" not in objects["IngressClass", "nginx"]["metadata"]


def test_entries_of_ports_are_left_to_the_operator_and_options_are_not(cluster: Cluster) -> None:
    objects = rendered(cluster, "nginx")
    assert "data" not in objects["ConfigMap", "tcp-services"]
    assert "data" not in objects["ConfigMap", "udp-services"]
    assert objects["ConfigMap", "ingress-nginx-controller"]["data"] == {}


def test_tolerations_are_the_backends_with_nginx_and_the_controllers_too_with_traefik(cluster: Cluster) -> None:
    given, every = ({"key": "a", "operator": "Exists"},), [{"operator": "Exists"}]
    for provider, expected in (("nginx", every), ("traefik", list(given))):
        objects = rendered(cluster, provider, tolerations=given, default_backend=True)
        assert pod_of(objects["DaemonSet", NAMES[provider][1]])["tolerations"] == expected
        assert pod_of(objects["Deployment", "default-http-backend"])["tolerations"] == list(given)


@pytest.mark.parametrize("name", ["LD_PRELOAD", "POD_NAME", "POD_NAMESPACE", "TZ"])
@pytest.mark.parametrize("provider", NAMES)
def test_a_variable_that_is_there_twice_is_the_last_one_alone(cluster: Cluster, provider: str, name: str) -> None:
    given = ({"name": name, "value": "first"}, {"name": name, "value": "last"})
    _, made = controller(cluster, provider, extra_envs=given)
    assert [variable for variable in made["env"] if variable["name"] == name] == [{"name": name, "value": "last"}]
