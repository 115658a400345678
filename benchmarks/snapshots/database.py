"""etcd's database on the lab, made as large as it has to be, and snapshots of it by etcd's own programs alone."""

from __future__ import annotations

import textwrap
import time
from concurrent.futures import ThreadPoolExecutor

import yaml

from tests.lab.lab import FULL, Lab

_SNAPSHOTS, _CERTIFICATES = "/opt/rke/etcd-snapshots", "/etc/kubernetes/ssl"
_STANDING = "benchmark-etcd-programs"
_WRITTEN_AT_ONCE, _VALUE = 100, 10_000
"""So many values of so many random bytes in one transaction: what Kubernetes keeps is about that large."""

_WRITE = f"""
    import base64, http.client, json, os, ssl, sys
    tls = ssl.create_default_context(cafile="{_CERTIFICATES}/kube-etcd-ca.pem")
    tls.load_cert_chain(sys.argv[1] + ".pem", sys.argv[1] + "-key.pem")
    etcd = http.client.HTTPSConnection("127.0.0.1", 2379, context=tls)
    def text(data): return base64.b64encode(data).decode()
    for batch in range(int(sys.argv[2])):
        puts = []
        for number in range({_WRITTEN_AT_ONCE}):
            key = f"/benchmark/{{sys.argv[3]}}/{{batch:06}}/{{number:03}}"
            puts.append(dict(requestPut=dict(key=text(key.encode()), value=text(os.urandom({_VALUE})))))
        etcd.request("POST", "/v3/kv/txn", json.dumps(dict(success=puts)))
        answer = etcd.getresponse()
        told = answer.read()
        assert answer.status == 200, told
"""


def write(lab: Lab, megabytes: int, name: str) -> None:
    """Write values to etcd, beside those of Kubernetes."""
    host, batches = FULL[0], megabytes * 1_000_000 // (_WRITTEN_AT_ONCE * _VALUE)
    words = ("run", "--rm", "--network", "host", "--volume", "/etc/kubernetes:/etc/kubernetes:ro")
    script = textwrap.dedent(_WRITE)
    own = _own(lab, host)
    lab.docker(host, *words, "--entrypoint", "python3", _tools(lab), "-c", script, own, str(batches), name)


def megabytes(lab: Lab) -> float:
    """Return how large the database of a member is."""
    return int(lab.run(FULL[0], "stat", "--format", "%s", "/var/lib/etcd/member/snap/db")) / 1e6


class Programs:
    """etcdctl and etcdutl in a container that stands on every member's host, so that none has to be started."""

    def __init__(self, lab: Lab, line: str = "3.6") -> None:
        self._lab = lab
        self._folder = f"/usr/local/lib/etcd/{line}"
        binds = ("--volume", "/etc/kubernetes:/etc/kubernetes:ro", "--volume", f"{_SNAPSHOTS}:{_SNAPSHOTS}")
        for host in FULL:
            lab.docker(host, "rm", "--force", _STANDING)
            words = ("run", "--detach", "--network", "host", "--name", _STANDING, *binds, "--entrypoint", "sleep")
            lab.docker(host, *words, _tools(lab), "infinity")

    def seconds(self) -> float:
        """Save a snapshot on every member at the same time and read it from end to end; return how long all took."""
        began = time.monotonic()
        with ThreadPoolExecutor(len(FULL)) as pool:
            list(pool.map(self._save, FULL))
        return time.monotonic() - began

    def close(self) -> None:
        """Remove the containers."""
        for host in FULL:
            self._lab.docker(host, "rm", "--force", _STANDING)

    def _save(self, host: str) -> None:
        path, own = f"{_SNAPSHOTS}/{_STANDING}.db", _own(self._lab, host)
        tls = f"--cacert {_CERTIFICATES}/kube-etcd-ca.pem --cert {own}.pem --key {own}-key.pem"
        save = f"{self._folder}/etcdctl --endpoints https://127.0.0.1:2379 {tls} snapshot save {path}"
        script = f"{save} && {self._folder}/etcdutl snapshot status {path}; status=$?; rm -f {path}; exit $status"
        self._lab.docker(host, "exec", _STANDING, "sh", "-c", script)


def _own(lab: Lab, host: str) -> str:
    """Return the path of the member's certificate, without its ending."""
    return f"{_CERTIFICATES}/kube-etcd-{lab.address(host).replace('.', '-')}"


def _tools(lab: Lab) -> str:
    image: str = yaml.safe_load((lab.folder / "cluster.yml").read_text())["system_images"]["tools"]
    return image
