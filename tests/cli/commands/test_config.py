"""``config init``, ``show`` and ``schema``, run as an operator runs them."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from rke_py.catalog.versions import newest
from rke_py.cli.root import root
from rke_py.stores.example import example

NODES = "nodes: [{address: 192.0.2.1, user: u, role: [etcd, controlplane, worker]}]\n"


def run(*arguments: str | Path, answers: str = "") -> Result:
    return CliRunner().invoke(root, [str(argument) for argument in arguments], input=answers)


def read(path: Path) -> dict:
    return yaml.safe_load(path.read_text())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cluster.yml"


def init(path: Path, *flags: str, answers: str = "") -> Result:
    done = run("config", "init", "--config", path, *flags, answers=answers)
    assert done.exit_code == 0, done.output
    assert run("config", "validate", "--config", path).exit_code == 0
    return done


class TestInit:
    def test_enter_takes_every_default(self, path):
        init(path, answers="\n\n192.0.2.1\n" + "\n" * 25)
        written = read(path)
        assert written["kubernetes_version"] == newest()
        assert written["nodes"] == [
            {"address": "192.0.2.1", "user": "ubuntu", "role": ["controlplane", "etcd", "worker"]}
        ]
        assert written["services"]["kubelet"]["cluster_dns_server"] == "10.43.0.10"
        assert "system_images" not in written

    def test_where_nothing_can_be_written_it_says_so(self, tmp_path):
        done = run("config", "init", "--minimal", "--config", tmp_path / "no-such-folder" / "cluster.yml")
        assert done.exit_code == 2
        assert "no-such-folder/cluster.yml cannot be written: No such file or directory" in done.stderr

    def test_every_answer_is_written(self, path):
        answers = [
            "~/.ssh/id",
            "2",
            *("192.0.2.1", "2222", "", "rke", "y", "y", "n", "cp-1", "10.0.0.1", "/run/docker.sock"),
            *("192.0.2.2", "", "~/.ssh/other", "rke", "n", "n", "y", "", "", ""),
            *("none", "x509", "rbac", "v1.33.13", "example.local", "10.96.0.0/16", "10.244.0.0/16", ""),
            *("y", "a.yaml", "n"),
        ]
        (path.parent / "a.yaml").write_text("{apiVersion: v1, kind: Namespace, metadata: {name: a}}")
        init(path, answers="\n".join(answers) + "\n")
        written = read(path)
        assert written["nodes"] == [
            {
                "address": "192.0.2.1",
                "user": "rke",
                "role": ["controlplane", "etcd"],
                "port": "2222",
                "internal_address": "10.0.0.1",
                "hostname_override": "cp-1",
                "docker_socket": "/run/docker.sock",
            },
            {"address": "192.0.2.2", "user": "rke", "role": ["worker"], "ssh_key_path": "~/.ssh/other"},
        ]
        assert written["network"] == {"plugin": "none"}
        assert written["services"] == {
            "kube-api": {"service_cluster_ip_range": "10.96.0.0/16"},
            "kube-controller": {"cluster_cidr": "10.244.0.0/16", "service_cluster_ip_range": "10.96.0.0/16"},
            "kubelet": {"cluster_domain": "example.local", "cluster_dns_server": "10.96.0.10"},
        }
        assert written["addons_include"] == ["a.yaml"]

    def test_minimal_is_one_host_to_fill_in(self, path):
        init(path, "--minimal")
        assert list(read(path)) == ["kubernetes_version", "nodes"]

    def test_full_is_the_example(self, path):
        init(path, "--full")
        assert path.read_text() == example()

    @pytest.mark.parametrize(
        ("count", "roles"),
        [
            (1, ["controlplane etcd worker"]),
            (2, ["controlplane etcd worker", "worker"]),
            (3, ["controlplane etcd worker"] * 3),
            (4, ["controlplane etcd"] * 3 + ["worker"]),
        ],
    )
    def test_hosts_without_a_role_get_sensible_ones(self, path, count, roles):
        init(path, *(f"--node=192.0.2.{number}" for number in range(1, count + 1)))
        assert [" ".join(node["role"]) for node in read(path)["nodes"]] == roles

    def test_flags_say_everything(self, path):
        init(
            path,
            *("--node", "192.0.2.1,user=u,role=controlplane+etcd,port=2222,hostname_override=n1"),
            *("--node", "192.0.2.2,user=u"),
            *("--cluster-name", "demo", "--kubernetes-version", "v1.33.13", "--network-plugin", "none"),
        )
        written = read(path)
        assert (written["cluster_name"], written["network"]) == ("demo", {"plugin": "none"})
        assert written["nodes"][1]["role"] == ["worker"]

    def test_nothing_is_overwritten_unless_forced(self, path):
        path.write_text("mine")
        assert run("config", "init", "--config", path, "--minimal").exit_code == 2
        assert path.read_text() == "mine"
        init(path, "--minimal", "--force")

    def test_print_writes_the_file_and_nothing_else_to_standard_output(self, path):
        done = run("config", "init", "--config", path, "--print", answers="\n\n192.0.2.1\n" + "\n" * 25)
        assert yaml.safe_load(done.stdout)["nodes"][0]["address"] == "192.0.2.1"
        assert not path.exists()

    @pytest.mark.parametrize(
        ("flags", "told"),
        [
            (["--minimal", "--full"], "exclude one another"),
            (["--node", "192.0.2.1,colour=red"], "'colour=red' is none of"),
            (["--node", "192.0.2.1,role=boss"], "'boss' is not a role"),
            (["--node", "192.0.2.1", "--service-cluster-ip-range", "ten"], "'ten' is not a CIDR"),
            (["--cluster-name", "a"], "name the hosts with --node"),
        ],
    )
    def test_what_cannot_be_is_refused_and_not_written(self, path, flags, told):
        done = run("config", "init", "--config", path, *flags)
        assert done.exit_code == 2
        assert told in done.output
        assert not path.exists()

    def test_the_file_is_not_for_everybody(self, path):
        init(path, "--minimal")
        assert path.stat().st_mode & 0o007 == 0


class TestShow:
    TEXT = (
        NODES
        + """\
cluster_name: demo
network: {mtu: 0, options: {}}
services:
  kubelet:
    fail_swap_on: false
    extra_env: [TOKEN=hunter2]
private_registries: [{url: r.example.com, user: u, password: hunter2}]
addons: |
  {apiVersion: v1, kind: Secret, metadata: {name: hunter2}}
"""
    )

    @pytest.fixture
    def shown(self, path):
        path.write_text(self.TEXT)
        done = run("config", "show", "--config", path, "--output", "json")
        assert done.exit_code == 0
        return json.loads(done.stdout)

    @pytest.mark.parametrize(
        ("key", "origin"),
        [
            ("cluster_name", "cluster.yml:2"),
            ("nodes[0].address", "cluster.yml:1"),
            ("nodes[0].port", "default"),
            ("kubernetes_version", "catalog"),
            ("network.plugin", "catalog"),
            ("system_images.etcd", "catalog"),
            ("services.kubelet.fail_swap_on", "cluster.yml:6"),
            ("services.kubelet.cluster_domain", "default"),
            ("private_registries[0].password", "cluster.yml:8"),
        ],
    )
    def test_every_value_has_its_origin(self, shown, key, origin):
        assert shown["origins"][key] == origin

    def test_values_are_resolved(self, shown):
        assert shown["config"]["nodes"][0]["hostname_override"] == "192.0.2.1"
        assert shown["config"]["services"]["kubelet"]["cluster_dns_server"] == "10.43.0.10"

    def test_secrets_are_hidden(self, shown, path):
        text = run("config", "show", "--config", path).stdout
        assert "hunter2" not in json.dumps(shown) + text
        assert shown["config"]["private_registries"][0]["password"] == "(hidden)"
        assert shown["config"]["services"]["kubelet"]["extra_env"] == ["TOKEN=(hidden)"]

    def test_the_text_is_the_same_as_yaml(self, shown, path):
        text = run("config", "show", "--config", path).stdout
        assert yaml.safe_load(text) == shown["config"]
        assert next(line for line in text.splitlines() if "cluster_name" in line).endswith("# cluster.yml:2")

    def test_an_empty_value_in_the_file_is_a_default(self, path):
        path.write_text(NODES + "cluster_name: ''\n")
        origins = json.loads(run("config", "show", "--config", path, "--output", "json").stdout)["origins"]
        assert origins["cluster_name"] == "default"

    @pytest.mark.parametrize("key", ["tolerationSeconds", "tolerationseconds"])
    def test_every_spelling_of_a_key_is_found_in_the_file(self, path, key):
        path.write_text(f"{NODES}dns: {{tolerations: [{{operator: Exists, effect: NoExecute, {key}: 5}}]}}\n")
        origins = json.loads(run("config", "show", "--config", path, "--output", "json").stdout)["origins"]
        assert origins["dns.tolerations[0].tolerationSeconds"] == "cluster.yml:2"

    def test_a_file_with_faults_is_refused(self, path):
        path.write_text(NODES + "clustername: a\n")
        assert run("config", "show", "--config", path).exit_code == 2


def test_the_schema_is_json():
    schema = json.loads(run("config", "schema").stdout)
    assert schema["$schema"].startswith("http://json-schema.org/")
    assert schema["properties"]["cluster_name"]["description"].startswith("The name of the cluster")


def test_secrets_come_from_the_environment_and_from_files_beside_the_file(path):
    (path.parent / "pw").write_text("hunter2\n")
    path.write_text(
        NODES + 'private_registries: [{url: a.b, user: u, password_file: pw}, {url: c.d, user: u, password: "${PW}"}]\n'
    )
    done = CliRunner().invoke(root, ["config", "validate", "--config", str(path)], env={"PW": "x"})
    assert done.exit_code == 0, done.output
    assert "no variable PW" in CliRunner().invoke(root, ["config", "validate", "--config", str(path)]).output
