"""Many connections to one host."""

from __future__ import annotations

from benchmarks.connections import cluster_of, result
from benchmarks.start import cluster_yml
from benchmarks.usage import Usage


def test_every_host_is_the_one_of_the_file_under_a_name_of_its_own(tmp_path):
    path = tmp_path / "cluster.yml"
    path.write_text(cluster_yml(1))
    hosts = cluster_of(3, path).hosts
    assert [host.name for host in hosts] == ["n1", "n2", "n3"]
    assert len({host.address for host in hosts}) == 1


def test_every_part_is_a_row():
    parts = {part: Usage(seconds=1.26, threads=7) for part in ("connect", "look", "close")}
    made = result(300, parts, {"handshakes": 300, "descriptor limit": 2224})
    assert [row[1] for row in made.rows] == ["1.3", "1.3", "1.3"]
    assert made.notes[0] == "SSH handshakes counted at sshd: 300 for 300 hosts."
