"""Who uses APIs that a later release does not serve, as API servers and objects tell."""

from __future__ import annotations

import json

import pytest

from rke_py.catalog.removed import removed
from rke_py.kube.objects import Objects
from rke_py.kube.removed import removed_uses, requested

from .fake_api import Fault

METRICS = """\
# TYPE apiserver_requested_deprecated_apis gauge
apiserver_requested_deprecated_apis{group="policy",removed_release="1.25",resource="podsecuritypolicies",\
subresource="",version="v1beta1"} 1
apiserver_requested_deprecated_apis{group="",removed_release="",resource="componentstatuses",subresource="",\
version="v1"} 1
apiserver_requested_deprecated_apis{group="autoscaling",removed_release="1.26",resource="horizontalpodautoscalers",\
subresource="",version="v2beta2"} 1
apiserver_request_total{code="200"} 7
"""
BUDGET = removed("policy/v1beta1", "PodDisruptionBudget", (1, 25))
BUDGETS = "/apis/policy/v1/namespaces/shop/poddisruptionbudgets"


def test_an_api_server_tells_what_it_was_asked_for_that_goes_until_a_release():
    assert list(requested(METRICS, (1, 25))) == [("policy/v1beta1", "podsecuritypolicies")]


def test_objects_tell_who_wrote_them_in_which_version(api, fake):
    fake.served["policy/v1"] = (("poddisruptionbudgets", "PodDisruptionBudget", True),)
    fake.texts["/metrics"] = (200, METRICS)
    applied = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"apiVersion": "policy/v1beta1"})}
    fields = [{"manager": "helm", "apiVersion": "policy/v1beta1"}, {"manager": "other", "apiVersion": "policy/v1"}]
    fake.put(f"{BUDGETS}/web", {"kind": "PodDisruptionBudget", "metadata": {"managedFields": fields}})
    fake.put(f"{BUDGETS}/db", {"kind": "PodDisruptionBudget", "metadata": {"annotations": applied}})
    fake.put(f"{BUDGETS}/new", {"kind": "PodDisruptionBudget", "metadata": {"managedFields": fields[1:]}})
    request, written = removed_uses(api, Objects(api), (1, 25), (BUDGET,))
    assert (request.api_version, request.what, len(request.servers)) == ("policy/v1beta1", "podsecuritypolicies", 1)
    names = {"PodDisruptionBudget shop/web (by helm)", "PodDisruptionBudget shop/db (by kubectl)"}
    assert (written.api_version, set(written.objects)) == ("policy/v1beta1", names)


@pytest.mark.parametrize("applied", ["", "{half", "[]"])
def test_what_kubectl_did_not_write_tells_nothing(api, fake, applied):
    fake.texts["/metrics"] = (200, "")
    fake.served["policy/v1"] = (("poddisruptionbudgets", "PodDisruptionBudget", True),)
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": applied}
    fake.put(f"{BUDGETS}/odd", {"kind": "PodDisruptionBudget", "metadata": {"annotations": annotations}})
    assert removed_uses(api, Objects(api), (1, 25), (BUDGET,)) == ()


def test_a_kind_that_can_only_be_created_has_no_objects(api, fake):
    fake.texts["/metrics"] = (200, "")
    fake.served["authentication.k8s.io/v1"] = (("selfsubjectreviews", "SelfSubjectReview", False),)

    def refuse(method: str, path: str) -> None:
        if path.endswith("/selfsubjectreviews"):
            raise Fault(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")

    fake.before = refuse
    review = removed("authentication.k8s.io/v1beta1", "SelfSubjectReview", (1, 33))
    assert removed_uses(api, Objects(api), (1, 33), (review,)) == ()


def test_a_kind_that_is_not_served_has_no_objects(api, fake):
    fake.texts["/metrics"] = (200, "")
    assert removed_uses(api, Objects(api), (1, 25), (BUDGET,)) == ()
