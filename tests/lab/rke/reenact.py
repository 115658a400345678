"""The cluster that RKE made, made once more on the lab's hosts from what was recorded of it.

Hosts have the recorded names and addresses, since certificates, kubeconfigs and arguments name them. Files are those
that RKE wrote; containers get names, images, arguments, environment, binds and labels exactly as Docker told them; etcd
begins with RKE's own snapshot, so that every object is there as it was. Pods run in Docker, through cri-dockerd. What
is in the images is not as it was (``vagrant/lab/images.py``).
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from tests.plan.rke.recorded import HOSTS, MADE, RECORDED, config, files, inspected
from vagrant.lab import hosts, images
from vagrant.lab.images import REGISTRY

from ..cluster import Cluster
from ..kubectl import Kubectl, Object
from ..lab import Lab, started_as
from ..operator import Operator, Run
from ..waiting import until

SNAPSHOT = "first"
"""The snapshot that RKE took, by the name it gave it."""

RECORDED_REGISTRY = "172.30.0.1:5000"
"""Where its images came from; here hosts have them under these names, and nobody answers there."""

_ETCD = "rancher/mirrored-coreos-etcd"
_DATA = "/var/lib/rancher/etcd/"
_SNAPSHOTS = "/opt/rke/etcd-snapshots"
_LOGS = "/var/lib/rancher/rke/log"
_UNTIL_API = ("service-sidekick", "etcd", "etcd-rolling-snapshots", "kube-apiserver")
_AFTER_API = ("kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")
"""In the order in which RKE makes them; it waits for the API servers too."""

_PULL = """
for image in {images}; do
  {docker} pull -q {registry}/$image > /dev/null
  {docker} tag {registry}/$image {recorded}/$image
done
"""


SPARE, SPARE_ADDRESS = "r4", "172.30.0.24"
"""A host beside the recorded ones."""


def reenacted(name: str, folder: Path, *, spare: bool = False) -> Cluster:
    """Start hosts and make the cluster on them; see `hosts_for_rke` and `made_by_rke`."""
    lab = hosts_for_rke(name, folder / "hosts", spare=spare)
    try:
        return made_by_rke(lab, folder / "operator")
    except BaseException:
        lab.down()
        raise


def hosts_for_rke(name: str, folder: Path, *, spare: bool = False, small_disks: Sequence[str] = ()) -> Lab:
    """Start the recorded hosts, and one to spare if it is asked for: they have RKE's images and nothing else."""
    every = HOSTS | ({SPARE: SPARE_ADDRESS} if spare else {})
    lab = started_as(name, folder, every, small_disks)
    _at_once(lambda host: _give_images(lab, host), tuple(every))
    return lab


def joining(config: dict[str, Any], tools: str) -> None:
    """Let cluster.yml have the spare host as a worker, and the tools image that a new host is looked at with."""
    config["system_images"]["tools"] = tools
    node = {"address": SPARE_ADDRESS, "hostname_override": SPARE, "user": "root", "role": ["worker"]}
    config["nodes"].append(node)


def tools_of(lab: Lab) -> str:
    """Return the tools image of the lab, for ``system_images.tools``: RKE's cluster.yml names none."""
    tools: str = of_lab(lab)["system_images"]["tools"]
    return tools


def of_lab(lab: Lab) -> dict[str, Any]:
    """Return the cluster.yml that the lab wrote: it has the images, and where they come from."""
    written: dict[str, Any] = yaml.safe_load((lab.folder / "cluster.yml").read_text())
    return written


def made_by_rke(lab: Lab, folder: Path) -> Cluster:
    """Make the cluster on its hosts; its operator has the files that RKE left beside cluster.yml."""
    person = _operator(lab, folder)
    kubectl = Kubectl(lab.kubectl, person.kubeconfig)
    _at_once(lambda host: _set_up(lab, host), tuple(HOSTS))
    _at_once(lambda host: _begin(lab, host, _UNTIL_API), tuple(HOSTS))
    for host in HOSTS:
        until(lambda host=host: _api_is_ready(kubectl, host), f"the API server of {host} is ready")
    _at_once(lambda host: _begin(lab, host, _AFTER_API), tuple(HOSTS))
    kubectl.wait_nodes(*HOSTS)
    until(lambda: all(map(_runs_anew, _pods(kubectl))), "every pod runs again", seconds=180)
    return Cluster(person, kubectl, made=Run(status=0, out="", err=""))


def _at_once(act: Callable[[str], None], names: Sequence[str]) -> None:
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(act, names))


def _give_images(lab: Lab, host: str) -> None:
    """Give a host the images under the names that they had where the cluster was recorded, as an air gap does."""
    every = " ".join(image.name for image in images.FOR_RKE)
    script = _PULL.format(docker=lab.engine, images=every, registry=REGISTRY, recorded=RECORDED_REGISTRY)
    lab.shell(host, script)


def _set_up(lab: Lab, host: str) -> None:
    """Write what RKE wrote, and let etcd begin with what the snapshot has."""
    with zipfile.ZipFile(MADE / "first.zip") as archive:
        snapshot = archive.read(f"/backup/{SNAPSHOT}")
    kept = {f"{_SNAPSHOTS}/{SNAPSHOT}.zip": (MADE / "first.zip").read_bytes()}
    _write(lab, host, {**files(), **kept, f"{_SNAPSHOTS}-restore/{SNAPSHOT}": snapshot})
    lab.shell(host, f"mkdir -p /etc/kubernetes/.tmp {_LOGS} && chmod 700 /var/lib/etcd")
    words = inspected(host)["etcd"]["Config"]["Cmd"]
    flags = ("--name=", "--initial-cluster=", "--initial-cluster-token=", "--initial-advertise-peer-urls=")
    lab.docker(
        *(host, "run", "--rm", "--network=none", "-v", f"/var/lib/etcd:{_DATA}", "-v", f"{_SNAPSHOTS}-restore:/from"),
        *(
            f"{RECORDED_REGISTRY}/{_ETCD}:v3.5.16",
            "/usr/local/bin/etcdutl",
            "snapshot",
            "restore",
            f"/from/{SNAPSHOT}",
        ),
        # a folder of its own: where the data have a small disk, they lie beside its lost+found
        *(f"--data-dir={_DATA}begun", *(word for word in words if word.startswith(flags))),
    )
    lab.shell(host, "mv /var/lib/etcd/begun/member /var/lib/etcd/ && rmdir /var/lib/etcd/begun")
    lab.run(host, "rm", "-r", f"{_SNAPSHOTS}-restore")


def _write(lab: Lab, host: str, contents: Mapping[str, bytes]) -> None:
    """Write files that only root may read."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in contents.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode, entry.mtime = len(content), 0o600, RECORDED.timestamp()
            archive.addfile(entry, io.BytesIO(content))
    target = f"{hosts.container_of(lab.name, host)}:/"
    subprocess.run(["docker", "cp", "-", target], input=packed.getvalue(), check=True, capture_output=True)


def _begin(lab: Lab, host: str, names: Sequence[str]) -> None:
    """Create and start containers as Docker told of them, each with the link to its log that RKE makes."""
    for name in names:
        found = inspected(host)[name]
        body = found["Config"] | {"HostConfig": found["HostConfig"]}
        created = json.loads(_engine(lab, host, f"containers/create?name={name}", json.dumps(body)))
        if found["State"]["Status"] != "running":
            continue
        _engine(lab, host, f"containers/{name}/start")
        log = f"/var/lib/docker/containers/{created['Id']}/{created['Id']}-json.log"
        lab.run(host, "ln", "-s", log, f"{_LOGS}/{name}_{created['Id']}.log")


def _engine(lab: Lab, host: str, path: str, body: str = "") -> str:
    """Ask a host's Docker; ``docker exec`` may lose the end of an input in which there is nothing else."""
    words = ("curl", "-sS", "--fail-with-body", "--unix-socket", "/run/docker.sock", "-X", "POST")
    json_text = ("-H", "Content-Type: application/json", "-d", "@-") if body else ()
    return lab.run(host, *words, *json_text, f"http://docker/{path}", stdin=body or None)


def _operator(lab: Lab, folder: Path) -> Operator:
    """Return who ran RKE in this folder: her key where cluster.yml says it is, and the files that RKE left."""
    shutil.rmtree(folder, ignore_errors=True)
    home = folder / "home"
    (home / ".ssh").mkdir(parents=True, exist_ok=True)
    shutil.copy(lab.folder / "known_hosts", home / ".ssh" / "known_hosts")
    shutil.copy(lab.key, home / ".ssh" / "id_ed25519")
    for name in ("cluster.yml", "cluster.rkestate", "kube_config_cluster.yml"):
        shutil.copy(MADE / name, folder)
    return Operator(lab, folder, home, config())


def _api_is_ready(kubectl: Kubectl, host: str) -> bool:
    return kubectl("--server", f"https://{HOSTS[host]}:6443", "get", "--raw", "/readyz") == "ok"


def _pods(kubectl: Kubectl) -> Sequence[Object]:
    return kubectl.items("pods", "--all-namespaces", "--field-selector", "status.phase!=Succeeded")


def _runs_anew(pod: Object) -> bool:
    """Tell whether a pod runs here: at first the API says of each what it said when it was recorded."""
    containers = pod["status"]["containerStatuses"]
    return all(found["ready"] and found["containerID"].startswith("docker://") for found in containers)
