"""The tables of programs and images: complete, pinned, and in an order in which they can be built."""

from __future__ import annotations

import re

import pytest

from vagrant.lab import images, programs, toolchain
from vagrant.lab.images import BASE, RKE_BASE, SCRATCH
from vagrant.lab.programs import SOURCES, Program

GO = toolchain.Go(program="go", version="go1.26.8")
PROGRAMS = (*programs.ALL, *programs.FOR_RKE)
GO_PROGRAMS = [program for program in PROGRAMS if isinstance(program, Program)]
IMAGES = (*images.ALL, *images.FOR_RKE)


def ids(item):
    return item.name


@pytest.mark.parametrize("image", IMAGES, ids=ids)
def test_a_base_is_built_before_what_stands_on_it(image):
    before = {SCRATCH, BASE, RKE_BASE, *(other.name for other in IMAGES[: IMAGES.index(image)])}
    assert image.base in before


@pytest.mark.parametrize("image", images.ALL, ids=ids)
def test_every_image_but_the_shared_layers_has_its_own_entrypoint(image):
    entrypoints = [line for line in image.lines if line.startswith("ENTRYPOINT")]
    assert len(entrypoints) == (0 if image.name.startswith("kubernetes:") else 1)


def test_no_image_is_named_twice():
    names = [image.name for image in IMAGES]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("image", IMAGES, ids=ids)
def test_the_binaries_of_an_image_are_those_of_its_programs(image):
    for program, binary in image.files.values():
        assert program in PROGRAMS
        assert binary in (program.binaries or {program.name: ""})


@pytest.mark.parametrize("image", images.FOR_RKE, ids=ids)
def test_scripts_of_an_image_can_be_run(image):
    for script in image.scripts.values():
        assert script.stat().st_mode & 0o111 == 0o111


def test_what_is_built_apart_is_no_part_of_the_ordinary_lab():
    ordinary = {program.name for image in images.ALL for program, _ in image.files.values()}
    assert not ordinary & {program.name for program in programs.FOR_RKE}
    assert not {program.name for program in programs.ALL} & {program.name for program in programs.FOR_RKE}


@pytest.mark.parametrize("program", GO_PROGRAMS, ids=ids)
def test_every_go_program_is_pinned(program):
    module = (SOURCES / program.module / "go.mod").read_text()
    assert (SOURCES / program.module / "go.sum").read_text()
    assert "latest" not in module


@pytest.mark.parametrize("program", GO_PROGRAMS, ids=ids)
def test_the_toolchain_is_new_enough(program):
    wanted = re.search(r"^go (\S+)$", (SOURCES / program.module / "go.mod").read_text(), re.MULTILINE)
    assert wanted
    assert toolchain.numbers(f"go{wanted[1]}")[:2] <= toolchain.MINIMUM


@pytest.mark.parametrize("version", [*programs.KUBERNETES_VERSIONS, programs.RKE_KUBERNETES, programs.RKE_NEWER])
def test_kubernetes_says_its_version(version):
    assert f"gitVersion={version}" in programs.kubernetes(version).flags
    assert f"k8s.io/kubernetes {version}" in (SOURCES / "kubernetes" / version / "go.mod").read_text()


@pytest.mark.parametrize("version", [*programs.ETCD_VERSIONS, programs.RKE_ETCD])
def test_etcd_is_of_the_line_it_is_named_for(version):
    assert f"go.etcd.io/etcd/server/v3 v{version}" in (SOURCES / "etcd" / f"v{version}" / "go.mod").read_text()


def test_another_toolchain_is_another_program():
    other = toolchain.Go(program="go", version="go1.27.0")
    assert programs.COREDNS.key(GO) != programs.COREDNS.key(other)


def test_names_in_cluster_yml_are_images_of_the_lab():
    from vagrant.lab.folder import system_images

    built = {image.reference for image in images.ALL}
    for kubernetes in programs.KUBERNETES_VERSIONS:
        named = system_images("tools:x", kubernetes)
        assert set(named.values()) - {"tools:x"} <= built


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        pytest.param("go1.26.8", (1, 26, 8), id="release"),
        pytest.param("go1.27", (1, 27), id="short"),
        pytest.param("go1.24.3 X:boringcrypto", (), id="unknown"),
        pytest.param("go1.26.8-custom", (1, 26, 8), id="vendor"),
        pytest.param("", (), id="nothing"),
    ],
)
def test_numbers_of_a_go_version(text, numbers):
    assert toolchain.numbers(text) == numbers
