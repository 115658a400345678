"""What RKE needs in a cluster, found by name and by the texts of its jobs, and deleted once nobody rests on it."""

from __future__ import annotations

import pytest
import yaml

from rke_py.kube.leftovers import finished_jobs, forget, left_by_rke, left_of_jobs
from rke_py.kube.objects import Objects

from .fake_api import FakeApi

RBAC = "rbac.authorization.k8s.io/v1"
SYSTEM = "/api/v1/namespaces/kube-system"
BINDINGS = f"/apis/{RBAC}/clusterrolebindings"
DNS = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "coredns", "namespace": "kube-system"}}
SCALER = {**DNS, "metadata": {"name": "coredns-autoscaler", "namespace": "kube-system"}}
USERS = {**DNS, "metadata": {"name": "shop", "namespace": "kube-system"}}


@pytest.fixture
def objects(api, fake: FakeApi) -> Objects:
    """A cluster in which RKE's jobs applied CoreDNS and an add-on of the user's."""
    fake.served |= {
        "v1": (*fake.served["v1"], ("serviceaccounts", "ServiceAccount", True)),
        "batch/v1": (("jobs", "Job", True),),
        RBAC: (("clusterrolebindings", "ClusterRoleBinding", False), ("clusterroles", "ClusterRole", False)),
    }
    gone = {"apiVersion": "policy/v1beta1", "kind": "PodSecurityPolicy", "metadata": {"name": "dns"}}
    for name, applied in (("rke-coredns-addon", (DNS, SCALER, gone)), ("rke-user-addon", (USERS,))):
        fake.put(f"{SYSTEM}/configmaps/{name}", {"kind": "ConfigMap", "data": {name: yaml.safe_dump_all(applied)}})
        fake.put(f"/apis/batch/v1/namespaces/kube-system/jobs/{name}-deploy-job", {"kind": "Job"})
    for item in (DNS, SCALER, USERS):
        fake.put(f"/apis/apps/v1/namespaces/kube-system/deployments/{item['metadata']['name']}", item)
    fake.put(f"{BINDINGS}/job-deployer", {"kind": "ClusterRoleBinding"})
    fake.put(f"{BINDINGS}/system:node", {"kind": "ClusterRoleBinding", "subjects": [{"name": "system:nodes"}]})
    fake.put(f"{SYSTEM}/configmaps/rke-py-coredns", {"kind": "ConfigMap"})
    return Objects(api)


def test_what_ours_have_and_what_is_the_users_own_is_not_among_it(objects: Objects) -> None:
    assert {found.title for found in left_by_rke(objects, [DNS])} == {
        "Deployment kube-system/coredns-autoscaler",
        "ConfigMap kube-system/rke-coredns-addon",
        "Job kube-system/rke-coredns-addon-deploy-job",
        "ConfigMap kube-system/rke-user-addon",
        "Job kube-system/rke-user-addon-deploy-job",
        "ClusterRoleBinding job-deployer",
        "ClusterRoleBinding system:node",
    }


def test_what_stands_in_the_text_of_an_addon_that_rke_took_away_is_the_owners(objects: Objects, fake: FakeApi) -> None:
    del fake.objects["/apis/batch/v1/namespaces/kube-system/jobs/rke-coredns-addon-deploy-job"]
    titles = {found.title for found in left_by_rke(objects, [DNS])}
    assert "ConfigMap kube-system/rke-coredns-addon" in titles
    assert "Deployment kube-system/coredns-autoscaler" not in titles


def test_what_rke_applied_stays_where_nothing_of_ours_takes_its_place(objects: Objects) -> None:
    titles = {found.title for found in left_by_rke(objects, [])}
    assert "Job kube-system/rke-coredns-addon-deploy-job" in titles
    assert not any(title.startswith("Deployment") for title in titles)


def test_the_rights_of_nodes_go_last_and_then_nothing_is_left(objects: Objects, fake: FakeApi) -> None:
    forget(objects, left_by_rke(objects, [DNS]))
    assert [path.rsplit("/", 1)[1] for method, path in fake.log if method == "DELETE"][-1] == "system:node"
    assert left_by_rke(objects, [DNS]) == ()
    kept = {path.rsplit("/", 1)[1] for path in fake.objects}
    assert {"coredns", "shop", "rke-py-coredns"} <= kept


def test_the_binding_that_kubernetes_makes_for_nobody_is_not_rkes(objects: Objects, fake: FakeApi) -> None:
    fake.put(f"{BINDINGS}/system:node", {"kind": "ClusterRoleBinding"})
    assert "ClusterRoleBinding system:node" not in {found.title for found in left_by_rke(objects, [DNS])}


def test_a_text_that_cannot_be_read_is_only_deleted(objects: Objects, fake: FakeApi) -> None:
    fake.put(f"{SYSTEM}/configmaps/rke-coredns-addon", {"kind": "ConfigMap", "data": {"x": "a: [b"}})
    titles = {found.title for found in left_by_rke(objects, [DNS])}
    assert "ConfigMap kube-system/rke-coredns-addon" in titles
    assert "Deployment kube-system/coredns-autoscaler" not in titles


def done(fake: FakeApi, name: str) -> None:
    status = {"conditions": [{"type": "Complete", "status": "True"}]}
    fake.put(f"/apis/batch/v1/namespaces/kube-system/jobs/{name}", {"kind": "Job", "status": status})


def test_a_job_that_has_not_done_its_work_is_not_cleaned_up(objects: Objects, fake: FakeApi) -> None:
    done(fake, "rke-coredns-addon-deploy-job")
    assert [job.title for job in finished_jobs(objects)] == ["Job kube-system/rke-coredns-addon-deploy-job"]


def test_what_a_job_applied_is_known_after_it_was_cleaned_up(objects: Objects, fake: FakeApi) -> None:
    done(fake, "rke-coredns-addon-deploy-job")
    forget(objects, finished_jobs(objects))
    titles = {found.title for found in left_by_rke(objects, [DNS])}
    assert "Job kube-system/rke-coredns-addon-deploy-job" not in titles
    assert {"Deployment kube-system/coredns-autoscaler", "ConfigMap kube-system/rke-coredns-addon"} <= titles


COREDNS = ("rke-coredns-addon",)
INGRESS = "rke-ingress-controller"
HOOK = "ValidatingWebhookConfiguration"


def titles(objects: Objects, wanted: list[dict[str, object]], certain: tuple[str, ...] = ()) -> list[str]:
    return [found.title for found in left_of_jobs(objects, COREDNS, wanted, certain)]


def test_of_one_job_what_ours_lack_goes_first_then_the_job_and_its_text_and_nothing_of_another(
    objects: Objects,
) -> None:
    assert titles(objects, [DNS]) == [
        "Deployment kube-system/coredns-autoscaler",
        "Job kube-system/rke-coredns-addon-deploy-job",
        "ConfigMap kube-system/rke-coredns-addon",
    ]


def test_where_nothing_comes_in_its_place_all_that_a_job_applied_goes_only_if_it_was_surely_the_last(
    objects: Objects, fake: FakeApi
) -> None:
    del fake.objects["/apis/batch/v1/namespaces/kube-system/jobs/rke-coredns-addon-deploy-job"]
    assert titles(objects, []) == ["ConfigMap kube-system/rke-coredns-addon"]
    assert set(titles(objects, [], COREDNS)) == {
        "Deployment kube-system/coredns",
        "Deployment kube-system/coredns-autoscaler",
        "ConfigMap kube-system/rke-coredns-addon",
    }


def test_what_calls_a_workload_goes_before_it_and_namespaces_stay(objects: Objects, fake: FakeApi) -> None:
    hooks = "admissionregistration.k8s.io/v1"
    kind = "ValidatingWebhookConfiguration"
    fake.served |= {hooks: ((f"{kind.lower()}s", kind, False),)}
    hook = {"apiVersion": hooks, "kind": kind, "metadata": {"name": "dns"}}
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "dns"}}
    fake.put(f"/apis/{hooks}/{kind.lower()}s/dns", hook)
    fake.put("/api/v1/namespaces/dns", space)
    text = yaml.safe_dump_all((space, DNS, hook))
    fake.put(f"{SYSTEM}/configmaps/rke-coredns-addon", {"kind": "ConfigMap", "data": {"x": text}})
    assert titles(objects, [], COREDNS)[:2] == [f"{kind} dns", "Deployment kube-system/coredns"]
    assert "Namespace dns" not in titles(objects, [], COREDNS)


def test_what_the_webhook_of_ingress_nginx_needs_stays_and_the_jobs_that_made_its_certificate_go(
    objects: Objects, fake: FakeApi
) -> None:
    hooks, net = "admissionregistration.k8s.io/v1", "networking.k8s.io/v1"
    fake.served |= {
        hooks: (("validatingwebhookconfigurations", "ValidatingWebhookConfiguration", False),),
        net: (("ingressclasses", "IngressClass", False), ("networkpolicies", "NetworkPolicy", True)),
    }
    fake.served["v1"] = (*fake.served["v1"], ("services", "Service", True))
    stays = {
        f"/apis/{hooks}/validatingwebhookconfigurations/ingress-nginx-admission": (hooks, HOOK),
        f"/apis/{net}/ingressclasses/nginx": (net, "IngressClass"),
        "/api/v1/namespaces/ingress-nginx/services/ingress-nginx-controller-admission": ("v1", "Service"),
        "/api/v1/namespaces/ingress-nginx/configmaps/tcp-services": ("v1", "ConfigMap"),
    }
    goes = {
        "/apis/batch/v1/namespaces/ingress-nginx/jobs/ingress-nginx-admission-create": ("batch/v1", "Job"),
        "/apis/batch/v1/namespaces/ingress-nginx/jobs/ingress-nginx-admission-patch": ("batch/v1", "Job"),
        f"/apis/{net}/namespaces/ingress-nginx/networkpolicies/ingress-nginx-admission": (net, "NetworkPolicy"),
        f"/apis/{RBAC}/clusterroles/ingress-nginx-admission": (RBAC, "ClusterRole"),
    }
    text = [
        {
            "apiVersion": version,
            "kind": kind,
            "metadata": {"name": place.rsplit("/", 1)[1], "namespace": "ingress-nginx"},  # also of what has none
        }
        for place, (version, kind) in (stays | goes).items()
    ]
    for place, item in zip(stays | goes, text, strict=True):
        fake.put(place, item)
    fake.put(f"{SYSTEM}/configmaps/{INGRESS}", {"kind": "ConfigMap", "data": {"x": yaml.safe_dump_all(text)}})
    fake.put(f"/apis/batch/v1/namespaces/kube-system/jobs/{INGRESS}-deploy-job", {"kind": "Job"})
    secret = "/api/v1/namespaces/ingress-nginx/secrets/ingress-nginx-admission"
    fake.put(secret, {"kind": "Secret"})
    found = left_of_jobs(objects, (INGRESS,), text[: len(stays)], (INGRESS,))
    forget(objects, found)
    assert {*stays, secret} <= fake.objects.keys()
    assert not goes.keys() & fake.objects.keys()
    assert {item.name for item in found} == {
        *(place.rsplit("/", 1)[1] for place in goes),
        INGRESS,
        f"{INGRESS}-deploy-job",
    }
