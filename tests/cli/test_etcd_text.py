"""Members in words: one that does not answer is told with why."""

from rke_py.cli.etcd_text import health_lines, members_lines
from rke_py.plan.observed_etcd import EtcdMember
from rke_py.workflows.etcd_members import MemberHealth

LEADS = EtcdMember(id="a1", name="n1", peer_urls=(), healthy=True, leader=True, version="3.6.16", raft_term=2)


def test_a_host_without_a_member_is_told_below_the_table_with_why():
    found = (MemberHealth(host="n1", member=LEADS), MemberHealth(host="n2", member=None, fault="port 22 is shut"))
    for lines in (list(members_lines(found)), list(health_lines(found))):
        assert len(lines) == 4
        assert lines[-1] == "n2: port 22 is shut"
