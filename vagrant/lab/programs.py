"""The programs of the lab, built from Go modules and one C file; go.sum files beside this pin everything."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from . import packages, toolchain
from .cache import Cache, key_of
from .commands import run
from .toolchain import Go

SOURCES = Path(__file__).parent / "programs"

KUBERNETES_VERSIONS = ("v1.34.4", "v1.33.13")
ETCD_VERSIONS = ("3.6.16", "3.5.35")

RKE_KUBERNETES, RKE_ETCD = "v1.32.2", "3.5.16"
"""What RKE's last clusters run; built only when it is asked for."""

RKE_NEWER = "v1.32.6"
"""A later release of RKE's own, for an upgrade among those."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One or more programs of a Go module.

    Attributes:
        sources: Folder below ``programs/`` with the .go files.
        module: Folder with go.mod and go.sum; the same one unless versions share their sources.
        binaries: File name: Go package.
        flags: For the linker.
        cgo: Needs a C compiler; linked statically all the same.
    """

    name: str
    sources: str
    module: str
    binaries: Mapping[str, str]
    flags: str = ""
    tags: str = ""
    cgo: bool = False

    def key(self, go: Go) -> str:
        """The hash of what it is built from."""
        texts = sorted((SOURCES / self.sources).glob("*.go"))
        module = SOURCES / self.module
        options = (go.version, self.flags, self.tags, str(self.cgo), str(sorted(self.binaries.items())))
        return key_of(*texts, module / "go.mod", module / "go.sum", *options)

    def built(self, cache: Cache, go: Go) -> Path:
        """Return where its binaries are, or will be."""
        return cache.root / "programs" / f"{self.name}-{self.key(go)}"

    def build(self, cache: Cache, go: Go) -> Path:
        """Return the folder with its binaries, built if they are missing."""
        target = self.built(cache, go)
        if not target.exists():
            if self.cgo:
                packages.require("gcc")
            with cache.building(target) as work, tempfile.TemporaryDirectory(prefix="rke-py-lab-") as folder:
                source = Path(folder)
                for file in (*(SOURCES / self.sources).glob("*.go"), *(SOURCES / self.module).glob("go.*")):
                    shutil.copy(file, source)
                for binary, package in self.binaries.items():
                    toolchain.build(go, source, work / binary, package, flags=self.flags, tags=self.tags, cgo=self.cgo)
        return target


@dataclass(frozen=True, slots=True, kw_only=True)
class CProgram:
    """A program of one C file, without any library."""

    name: str
    source: str
    binaries: Mapping[str, str] = field(default_factory=dict)

    def key(self, go: Go) -> str:
        """The hash of what it is built from; the toolchain of Go has no part in it."""
        return key_of(SOURCES / self.source)

    def built(self, cache: Cache, go: Go) -> Path:
        """Return where its binary is, or will be."""
        return cache.root / "programs" / f"{self.name}-{self.key(go)}"

    def build(self, cache: Cache, go: Go) -> Path:
        """Return the folder with the binary, built if it is missing."""
        target = self.built(cache, go)
        if not target.exists():
            packages.require("gcc")
            with cache.building(target) as work:
                run("gcc", "-static", "-Os", "-o", str(work / self.name), str(SOURCES / self.source))
        return target


def kubernetes(version: str) -> Program:
    """One program for all components of a release: a quarter of the size of six."""
    major, minor, _ = version.removeprefix("v").split(".")
    package = "k8s.io/component-base/version"
    return Program(
        name=f"kubernetes-{version}",
        sources="kubernetes",
        module=f"kubernetes/{version}",
        binaries={"hyperkube": "."},
        flags=f"-X {package}.gitVersion={version} -X {package}.gitMajor={major} -X {package}.gitMinor={minor}",
        tags="before134" if int(minor) < 34 else "",
    )


def etcd(version: str) -> Program:
    """Server, etcdctl and etcdutl of one release."""
    return Program(
        name=f"etcd-{version}",
        sources="etcd",
        module=f"etcd/v{version}",
        binaries={
            "etcd": "go.etcd.io/etcd/server/v3",
            "etcdctl": "go.etcd.io/etcd/etcdctl/v3",
            "etcdutl": "go.etcd.io/etcd/etcdutl/v3",
        },
    )


def _single(name: str, package: str, *, binary: str = "", flags: str = "", cgo: bool = False) -> Program:
    return Program(name=name, sources=name, module=name, binaries={binary or name: package}, flags=flags, cgo=cgo)


FLANNEL = _single(
    "flannel",
    "github.com/flannel-io/flannel",
    binary="flanneld",
    flags="-extldflags -static -X github.com/flannel-io/flannel/pkg/version.Version=v0.28.4",
    cgo=True,  # its udp back-end is C
)
FLANNEL_CNI = _single("flannel-cni", "github.com/containernetworking/plugins/plugins/meta/flannel", binary="flannel")
COREDNS = _single("coredns", "github.com/coredns/coredns")
METRICS_SERVER = _single("metrics-server", "sigs.k8s.io/metrics-server/cmd/metrics-server")
VERSITYGW = _single("versitygw", "github.com/versity/versitygw/cmd/versitygw")
CRI_DOCKERD = _single("cri-dockerd", "github.com/Mirantis/cri-dockerd")
PAUSE = CProgram(name="pause", source="pause.c")

# The slow ones first.
ALL: tuple[Program | CProgram, ...] = (
    *(kubernetes(version) for version in KUBERNETES_VERSIONS),
    METRICS_SERVER,
    COREDNS,
    *(etcd(version) for version in ETCD_VERSIONS),
    FLANNEL,
    VERSITYGW,
    FLANNEL_CNI,
    PAUSE,
)

FOR_RKE: tuple[Program | CProgram, ...] = (
    kubernetes(RKE_KUBERNETES),
    kubernetes(RKE_NEWER),
    CRI_DOCKERD,
    etcd(RKE_ETCD),
)
"""What a cluster as RKE makes it needs beside those."""
