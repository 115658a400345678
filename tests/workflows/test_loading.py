import pytest

from rke_py.errors import ConfigError
from rke_py.workflows.loading import check_config, load_cluster

_NODES = "nodes: [{address: 192.0.2.1, user: u, role: [etcd, controlplane, worker]}]\n"


def test_what_cannot_be_performed_yet_is_refused_only_where_hosts_are_about_to_be_met(tmp_path):
    path = tmp_path / "cluster.yml"
    path.write_text(_NODES + "rotate_certificates: {}\n")
    asked = load_cluster(path)
    with pytest.raises(ConfigError) as raised:
        load_cluster(path, to_perform=True)
    (warning,), (fault,) = asked.warnings, raised.value.problems
    assert (warning.where, warning.what, warning.hint) == (fault.where, fault.what, fault.hint)
    assert (warning.warning, fault.warning) == (True, False)


def test_an_addon_that_is_not_there_is_found_by_a_check(tmp_path):
    path = tmp_path / "cluster.yml"
    path.write_text(_NODES + "addons_include: [missing.yml]\n")
    with pytest.raises(
        ConfigError, match=r"cluster\.yml:2:18 addons_include\[0\]: missing\.yml cannot be read: No such"
    ):
        check_config(path)


def test_every_addon_that_is_not_there_is_told_with_the_other_faults(tmp_path):
    path = tmp_path / "cluster.yml"
    path.write_text(_NODES + "addons_include: [one.yml, two.yml]\nno_such_key: 1\n")
    with pytest.raises(ConfigError) as raised:
        check_config(path)
    assert [problem.where.partition(" ")[2] for problem in raised.value.problems] == [
        "addons_include[0]",
        "addons_include[1]",
        "no_such_key",
    ]
