"""``make demo``: four hosts on this machine become a cluster, and the cluster shows what it can do.

Everything lies in ``.demo/``: cluster.yml, state, kubeconfig, key and known_hosts of the hosts.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .lab.cache import Cache
from .lab.docker import answers
from .lab.errors import LabError
from .lab.hosts import of_lab
from .lab.images import REGISTRY

NAME = "demo"
FOLDER = Path(".demo")
_METRICS_SECONDS = 90

# A server on the worker and a client on another host: the request crosses hosts, its name is resolved by CoreDNS.
_MANIFEST = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      nodeName: n4
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: {REGISTRY}/lab-test:13
          command: [sh, -c, "cd /srv && echo Hello from $NODE > index.html && exec python3 -m http.server 8080"]
          env: [{{name: NODE, valueFrom: {{fieldRef: {{fieldPath: spec.nodeName}}}}}}]
          readinessProbe: {{tcpSocket: {{port: 8080}}, periodSeconds: 1}}
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{selector: {{app: web}}, ports: [{{port: 80, targetPort: 8080}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: client}}
spec:
  nodeName: n1
  terminationGracePeriodSeconds: 1
  containers:
    - name: client
      image: {REGISTRY}/lab-test:13
      command: [sleep, infinity]
"""


def main() -> int:
    """Start the hosts, make the cluster, show it."""
    try:
        _start_hosts()
        _shown("rke-py", "up", "--config", str(FOLDER / "cluster.yml"), "--yes")
        _show_cluster()
    except (LabError, subprocess.CalledProcessError) as fault:
        print(f"Error: {fault}", file=sys.stderr)
        return 1
    print(
        f"\nThe cluster runs. Try:\n"
        f"  {Cache.of_user().root}/bin/kubectl --kubeconfig {_kubeconfig()} get pods -A\n"
        f"  .venv/bin/rke-py status --config {FOLDER}/cluster.yml\n"
        f"  make demo-down"
    )
    return 0


def _start_hosts() -> None:
    if answers() and any(host.lab == NAME for host in of_lab()):
        print(f"The hosts of the lab {NAME} run already.")
        return
    shutil.rmtree(FOLDER, ignore_errors=True)  # the state of a cluster whose hosts are gone
    lab = (sys.executable, "-m", "vagrant.lab")
    subprocess.run([*lab, "up", "--name", NAME, "--hosts", "4", "--folder", str(FOLDER), "--preload"], check=True)


def _show_cluster() -> None:
    _kubectl("get", "nodes", "-o", "wide")
    _kubectl("apply", "-f", "-", stdin=_MANIFEST)
    _kubectl("rollout", "status", "deployment/web", "--timeout=120s")
    _kubectl("wait", "pod/client", "--for=condition=Ready", "--timeout=120s")
    _kubectl("get", "pods", "-o", "wide")
    _kubectl("exec", "client", "--", "getent", "hosts", "web.default.svc.cluster.local")
    _kubectl("exec", "client", "--", "curl", "-sS", "--retry", "5", "--retry-connrefused", "http://web")
    _kubectl("logs", "deployment/web", "--tail=3")
    _until(lambda: _succeeds("top", "nodes"), _METRICS_SECONDS)
    _kubectl("top", "nodes")


def _until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait for the first measurements: metrics-server asks every kubelet twice before it answers."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(
                f"no measurements after {seconds:.0f} s", hint="kubectl -n kube-system logs deploy/metrics-server"
            )
        time.sleep(1)


def _kubeconfig() -> Path:
    return FOLDER / "kube_config_cluster.yml"


def _kubectl_command(*words: str) -> list[str]:
    return [str(Cache.of_user().root / "bin" / "kubectl"), "--kubeconfig", str(_kubeconfig()), *words]


def _succeeds(*words: str) -> bool:
    return subprocess.run(_kubectl_command(*words), capture_output=True, check=False).returncode == 0


def _kubectl(*words: str, stdin: str | None = None) -> None:
    print(f"\n$ kubectl {shlex.join(words)}", flush=True)
    subprocess.run(_kubectl_command(*words), input=stdin, text=True, check=True)


def _shown(program: str, *words: str) -> None:
    print(f"\n$ {program} {shlex.join(words)}", flush=True)
    subprocess.run([str(Path(sys.executable).parent / program), *words], check=True)


if __name__ == "__main__":
    sys.exit(main())
