"""What cluster.yml asks of the API server and the kubelet is what they do: every option at once, on one host."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml

from .kubectl import Kubectl
from .lab import Lab
from .operator import Operator, Run
from .operator import operator as make_operator
from .pods import IMAGE, pod, spec
from .waiting import until

pytestmark = pytest.mark.lab

_HOST = "n2"
_TOKEN = "let-me-in"
_ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
_PROVIDERS = "/opt/rke/credential-providers"
_ASKED = "/run/lab-ecr-asked"

# Answers the API server's questions about tokens, where RKE's default kubeconfig has it ask.
_AUTHENTICATOR = f"""
import http.server, json
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = review["spec"]["token"] == "{_TOKEN}"
        status = {{"authenticated": known, "user": {{"username": "friend"}} if known else {{}}}}
        body = json.dumps({{**review, "status": status}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer(("127.0.0.1", 6440), Handler).serve_forever()
"""

# What a cloud's own controller manager does to a new node, as far as the rest of the cluster waits for it.
_CLOUD = """
account=/var/run/secrets/kubernetes.io/serviceaccount
node=https://127.0.0.1:6443/api/v1/nodes/{host}
change() {{
  curl -sS --fail -o /dev/null --cacert $account/ca.crt -H "Authorization: Bearer $(cat $account/token)" \\
    -H 'Content-Type: application/merge-patch+json' -X PATCH -d "$2" "$node$1"
}}
until change /status '{{"status": {{"addresses": [{{"type": "InternalIP", "address": "{address}"}}]}}}}' &&
  change '' '{{"spec": {{"taints": null}}}}'; do sleep 0.5; done
exec sleep infinity
"""

_PROVIDER = f"""#!/bin/sh
{{ cat; echo; echo "key $AWS_ACCESS_KEY_ID"; }} >> {_ASKED}
echo '{{"kind": "CredentialProviderResponse", "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
  "cacheKeyType": "Registry", "auth": {{"*": {{"username": "AWS", "password": "from-amazon"}}}}}}'
"""


@dataclass(frozen=True, slots=True)
class _Life:
    """What was seen from the first ``up`` to ``remove``."""

    second: Run
    encrypted: str
    read_back: str
    violation: str
    policy: str
    events: Sequence[int]
    friend: CompletedProcess[str]
    stranger: CompletedProcess[str]
    audit: Sequence[dict[str, Any]]
    provider: str
    key: str
    shown: str


@pytest.fixture(scope="module")
def life(lab: Lab, authenticator: None, provider: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Life]:
    """A cluster of one host with every option, from nothing to nothing."""
    person = make_operator(lab, tmp_path_factory.mktemp("asked-for"), (_HOST,), metrics=False)
    person.edit(lambda config: _ask_for_everything(config, lab))
    person.up()
    kubectl = Kubectl(lab.kubectl, person.kubeconfig)
    kubectl.wait_nodes(_HOST)
    yield _seen(person, kubectl)
    person.remove()


@pytest.fixture(scope="module")
def authenticator(lab: Lab) -> Iterator[None]:
    """Somebody who knows tokens, on the host's loopback."""
    tools = yaml.safe_load((lab.folder / "cluster.yml").read_text())["system_images"]["tools"]
    run = ("run", "-d", "--rm", "--name", "authenticator", "--network", "host", "--entrypoint", "python3")
    lab.docker(_HOST, *run, tools, "-c", _AUTHENTICATOR)
    yield
    lab.docker(_HOST, "rm", "-f", "authenticator")


@pytest.fixture(scope="module")
def provider(lab: Lab) -> Iterator[None]:
    """A program in the place of Amazon's, which writes down what it is asked."""
    program = f"{_PROVIDERS}/ecr-credential-provider"
    lab.run(_HOST, "install", "-D", "-m", "755", "/dev/stdin", program, stdin=_PROVIDER)
    yield
    lab.shell(_HOST, f"rm -rf {_PROVIDERS} {_ASKED}; rmdir --ignore-fail-on-non-empty /opt/rke")


def _ask_for_everything(config: dict[str, Any], lab: Lab) -> None:
    rules = [{"level": "None", "users": ["system:apiserver"]}, {"level": "Metadata", "verbs": ["create", "get"]}]
    limits = [{"type": "Namespace", "qps": 1, "burst": 10, "cacheSize": 100}]
    cloud = {**spec("cloud", script=_CLOUD.format(host=_HOST, address=lab.address(_HOST))), "hostNetwork": True}
    template = {"metadata": {"labels": {"app": "cloud"}}, "spec": {**cloud, "tolerations": [{"operator": "Exists"}]}}
    manager = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "cloud", "namespace": "kube-system"},
        "spec": {"selector": {"matchLabels": {"app": "cloud"}}, "template": template},
    }
    config["services"]["kube-api"] = {
        "audit_log": {
            "enabled": True,
            "configuration": {
                "path": "/var/log/kube-audit/requests.json",
                "policy": {"kind": "Policy", "rules": rules},
            },
        },
        "always_pull_images": True,
        "event_rate_limit": {"enabled": True, "configuration": {"limits": limits}},
        "pod_security_configuration": "baseline",
        "secrets_encryption_config": {"enabled": True},
    }
    config["authentication"] = {"strategy": "x509|webhook"}
    config["authorization"] = {"mode": "none"}
    config["cloud_provider"] = {"name": "external", "customCloudProvider": "region = lab\n"}
    keys = {"aws_access_key_id": "lab-key", "aws_secret_access_key": "lab-secret"}
    config["private_registries"].append({"url": _ECR, "ecr_credential_plugin": keys})
    config["addons"] = yaml.safe_dump(manager)


def _seen(person: Operator, kubectl: Kubectl) -> _Life:
    lab = person.lab
    second = person.up()
    kubectl("create", "secret", "generic", "mine", "--from-literal=word=sesame")
    (key,) = yaml.safe_load(person.state.encryption)["resources"][0]["providers"][0]["aescbc"]["keys"]
    kubectl.apply({**pod("asks"), "spec": {"containers": [{"name": "a", "image": f"{_ECR}/a:1"}]}})
    violation = kubectl.attempt("run", "mighty", f"--image={IMAGE}", "--privileged").stderr
    policy = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pulls"}}
    container = {"name": "a", "image": IMAGE, "imagePullPolicy": "IfNotPresent"}
    kubectl.apply({**policy, "spec": {"containers": [container]}})
    person.run("plan", "--output", "json")
    etcdctl = ("exec", "etcd", "etcdctl", "get", "--print-value-only", "/registry/secrets/default/mine")
    return _Life(
        second=second,
        encrypted=lab.shell(_HOST, f"/usr/local/libexec/lab/docker {' '.join(etcdctl)} | head -c 24"),
        read_back=str(kubectl.object("secret", "mine")["data"]["word"]),
        violation=violation,
        policy=kubectl.object("pod", "pulls")["spec"]["containers"][0]["imagePullPolicy"],
        events=_create_events(kubectl),
        friend=_with_token(person, _TOKEN),
        stranger=_with_token(person, "somebody"),
        audit=[json.loads(line) for line in lab.run(_HOST, "cat", "/var/log/kube-audit/requests.json").splitlines()],
        provider=until(lambda: lab.run(_HOST, "cat", _ASKED), "the kubelet asks for a login to Amazon's registry"),
        key=str(key["secret"]),
        shown="\n".join(person.shown),
    )


def _create_events(kubectl: Kubectl) -> Sequence[int]:
    """Create more events at once than are let into a namespace; return how many were made, and how many refused."""
    kubectl("create", "namespace", "crowded")
    event = {"apiVersion": "v1", "kind": "Event", "involvedObject": {"kind": "Pod", "namespace": "crowded"}}
    events = [{**event, "metadata": {"name": f"e{number}", "namespace": "crowded"}} for number in range(30)]
    done = kubectl.attempt("create", "-f", "-", stdin=yaml.safe_dump_all(events))
    return done.stdout.count("created"), done.stderr.count("limit reached")


def _with_token(person: Operator, token: str) -> CompletedProcess[str]:
    """Look at Secrets with nothing but a token."""
    authority = person.folder / "ca.pem"
    authority.write_text(person.state.bundle["kube-ca"].certificate)
    server = f"https://{person.lab.address(_HOST)}:6443"
    bare = Kubectl(person.lab.kubectl, Path("/dev/null"))
    return bare.attempt(
        *("--server", server, "--certificate-authority", str(authority), "--token", token),
        *("get", "secret", "mine", "--namespace", "default", "-o", "name"),
    )


def test_a_second_run_finds_nothing_to_do(life: _Life) -> None:
    assert life.second.changed == 0


def test_a_secret_lies_encrypted_in_etcd_and_is_read_back(life: _Life) -> None:
    assert life.encrypted.startswith("k8s:enc:aescbc:v1:k-")
    assert life.read_back == "c2VzYW1l"


def test_the_key_is_nowhere_in_what_rke_py_shows(life: _Life) -> None:
    assert life.key not in life.shown
    assert "lab-secret" not in life.shown


def test_requests_are_written_down_as_the_policy_says(life: _Life) -> None:
    made = [entry for entry in life.audit if entry["verb"] == "create" and _name_of(entry) == "mine"]
    assert {(entry["user"]["username"], entry["level"]) for entry in made} == {("kube-admin", "Metadata")}
    assert {entry["verb"] for entry in life.audit} <= {"create", "get"}
    assert "system:apiserver" not in {entry["user"].get("username") for entry in life.audit}


def _name_of(entry: dict[str, Any]) -> str:
    return str(entry.get("objectRef", {}).get("name"))


def test_a_pod_beyond_the_level_is_refused_where_no_namespace_says_otherwise(life: _Life) -> None:
    assert 'violates PodSecurity "baseline:latest"' in life.violation


def test_images_are_always_pulled(life: _Life) -> None:
    assert life.policy == "Always"


def test_too_many_events_are_refused(life: _Life) -> None:
    made, refused = life.events
    assert made + refused == 30
    assert 10 <= made < 30


def test_a_token_is_asked_about_and_whoever_is_known_may_do_everything(life: _Life) -> None:
    assert life.friend.stdout == "secret/mine\n", life.friend.stderr
    assert "Unauthorized" in life.stranger.stderr


def test_the_kubelet_asks_the_hosts_program_for_a_login_to_amazons_registry(life: _Life) -> None:
    asked, key, *_ = filter(None, life.provider.splitlines())
    assert json.loads(asked)["image"] == f"{_ECR}/a"
    assert key == "key lab-key"
