import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rke_py.config.checks.syntax import is_subdomain
from rke_py.errors import ConfigError, RkeError
from rke_py.workflows.loading import load_cluster
from rke_py.workflows.user_addons import addon_name

_NODES = "nodes: [{address: 192.0.2.1, user: u, role: [etcd, controlplane, worker]}]\n"
_OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n"


def included(folder, entry):
    path = folder / "cluster.yml"
    path.write_text(f"{_NODES}addons_include: [{entry}]\n")
    return load_cluster(path).cluster.addons


def test_a_file_is_an_add_on_of_its_name(tmp_path):
    (tmp_path / "app.yml").write_text(_OBJECT)
    (addon,) = included(tmp_path, "app.yml")
    assert (addon.name, addon.text) == ("app.yml", _OBJECT)


@pytest.mark.parametrize("url", ["https://192.0.2.1:port/app.yml", "http://[192.0.2.1/app.yml"])
def test_what_is_no_url_is_refused(tmp_path, url):
    with pytest.raises(RkeError, match=f"addons_include: {re.escape(url)} (is not a URL|cannot be downloaded)"):
        included(tmp_path, f'"{url}"')


def test_a_folder_is_all_its_manifests_by_name(tmp_path):
    folder = tmp_path / "manifests"
    (folder / "more").mkdir(parents=True)
    for name in ("b.yaml", "a.yml", "c.json", "README.md", "more/d.yml"):
        (folder / name).write_text(_OBJECT)
    assert [addon.name for addon in included(tmp_path, "manifests/")] == [
        "manifests.a.yml",
        "manifests.b.yaml",
        "manifests.c.json",
    ]


@pytest.mark.parametrize(
    ("file", "what"),
    [
        ("kustomization.yaml", "folder is a kustomization, which rke-py does not build"),
        ("notes.txt", "there is no manifest in folder"),
    ],
)
def test_a_folder_that_cannot_be_applied_is_refused(tmp_path, file, what):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / file).write_text("a: b\n")
    with pytest.raises(ConfigError, match=rf"addons_include\[0\]: {what}"):
        included(tmp_path, "folder")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"addons_include\[0\]: gone.yml cannot be read: No such file"):
        included(tmp_path, "gone.yml")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("app.yml", "app.yml"),
        ("example.com/manifests/app.yml", "example.com-manifests-app.yml-"),
        ("My_App.yml", "my-app.yml-"),
        ("äöü", "addon-"),
    ],
)
def test_the_name_of_an_add_on_can_be_an_objects(written, name):
    assert addon_name(written).startswith(name)


@given(st.text(min_size=1, max_size=300))
def test_every_name_can_be_an_objects(written):
    assert is_subdomain(f"rke-py-{addon_name(written)}"[:253])


def test_names_that_look_alike_stay_apart():
    assert addon_name("a_b.yml") != addon_name("a b.yml")
