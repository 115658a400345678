from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rke_py.cluster.addon_model import Ingress, Network, NetworkMode
from rke_py.cluster.images_model import Registry
from rke_py.cluster.rke.model import RkeSettings
from rke_py.errors import Unreachable
from rke_py.pki.model import Credential
from rke_py.plan.checks import PortPath, check, measured_folders, required_ports
from rke_py.plan.checks.clocks import clock_problems
from rke_py.plan.checks.ingress import ingress_problems
from rke_py.plan.containers import ContainerSpec, Status
from rke_py.plan.files import FoundFile
from rke_py.plan.observed import Observed, ObservedHost
from rke_py.plan.observed_etcd import EtcdMember, ObservedEtcd
from rke_py.state.model import EtcdRecord, State

OURS = "-----BEGIN CERTIFICATE-----\nOURS\n-----END CERTIFICATE-----\n"
OTHER = "-----BEGIN CERTIFICATE-----\nOTHER\n-----END CERTIFICATE-----\n"
GIB = 1 << 30

NEW = State(lineage="l", bundle={"kube-ca": Credential(name="kube-ca", certificate=OURS)})
KNOWN = replace(NEW, etcd=EtcdRecord(token="t", bootstrapped=True, first="n1", cluster_id="c1"))


@pytest.fixture
def cluster(make_cluster):
    return make_cluster()


@pytest.fixture
def fleet(cluster, facts, deep) -> dict[str, ObservedHost]:
    """Four machines without a fault, looked at deeply."""
    roomy = replace(deep, free=dict.fromkeys(measured_folders(facts), 50 * GIB), mount_helpers=_HELPERS)
    return {
        host.name: ObservedHost(name=host.name, facts=replace(facts, engine_id=host.name), deep=roomy)
        for host in cluster.hosts
    }


@pytest.fixture
def problems(cluster, fleet) -> Callable[..., tuple]:
    """Check the four machines with one of them, n1 unless named, changed."""

    def run(host="n1", *, state=NEW, etcd=None, ports=None, skip=(), cluster=cluster, facts=None, deep=None, **changes):
        there = fleet[host]
        there = replace(there, facts=replace(there.facts, **(facts or {})), deep=replace(there.deep, **(deep or {})))
        hosts = {**fleet, host: replace(there, **changes)}
        return check(cluster, state, Observed(hosts=hosts, etcd=etcd or ObservedEtcd()), ports or {}, skip=skip)

    return run


_HELPERS = ("mount.cifs", "mount.nfs")


def members(*versions: str, **changes: object) -> ObservedEtcd:
    return ObservedEtcd(
        cluster_id="c1",
        members=tuple(
            EtcdMember(
                **{
                    "id": str(number),
                    "name": f"etcd-n{number}",
                    "peer_urls": (f"https://10.1.0.{number}:2380",),
                    "version": version,
                    **changes,
                }
            )
            for number, version in enumerate(versions, start=1)
        ),
    )


def component(make_found, name: str, **changes: object):
    spec = ContainerSpec(name=name, image="i", entrypoint=(name,), labels={"io.rancher.rke.container.name": name})
    return make_found(spec, **changes)


def only(problems):
    (problem,) = problems
    return problem


def test_machines_without_a_fault_have_no_problems(problems):
    assert problems() == ()


def test_faults_stand_in_the_clusters_order_those_of_nobody_first(problems):
    found = problems("n3", deep={"cri": False, "mount_helpers": ("mount.cifs",)}, facts={"engine_id": "n2"})
    assert [problem.where for problem in found] == ["", "n3", "n3"]


class TestReach:
    @pytest.mark.parametrize(("host", "warning"), [("n1", False), ("n4", True)])
    def test_a_silent_worker_is_a_warning_and_others_stop_the_run(self, problems, host, warning):
        problem = only(problems(host, fault=Unreachable(host, "no answer on port 22", hint="Is it on?")))
        assert (problem.where, problem.what, problem.warning) == (host, "no answer on port 22", warning)
        assert problem.hint.startswith("Is it on? ")

    def test_a_host_that_is_done_without_is_no_problem_while_quorum_holds(self, problems):
        assert problems("n2", fault=Unreachable("n2", "left out"), skip=["n2"]) == ()

    def test_quorum_counts_the_members_that_etcd_has(self, problems):
        two = members("3.6.16", "3.6.16")
        found = problems("n2", fault=Unreachable("n2", "left out"), skip=["n2"], state=KNOWN, etcd=two)
        assert "1 of 2 etcd members are left" in only(found).what

    def test_a_learner_holds_no_quorum(self, problems):
        etcd = members("3.6.16", "3.6.16", "3.6.16")
        etcd = replace(etcd, members=(*etcd.members[:2], replace(etcd.members[2], learner=True)))
        found = problems("n2", fault=Unreachable("n2", "left out"), skip=["n2"], state=KNOWN, etcd=etcd)
        assert "no quorum" in only(found).what

    def test_a_control_plane_has_to_be_left(self, problems, make_cluster, make_host):
        small = make_cluster(make_host("n1", "10.0.0.1", "c"), make_host("n2", "10.0.0.2", "e"))
        found = problems("n1", fault=Unreachable("n1", "left out"), skip=["n1"], cluster=small)
        assert "no control-plane host answers" in [problem.what for problem in found]


class TestBelonging:
    def test_components_are_foreign_while_the_state_knows_no_cluster(self, problems, make_found):
        carried = {"etcd": component(make_found, "etcd"), "kubelet": component(make_found, "kubelet")}
        problem = only(problems("n2", containers=carried))
        assert problem.what == "it carries a cluster that the state does not know: etcd, kubelet"
        assert "cluster.rkestate" in problem.hint
        assert "rke-py state recover" in problem.hint
        assert "rke-py remove" in problem.hint

    @pytest.mark.parametrize(("host", "count"), [("n1", 0), ("n2", 1)])
    def test_the_member_of_an_unfinished_bootstrap_is_ours(self, problems, make_found, host, count):
        state = replace(NEW, etcd=EtcdRecord(first="n1"))
        carried = {"etcd": component(make_found, "etcd")}
        assert len(problems(host, state=state, containers=carried, deep={"etcd_data": True})) == count

    def test_other_containers_are_nobodys_business(self, problems, make_found):
        spec = ContainerSpec(name="web", image="i", entrypoint=("web",))
        assert problems(containers={"web": make_found(spec)}) == ()

    def test_components_of_a_known_cluster_are_ours(self, problems, make_found):
        carried = {"etcd": component(make_found, "etcd")}
        assert problems(state=KNOWN, containers=carried, etcd=members("3.6.16", "3.6.16", "3.6.16")) == ()

    @pytest.mark.parametrize(
        ("text", "count"),
        [
            pytest.param(OURS, 0, id="ours"),
            pytest.param(OURS.replace("\n", "\r\n").replace("\r", ""), 0, id="line-ends"),
            pytest.param(OTHER, 1, id="another"),
            pytest.param(OTHER + OURS, 0, id="both-during-a-rotation"),
        ],
    )
    def test_a_hosts_ca_has_to_be_ours(self, problems, text, count):
        path = "/etc/kubernetes/ssl/kube-ca.pem"
        now = datetime(2026, 11, 1, tzinfo=UTC)
        file = FoundFile(path=path, content=text.encode(), mode=0o600, uid=0, gid=0, modified=now)
        found = problems(files={path: file})
        assert len(found) == count

    def test_etcd_data_of_an_unknown_cluster_is_not_built_over(self, problems):
        problem = only(problems("n2", deep={"etcd_data": True}))
        assert "/var/lib/etcd holds data" in problem.what
        assert "mv /var/lib/etcd/member" in problem.hint

    def test_etcd_data_of_no_member_is_not_joined_over(self, problems):
        found = problems("n3", state=KNOWN, etcd=members("3.6.16", "3.6.16"), deep={"etcd_data": True})
        assert only(found).where == "n3"

    def test_etcd_data_of_a_member_whose_container_is_gone_is_ours(self, problems):
        etcd = members("3.6.16", "3.6.16", "3.6.16")
        assert problems("n3", state=KNOWN, etcd=etcd, deep={"etcd_data": True}) == ()

    def test_etcd_data_on_a_worker_is_nobodys_business(self, problems):
        assert problems("n4", deep={"etcd_data": True}) == ()

    def test_etcds_own_id_has_to_be_the_remembered_one(self, problems):
        etcd = replace(members("3.6.16", "3.6.16", "3.6.16"), cluster_id="c2")
        assert only(problems(state=KNOWN, etcd=etcd)).what == "etcd's cluster id is c2, this cluster's is c1"


class TestEtcd:
    @pytest.mark.parametrize(("alarm", "word"), [("NOSPACE", "defrag"), ("CORRUPT", "hashkv")])
    def test_an_alarm_stops_the_run_and_says_how_to_lift_it(self, problems, alarm, word):
        etcd = members("3.6.16", "3.6.16", "3.6.16")
        etcd = replace(etcd, members=(replace(etcd.members[0], alarms=(alarm,)), *etcd.members[1:]))
        problem = only(problems(state=KNOWN, etcd=etcd))
        assert alarm in problem.what
        assert word in problem.hint

    def test_a_cluster_whose_data_is_gone_everywhere_is_not_started_from_nothing(self, problems):
        problem = only(problems(state=KNOWN))
        assert problem.what == "no etcd host holds etcd's data any more"
        assert "snapshot" in problem.hint

    def test_one_host_with_data_is_enough_to_go_on(self, problems):
        assert problems(state=KNOWN, deep={"etcd_data": True}) == ()

    @pytest.mark.parametrize(("tag", "count"), [("3.5.16", 1), ("3.5.20", 0), ("v3.6.16", 0), ("mine", 0)])
    def test_an_etcd_that_forgets_promotions_gets_no_second_member(self, problems, cluster, tag, count):
        image = f"registry.example:5000/etcd:{tag}"
        cluster = replace(cluster, images=replace(cluster.images, etcd=image))
        assert len(problems(cluster=cluster)) == count

    @pytest.mark.parametrize(
        ("running", "wanted", "words"),
        [
            pytest.param("3.5.25", "3.6.16", ["3.5.25", "3.6 cannot be reached"], id="too-early"),
            pytest.param("3.5.26", "3.6.16", None, id="ready"),
            pytest.param("3.6.16", "3.5.35", ["does not go back"], id="backwards"),
            pytest.param("3.6.16", "3.6.10", None, id="patch-backwards"),
            pytest.param("", "3.6.16", None, id="unknown"),
        ],
    )
    def test_every_member_has_to_run_a_version_from_which_the_wanted_one_is_reached(
        self, problems, cluster, running, wanted, words
    ):
        cluster = replace(cluster, images=replace(cluster.images, etcd=f"etcd:{wanted}"))
        found = problems(state=KNOWN, cluster=cluster, etcd=members(running, "3.5.30", "3.5.30"))
        found = [problem for problem in found if "etcd-n1" in problem.what]
        assert bool(found) == bool(words)
        assert all(word in found[0].what for word in words or ())


class TestMachines:
    def test_two_entries_for_one_machine(self, problems):
        problem = only(problems("n3", facts={"engine_id": "n1"}))
        assert (problem.where, problem.warning) == ("n3", False)
        assert "same machine as n1" in problem.what

    def test_a_docker_that_rke_took_is_only_remarked_in_its_own_releases(self, problems, cluster):
        rke = RkeSettings(options={}, service_range="", controller_service_range="", cluster_cidr="")
        problem = only(
            problems(cluster=replace(cluster, rke=rke), facts={"api_version": "1.40", "engine_version": "19.03.15"})
        )
        assert problem.warning
        assert "Docker 19.03.15 is too old for releases after RKE's own" in problem.what

    @pytest.mark.parametrize(
        ("changes", "word"),
        [
            ({"api_version": "1.40", "engine_version": "19.03.15"}, "Docker 19.03.15 is too old"),
            ({"architecture": "s390x"}, "processor is s390x"),
            ({"security_options": ("name=rootless",)}, "without root"),
            ({"security_options": ("name=userns",)}, "other users"),
        ],
    )
    def test_a_machine_that_cannot_carry_a_node(self, problems, changes, word):
        problem = only(problems(facts=changes))
        assert word in problem.what
        assert problem.hint
        assert not problem.warning

    @pytest.mark.parametrize(
        ("changes", "word"),
        [
            ({"cpus": 1}, "1 processor"),
            ({"memory": GIB}, "1.0 GiB"),
            ({"kernel": "3.10.0-1160.el7"}, "kernel 3.10.0-1160.el7"),
            ({"security_options": ("name=selinux",)}, "SELinux"),
        ],
    )
    def test_what_should_be_known_of_a_new_machine(self, problems, changes, word):
        problem = only(problems(facts=changes))
        assert word in problem.what
        assert problem.warning

    def test_a_known_machine_is_not_remarked_on_again(self, cluster, fleet):
        small = replace(fleet["n1"], facts=replace(fleet["n1"].facts, cpus=1), deep=None)
        assert check(cluster, NEW, Observed(hosts={**fleet, "n1": small}), {}) == ()


class TestClocks:
    @pytest.mark.parametrize(
        ("seconds", "outcome"),
        [(1.9, None), (-1.9, None), (3, True), (-29, True), (31, False), (-3600, False)],
    )
    def test_a_clock_that_differs_from_the_others(self, problems, seconds, outcome):
        found = problems("n2", facts={"clock_offset": timedelta(seconds=seconds)})
        assert [problem.warning for problem in found] == ([] if outcome is None else [outcome])
        assert all(problem.where == "n2" and "chrony" in problem.hint for problem in found)

    @pytest.mark.parametrize("others", [("n2",), ("n2", "n3", "n4")], ids=["of-two", "of-four"])
    @pytest.mark.parametrize(("seconds", "what"), [(40, "40.0 s ahead of"), (-40, "40.0 s behind")])
    def test_half_of_the_clocks_differ_from_the_others(self, fleet, others, seconds, what):
        wrong = others[: (len(others) + 1) // 2]
        offsets = {"n1": 0, **dict.fromkeys(others, 0), **dict.fromkeys(wrong, seconds)}
        hosts = {
            name: replace(fleet[name], facts=replace(fleet[name].facts, clock_offset=timedelta(seconds=offset)))
            for name, offset in offsets.items()
        }
        found = tuple(clock_problems(Observed(hosts=hosts)))
        assert [problem.where for problem in found] == list(wrong)
        assert all(what in problem.what and not problem.warning for problem in found)

    @pytest.mark.parametrize(("minutes", "count"), [(-4, 0), (-6, 1), (60, 0)])
    def test_our_own_clock_may_not_run_ahead_of_all(self, cluster, fleet, minutes, count):
        offset = timedelta(minutes=minutes)
        hosts = {name: replace(host, facts=replace(host.facts, clock_offset=offset)) for name, host in fleet.items()}
        assert len(check(cluster, NEW, Observed(hosts=hosts), {})) == count


class TestRuntime:
    def test_a_disabled_cri_plugin_is_named_with_the_setting(self, problems):
        error = "unknown service runtime.v1.RuntimeService"
        problem = only(problems(deep={"cri": False, "cri_error": error}))
        assert 'disabled_plugins = ["cri"]' in problem.what
        assert "systemctl restart containerd" in problem.hint

    def test_a_silent_containerd_is_named_with_its_words(self, problems):
        problem = only(problems(deep={"cri": False, "cri_error": "no such file or directory"}))
        assert "no such file or directory" in problem.what

    def test_a_program_that_the_kubelet_is_to_call_has_to_be_there(self, problems, cluster, fleet):
        asking = replace(cluster, registries=(Registry(url="1.dkr.ecr.eu-west-1.amazonaws.com", ecr=True),))
        found = problems(cluster=asking, deep={"programs": ("ecr-credential-provider",)})
        assert [problem.where for problem in found] == ["n2", "n3", "n4"]
        assert "/opt/rke/credential-providers/ecr-credential-provider is missing" in found[0].what
        assert not any(problem.warning for problem in found)

    @pytest.mark.parametrize(("fail_swap_on", "count"), [(True, 1), (False, 0)])
    def test_swap_counts_where_the_kubelet_refuses_it(self, problems, cluster, fail_swap_on, count):
        cluster = replace(cluster, services=replace(cluster.services, fail_swap_on=fail_swap_on))
        assert len(problems(cluster=cluster, deep={"swap": GIB})) == count

    @pytest.mark.parametrize(
        ("image", "count"), [("registry.k8s.io/pause:3.10", 1), ("lan.example:5000/pause:3.10", 0), ("", 0)]
    )
    def test_the_pause_image_comes_from_the_private_registry(self, problems, cluster, image, count):
        cluster = replace(cluster, registries=(Registry(url="lan.example:5000", is_default=True),))
        found = problems(cluster=cluster, deep={"sandbox_image": image})
        assert len(found) == count
        assert all(problem.warning and cluster.images.pod_infra_container in problem.hint for problem in found)

    def test_missing_mount_helpers_are_named_once_for_all_hosts(self, cluster, fleet):
        hosts = {name: replace(host, deep=replace(host.deep, mount_helpers=())) for name, host in fleet.items()}
        found = check(cluster, NEW, Observed(hosts=hosts), {})
        assert [problem.where for problem in found] == ["", ""]
        assert found[0].what.startswith("mount.nfs is missing on n1, n2, n3, n4")
        assert all(problem.warning for problem in found)


class TestDisks:
    def test_a_full_disk_stops_the_run_and_names_its_folders_together(self, problems, facts):
        free = dict.fromkeys(measured_folders(facts), 50 * GIB) | {"/var/lib/etcd": 9 << 20, "/var/log": 9 << 20}
        problem = only(problems(deep={"free": free}))
        assert problem.what == "9 MiB are free for /var/lib/etcd, /var/log"
        assert not problem.warning

    def test_a_disk_that_is_soon_full_is_a_warning(self, problems):
        problem = only(problems(deep={"free": {"/var/lib/etcd": 2 * GIB}}))
        assert problem.warning
        assert "better 4.0 GiB" in problem.hint

    def test_a_worker_needs_no_room_for_etcd(self, problems):
        assert problems("n4", deep={"free": {"/var/lib/etcd": 0}}) == ()

    def test_dockers_own_folder_is_measured_where_it_is(self, facts):
        assert "/data/docker" in measured_folders(replace(facts, docker_root="/data/docker"))


class TestPorts:
    def test_a_port_of_ours_that_somebody_else_holds(self, problems):
        problem = only(problems(deep={"listening": {2379: "postgres", 80: "nginx"}}))
        assert problem.what == "port 2379, which etcd needs, is held by postgres"
        assert "ss -ltnp" in problem.hint

    def test_a_port_that_the_host_does_not_need_may_be_held(self, problems):
        assert problems("n4", deep={"listening": {2379: "postgres"}}) == ()

    @pytest.mark.parametrize(("status", "count"), [(Status.RUNNING, 0), (Status.EXITED, 1)])
    def test_a_port_that_our_own_container_holds(self, problems, make_found, status, count):
        carried = {"etcd": component(make_found, "etcd", status=status)}
        found = problems(
            state=KNOWN, containers=carried, etcd=members("3.6.16", "3.6.16", "3.6.16"), deep={"listening": {2379: "x"}}
        )
        assert len(found) == count

    @pytest.mark.parametrize(("state", "count"), [("open", 0), ("refused", 1), ("timed out", 1)])
    def test_a_path_that_is_shut(self, problems, state, count):
        path = PortPath(source="n2", target="n1", address="10.1.0.1", port=2380, purpose="etcd peers")
        found = problems(ports={path: state})
        assert len(found) == count
        for problem in found:
            assert problem.what == f"n2 cannot reach 10.1.0.1 port 2380 (etcd peers): {state}"
            assert not problem.warning

    def test_a_port_that_somebody_holds_on_loopback_is_no_matter_of_the_firewall(self, problems):
        path = PortPath(source="n2", target="n1", address="10.1.0.1", port=2380, purpose="etcd peers")
        problem = only(problems(ports={path: "refused"}, deep={"listening": {2380: "postgres"}}))
        assert problem.what == "port 2380, which etcd needs, is held by postgres"

    def test_sources_of_one_shut_port_are_named_together(self, problems):
        paths = [
            PortPath(source=f"w{number}", target="n1", address="10.1.0.1", port=6443, purpose="kube-apiserver")
            for number in range(1, 9)
        ]
        problem = only(problems(ports=dict.fromkeys(paths, "timed out")))
        assert problem.what.startswith("w1, w2, w3, w4, w5 and 3 more cannot reach 10.1.0.1 port 6443")

    def test_a_refusal_of_a_known_host_says_only_that_its_component_is_down(self, cluster, fleet):
        path = PortPath(source="n4", target="n1", address="10.1.0.1", port=6443, purpose="kube-apiserver")
        hosts = {**fleet, "n1": replace(fleet["n1"], deep=None)}
        assert only(check(cluster, NEW, Observed(hosts=hosts), {path: "refused"})).warning

    def test_paths_that_could_not_be_tried_are_one_warning(self, problems, cluster):
        problem = only(problems(ports=dict.fromkeys(required_ports(cluster), "not checked")))
        assert problem.warning
        assert "AllowTcpForwarding" in problem.hint


class TestIngressPorts:
    @pytest.fixture
    def told(self, cluster, fleet, facts, deep):
        """What is said of host n4, a worker, on which a program listens on port 80."""

        def told(ingress, program="apache2", port=80):
            listening = replace(fleet["n4"], deep=replace(fleet["n4"].deep, listening={port: program}))
            observed = Observed(hosts={**fleet, "n4": listening})
            return [problem.what for problem in ingress_problems(replace(cluster, ingress=ingress), observed)]

        return told

    def test_a_program_that_listens_there_is_named(self, told):
        what = "port 80, at which the ingress controller is to be reached, is held by apache2"
        assert told(Ingress(provider="traefik")) == [what]
        assert told(Ingress(provider="nginx", network_mode=NetworkMode.HOST_NETWORK)) == [what]

    @pytest.mark.parametrize(
        "ingress",
        [
            Ingress(provider="none"),
            Ingress(provider="traefik", network_mode=NetworkMode.NONE),
            Ingress(provider="traefik", http_port=8080, https_port=8443),
        ],
        ids=["no ingress", "inside only", "other ports"],
    )
    def test_where_nobody_is_in_the_way_nothing_is_said(self, told, ingress):
        assert told(ingress) == []

    def test_the_controller_itself_may_listen(self, told):
        assert told(Ingress(provider="nginx", network_mode=NetworkMode.HOST_NETWORK), "nginx") == []


class TestRequiredPorts:
    @pytest.fixture
    def paths(self, make_cluster, make_host):
        hosts = (
            make_host("e1", "10.0.0.1", "e", "10.1.0.1"),
            make_host("e2", "10.0.0.2", "e", "10.1.0.2"),
            make_host("c1", "10.0.0.3", "c", "10.1.0.3"),
            make_host("w1", "10.0.0.4", "w", "10.1.0.4"),
        )
        return {(path.source, path.target, path.port) for path in required_ports(make_cluster(*hosts))}

    def test_etcd_members_reach_each_other(self, paths):
        assert {path for path in paths if path[2] == 2380} == {("e1", "e2", 2380), ("e2", "e1", 2380)}

    def test_api_servers_reach_etcd(self, paths):
        assert {("c1", "e1", 2379), ("c1", "e2", 2379)} <= paths
        assert not {path for path in paths if path[0] == "w1" and path[2] == 2379}

    def test_api_servers_reach_the_kubelet_of_every_host(self, paths):
        assert {("c1", host, 10250) for host in ("e1", "e2", "w1")} <= paths

    def test_a_worker_tries_the_kubelet_of_every_host_as_metrics_server_will(self, paths):
        assert {path[1] for path in paths if path[2] == 10250 and path[0] == "w1"} == {"e1", "e2", "c1"}

    def test_workers_take_turns_in_trying_so_that_paths_grow_with_the_hosts(self, make_cluster, make_host):
        hosts = [make_host("c1", "10.0.0.1", "ec"), *(make_host(f"w{n}", f"10.0.1.{n}", "w") for n in range(1, 101))]
        tried = [path for path in required_ports(make_cluster(*hosts)) if path.port == 10250 and path.source != "c1"]
        assert sorted(path.target for path in tried) == sorted(host.name for host in hosts)
        assert max(Counter(path.source for path in tried).values()) <= 2

    @pytest.mark.parametrize(
        ("network", "port"),
        [
            (Network(plugin="calico"), 179),
            (Network(plugin="calico", options={"calico_encapsulation": "vxlan"}), None),
            (Network(plugin="weave"), 6783),
            (Network(plugin="canal"), None),
        ],
        ids=["BGP", "VXLAN", "weave", "canal"],
    )
    def test_agents_of_the_pod_network_reach_the_next_host(self, cluster, network, port):
        hosts = [host.name for host in cluster.hosts]
        found = [path for path in required_ports(replace(cluster, network=network)) if path.port in (179, 6783)]
        assert {path.port for path in found} == ({port} if port else set())
        assert [path.target for path in found] == ([*hosts[1:], hosts[0]] if port else [])

    def test_every_host_reaches_the_api_servers(self, paths):
        assert {path for path in paths if path[2] == 6443} == {(host, "c1", 6443) for host in ("e1", "e2", "w1")}

    def test_the_internal_address_counts_and_each_path_is_named_once(self, cluster):
        paths = required_ports(cluster)
        assert len(paths) == len(set(paths))
        assert all(path.address.startswith("10.1.0.") for path in paths)

    def test_a_single_host_needs_no_path(self, make_cluster, make_host):
        assert required_ports(make_cluster(make_host("n1", "10.0.0.1", "ecw"))) == ()
