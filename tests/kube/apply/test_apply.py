from __future__ import annotations

import json

import pytest

from rke_py.errors import ApiError
from rke_py.kube.apply.apply import apply
from rke_py.kube.apply.applyset import PART_OF, ApplySet, addons
from rke_py.kube.apply.compare import compare, differences
from rke_py.kube.apply.kubectl import take_over
from rke_py.kube.objects import NoSuchKind, Objects
from rke_py.plan.observed import ObjectState

from ..fake_api import FakeApi, Fault, connected, running

PARENT = "/api/v1/namespaces/kube-system/configmaps/rke-py-demo"
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {"group": "example.com"},
    "status": {"conditions": [{"type": "Established", "status": "True"}]},
}
APPLIED = {"manager": "rke-py", "operation": "Apply"}
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "demo"}}


def config_map(name: str, **data: str):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "demo"}, "data": data}


def path(name: str) -> str:
    return f"/api/v1/namespaces/demo/configmaps/{name}"


@pytest.fixture
def objects(api) -> Objects:
    return Objects(api)


def states(found):
    return {(item.kind, item.name): item.state for item in found}


def test_members_carry_the_label_of_their_set(objects, fake):
    apply(objects, "demo", [config_map("a", x="1")])
    assert fake.objects[path("a")]["metadata"]["labels"] == {PART_OF: ApplySet(addon="demo").id}
    assert fake.objects[path("a")]["data"] == {"x": "1"}


def test_the_parent_says_which_kinds_and_namespaces_there_are(objects, fake):
    apply(objects, "demo", [config_map("a"), NAMESPACE])
    metadata = fake.objects[PARENT]["metadata"]
    assert metadata["annotations"] == {
        "applyset.kubernetes.io/tooling": "rke-py/v1",
        "applyset.kubernetes.io/contains-group-kinds": "ConfigMap,Namespace",
        "applyset.kubernetes.io/additional-namespaces": "demo",
    }
    assert metadata["labels"] == {"applyset.kubernetes.io/id": ApplySet(addon="demo").id}


def test_the_parent_is_there_before_its_members_and_names_them(objects, fake):
    apply(objects, "demo", [config_map("a")])
    assert fake.log[0] == ("PATCH", PARENT)


def test_namespaces_come_before_what_lives_in_them(objects, fake):
    apply(objects, "demo", [config_map("a"), NAMESPACE])
    written = [place for _, place in fake.log]
    assert written.index("/api/v1/namespaces/demo") < written.index(path("a"))


def test_applied_objects_are_the_same(objects):
    manifests = [config_map("a", x="1"), NAMESPACE]
    apply(objects, "demo", manifests)
    assert {item.state for item in compare(objects, "demo", manifests)} == {ObjectState.SAME}


def test_comparing_writes_nothing(objects, fake):
    apply(objects, "demo", [config_map("a", x="1")])
    fake.log.clear()
    compare(objects, "demo", [config_map("a", x="2"), config_map("b")])
    assert fake.log == []


def test_what_is_absent_different_and_stale_is_told_apart(objects, fake):
    apply(objects, "demo", [config_map("a", x="1"), config_map("b"), config_map("c")])
    fake.objects[path("a")]["data"]["x"] = "edited"
    found = compare(objects, "demo", [config_map("a", x="1"), config_map("b"), config_map("d")])
    assert states(found) == {
        ("ConfigMap", "a"): ObjectState.DIFFERENT,
        ("ConfigMap", "b"): ObjectState.SAME,
        ("ConfigMap", "c"): ObjectState.STALE,
        ("ConfigMap", "d"): ObjectState.ABSENT,
        ("ConfigMap", "rke-py-demo"): ObjectState.SAME,
    }
    assert next(item for item in found if item.name == "a").changed == ("data.x",)


def test_what_left_is_pruned(objects, fake):
    apply(objects, "demo", [config_map("a"), config_map("b")])
    apply(objects, "demo", [config_map("a")])
    assert path("a") in fake.objects
    assert path("b") not in fake.objects


@pytest.mark.parametrize(
    "metadata",
    [
        {"managedFields": [{"manager": "kubectl", "operation": "Apply"}]},
        {"managedFields": [{"manager": "controller", "operation": "Update"}]},
        {"managedFields": [APPLIED], "ownerReferences": [{"kind": "Ingress", "controller": True}]},
    ],
)
def test_what_others_made_with_the_labels_of_ours_is_theirs(objects, fake, metadata):
    apply(objects, "demo", [config_map("a")])
    labels = fake.objects[path("a")]["metadata"]["labels"]
    fake.put(path("copy"), {"kind": "ConfigMap", "metadata": {"labels": labels, **metadata}})
    assert {item.state for item in compare(objects, "demo", [config_map("a")])} == {ObjectState.SAME}
    apply(objects, "demo", [config_map("a")])
    assert path("copy") in fake.objects


def test_another_addons_objects_are_not_pruned(objects, fake):
    apply(objects, "other", [config_map("theirs")])
    apply(objects, "demo", [config_map("a"), config_map("b")])
    apply(objects, "demo", [config_map("a")])
    assert path("theirs") in fake.objects


@pytest.mark.parametrize("kept", [NAMESPACE, CRD])
def test_what_others_keep_their_data_in_is_not_pruned_unasked(objects, fake, kept):
    apply(objects, "demo", [config_map("a"), kept])
    apply(objects, "demo", [config_map("a")])
    assert any(place.endswith(f"/{kept['metadata']['name']}") for place in fake.objects)
    assert {item.state for item in compare(objects, "demo", [config_map("a")])} == {ObjectState.SAME}
    apply(objects, "demo", [config_map("a")], also_kept=True)
    assert not any(place.endswith(f"/{kept['metadata']['name']}") for place in fake.objects)


def test_an_addon_without_objects_is_removed(objects, api, fake):
    apply(objects, "demo", [config_map("a")])
    assert addons(api) == ("demo",)
    assert {item.state for item in compare(objects, "demo", [])} == {ObjectState.STALE}
    apply(objects, "demo", [])
    assert addons(api) == ()
    assert compare(objects, "demo", []) == ()
    assert path("a") not in fake.objects


def test_a_run_that_died_while_applying_leaves_nothing_unknown(objects, fake):
    apply(objects, "demo", [config_map("a")])

    def die(method: str, place: str) -> None:
        if method == "PATCH" and place == path("b"):
            member = ApplySet(addon="demo").member(config_map("b"))
            fake.put(path("b"), {**member, "metadata": {**member["metadata"], "managedFields": [APPLIED]}})
            raise Fault(403, "Forbidden", "killed")

    fake.before = die
    with pytest.raises(ApiError, match="killed"):
        apply(objects, "demo", [config_map("a"), config_map("b"), NAMESPACE])
    fake.before = lambda method, place: None
    assert states(compare(objects, "demo", [config_map("a")]))["ConfigMap", "b"] is ObjectState.STALE


def test_a_kind_is_known_once_its_definition_is(objects, fake):
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "demo"}}
    assert states(compare(objects, "demo", [CRD, widget]))["Widget", "w"] is ObjectState.ABSENT

    def serve(method: str, place: str) -> None:
        if any("customresourcedefinitions" in there for there in fake.objects):
            fake.served["example.com/v1"] = (("widgets", "Widget", True),)

    fake.before = serve
    apply(objects, "demo", [CRD, widget])
    assert "/apis/example.com/v1/namespaces/demo/widgets/w" in fake.objects


def test_a_kind_that_nobody_defines_is_an_error(objects):
    with pytest.raises(NoSuchKind, match=r"example.com/v1 Widget"):
        apply(objects, "demo", [{"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}])


def test_an_object_without_a_name_is_an_error(objects):
    with pytest.raises(ApiError, match=r"ConfigMap has no metadata.name"):
        apply(objects, "demo", [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "x-"}}])


@pytest.fixture
def immutable(fake):
    cause = {"field": "spec.selector", "message": "field is immutable"}

    def refuse(method: str, place: str) -> None:
        if method == "PATCH" and place == path("a"):
            raise Fault(422, "Invalid", "is invalid", (cause,))

    fake.put(path("a"), config_map("a"))
    fake.before = refuse


def test_a_field_that_cannot_be_changed_is_shown_before_it_is_tried(objects, immutable):
    found = compare(objects, "demo", [config_map("a", x="2")])
    assert found[0].state is ObjectState.DIFFERENT
    assert found[0].changed == ("spec.selector: field is immutable",)


def test_a_webhook_that_is_away_is_waited_for(objects, fake):
    refusals = iter(range(3))

    def refuse(method: str, place: str) -> None:
        if method == "PATCH" and place == path("a") and next(refusals, None) is not None:
            raise Fault(500, "InternalError", 'Internal error occurred: failed calling webhook "a": no endpoints')

    fake.before = refuse
    apply(objects, "demo", [config_map("a")])
    assert path("a") in fake.objects


def test_what_an_object_lacks_to_work_is_seen_while_it_is_compared(objects, fake):
    apply(objects, "demo", [CRD])
    (place,) = (place for place, item in fake.objects.items() if item["kind"] == CRD["kind"])
    fake.objects[place]["status"] = {}
    found = {item.name: item for item in compare(objects, "demo", [CRD])}
    assert found["widgets.example.com"].state is ObjectState.SAME
    assert found["widgets.example.com"].missing == "not Established"


def test_a_webhook_that_is_away_does_not_keep_from_comparing(objects, fake):
    fake.put(path("a"), config_map("a"))

    def refuse(method: str, place: str) -> None:
        if method == "PATCH" and place == path("a"):
            raise Fault(500, "InternalError", 'Internal error occurred: failed calling webhook "a": connection refused')

    fake.before = refuse
    found = {item.name: item for item in compare(objects, "demo", [config_map("a"), config_map("b")])}
    assert (found["a"].state, found["b"].state) == (ObjectState.DIFFERENT, ObjectState.ABSENT)
    assert "failed calling webhook" in found["a"].changed[0]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(403, "Forbidden", 'admission webhook "policy.example.com" denied the request: no label'),
        Fault(400, "BadRequest", 'admission webhook "policy.example.com" denied the request: no label'),
        Fault(500, "InternalError", "conversion webhook for example.com/v1, Kind=Thing failed: connection refused"),
    ],
    ids=lambda fault: fault.status,
)
def test_an_object_that_is_refused_does_not_keep_from_comparing_others(objects, fake, fault):
    fake.put(path("a"), config_map("a"))

    def refuse(method: str, place: str) -> None:
        if method == "PATCH" and place == path("a"):
            raise fault

    fake.before = refuse
    found = {item.name: item for item in compare(objects, "demo", [config_map("a"), config_map("b")])}
    assert (found["a"].state, found["b"].state) == (ObjectState.DIFFERENT, ObjectState.ABSENT)
    assert fault.body["message"] in found["a"].changed[0]


def test_a_field_that_cannot_be_changed_is_named_with_a_way_out(objects, immutable):
    with pytest.raises(ApiError, match="ConfigMap demo/a") as error:
        apply(objects, "demo", [config_map("a", x="2")])
    assert error.value.evidence == ("spec.selector: field is immutable",)
    assert "delete the ConfigMap demo/a" in error.value.hint


@pytest.mark.parametrize(
    ("found", "applied", "expected"),
    [
        ({"a": 1}, {"a": 1}, ()),
        ({"a": 1}, {"a": 2}, ("a",)),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 3}]}}, ("a.b[1].c",)),
        ({"a": [1]}, {"a": [1, 2]}, ("a",)),
        ({}, {"a": {"b": 1}}, ("a",)),
        ({"status": {"x": 1}}, {"status": {"x": 2}}, ()),
    ],
)
def test_differences_are_paths(found, applied, expected):
    metadata = {"metadata": {"name": "x", "resourceVersion": "1", "generation": 1}}
    other = {"metadata": {"name": "x", "resourceVersion": "2", "generation": 2, "managedFields": []}}
    assert differences(found | metadata, applied | other) == expected


def test_kubectl_finds_the_set_by_its_id():
    # kubectl's own algorithm: base64 of SHA-256 of "<name>.<namespace>.<kind>.<group>" (KEP-3659).
    assert ApplySet(addon="demo").id == "applyset-XkFm1ItdgEIJgqtUIPqC-6Ry35dMa2SC6YoCS1hhmJM-v1"


def test_objects_of_all_pages_are_found(tmp_path):
    pages = {
        "": {"metadata": {"continue": "more"}, "items": [{"metadata": {"name": "a"}}]},
        "more": {"metadata": {}, "items": [{"metadata": {"name": "b"}}]},
    }

    class Paged(FakeApi):
        def _read(self, path, query):
            return 200, pages[query.get("continue", "")]

    with running(Paged(), tmp_path) as server, connected(server) as api:
        assert [item["metadata"]["name"] for item in Objects(api).listed("/api/v1/pods")] == ["a", "b"]


def managed(*entries: tuple[str, str]) -> list[dict[str, object]]:
    return [{"manager": manager, "operation": operation, "fieldsV1": {}} for manager, operation in entries]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((("kubectl-client-side-apply", "Update"), ("kube-controller-manager", "Update")), True),
        ((("rke-py", "Apply"), ("kubectl-client-side-apply", "Update")), False),
        ((("kubectl", "Apply"),), False),
    ],
)
def test_what_kubectl_applied_is_ours_with_the_first_time(objects, fake, before, after):
    live = config_map("a", x="1", gone="1")
    live["metadata"] |= {"resourceVersion": "7", "managedFields": managed(*before)}
    fake.objects[path("a")] = live
    take_over(objects, config_map("a", x="1"))
    managers = [
        (entry["manager"], entry["operation"]) for entry in fake.objects[path("a")]["metadata"]["managedFields"]
    ]
    handed_over = [("rke-py", "Apply"), *before[1:]]
    assert managers == (handed_over if after else list(before))


def test_what_somebody_put_into_a_config_map_with_kubectl_that_is_his_to_fill_stays_his(objects, fake):
    live = config_map("tcp-services", **{"5432": "shop/db:5432"})
    live["metadata"] |= {"resourceVersion": "7", "managedFields": managed(("kubectl-client-side-apply", "Update"))}
    fake.objects[path("tcp-services")] = live
    empty = {key: value for key, value in config_map("tcp-services").items() if key != "data"}
    take_over(objects, empty)
    assert fake.log == []


def test_what_an_older_kubectl_applied_is_handed_over_with_it(objects, fake):
    applied = {"f:metadata": {"f:annotations": {"f:kubectl.kubernetes.io/last-applied-configuration": {}}}}
    live = config_map("a", x="1", gone="1")
    live["metadata"] |= {"resourceVersion": "7", "managedFields": managed(("kubectl", "Update"), ("edit", "Update"))}
    older, edited = live["metadata"]["managedFields"]
    older |= {"apiVersion": "v1beta1", "time": "2020-05-01T00:00:00Z"}
    older["fieldsV1"] = {**applied, "f:data": {".": {}, "f:gone": {}}}
    newer = managed(("kubectl-client-side-apply", "Update"))[0] | {"apiVersion": "v1", "time": "2024-05-01T00:00:00Z"}
    newer["fieldsV1"] = {**applied, "f:data": {"f:x": {}}}
    live["metadata"]["managedFields"].append(newer)
    fake.objects[path("a")] = live
    take_over(objects, config_map("a", x="1"))
    ours = newer | {"manager": "rke-py", "operation": "Apply"}
    ours["fieldsV1"] = {**applied, "f:data": {".": {}, "f:gone": {}, "f:x": {}}}
    assert fake.objects[path("a")]["metadata"]["managedFields"] == [edited, ours]


def test_an_object_of_which_nobody_noted_anything_becomes_ours_as_kubectl_applied_it(objects, fake):
    live = config_map("a", x="1", gone="1", own="1")
    applied = json.dumps(config_map("a", x="1", gone="1"))
    live["metadata"] |= {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied}}
    fake.put(path("a"), live)
    take_over(objects, config_map("a", x="1"))
    (ours,) = fake.objects[path("a")]["metadata"]["managedFields"]
    assert (ours["manager"], ours["operation"]) == ("rke-py", "Apply")
    assert fake.objects[path("a")]["data"] == {"x": "1", "gone": "1", "own": "1"}


def test_what_was_there_before_our_first_apply_is_nobodys_for_ever(objects, fake):
    live = config_map("a", x="1")
    live["metadata"] |= {"managedFields": managed(("rke-py", "Apply"), ("before-first-apply", "Update"))}
    fake.put(path("a"), live)
    take_over(objects, config_map("a", x="1"))
    assert fake.objects[path("a")]["metadata"]["managedFields"] == managed(("rke-py", "Apply"))


def test_what_kubectl_applied_in_a_form_that_is_served_no_more_stays_as_it_is(objects, fake):
    live = config_map("a", x="1")
    applied = json.dumps({**config_map("a", x="1"), "apiVersion": "gone.example.com/v1", "kind": "Widget"})
    live["metadata"] |= {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied}}
    fake.put(path("a"), live)
    take_over(objects, config_map("a", x="1"))
    assert "managedFields" not in fake.objects[path("a")]["metadata"]


def test_until_kubectls_fields_are_ours_nothing_says_that_they_were(objects, fake):
    live = config_map("a", x="1", gone="1")
    live["metadata"] |= {"resourceVersion": "7", "managedFields": managed(("kubectl-client-side-apply", "Update"))}
    fake.objects[path("a")] = live

    def refuse(method: str, where: str) -> None:
        if method == "PATCH" and where == path("a"):
            raise Fault(403, "Forbidden", "not now")

    fake.before = refuse
    with pytest.raises(ApiError):
        apply(objects, "addon", [config_map("a", x="1")])
    assert list(fake.objects) == [path("a")]


def test_what_is_not_there_is_nobodys(objects, fake):
    take_over(objects, config_map("a"))
    take_over(objects, {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}})
    assert fake.log == []


def test_one_that_somebody_writes_meanwhile_is_read_again(objects, fake):
    live = config_map("a", x="1")
    live["metadata"] |= {"managedFields": managed(("kubectl-client-side-apply", "Update"))}
    fake.put(path("a"), live)
    fake.before = once(lambda: fake.put(path("a"), fake.objects[path("a")]), "PATCH")
    take_over(objects, config_map("a", x="1"))
    assert fake.objects[path("a")]["metadata"]["managedFields"] == managed(("rke-py", "Apply"))


def once(act, verb):
    done = []

    def before(method, _path):
        if method == verb and not done:
            done.append(act())

    return before
