import pytest

from rke_py.errors import ConfigError
from rke_py.workflows.loading import load_cluster

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
