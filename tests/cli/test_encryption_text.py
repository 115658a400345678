"""How Secrets are encrypted, as an operator and a program read it."""

from __future__ import annotations

from rke_py.cli.encryption_text import encryption_json, encryption_lines
from rke_py.workflows.encryption import EncryptionStatus, KeyUse

FOUND = EncryptionStatus(
    wanted=True,
    under_way=(),
    keys=(
        KeyUse(resource="secrets", key="aescbc k-new", use="writes", values=12),
        KeyUse(resource="*.apps", key="unencrypted", use="reads", values=None),
        KeyUse(resource="secrets", key="aescbc k-old", use="missing", values=1),
        KeyUse(resource="", key="aescbc k-old", use="retired", values=None),
    ),
)


def test_the_table():
    assert list(encryption_lines(FOUND)) == [
        "cluster.yml asks for encryption",
        "no change is under way",
        "",
        "RESOURCE  KEY           USE      VALUES IN ETCD",
        "secrets   aescbc k-new  writes   12",
        "*.apps    unencrypted   reads    -",
        "secrets   aescbc k-old  missing  1",
        "-         aescbc k-old  retired  -",
        "",
        "some values are under a key that no API server has: they cannot be read",
    ]


def test_the_json():
    found = encryption_json(FOUND)
    assert (found["readable"], found["wanted"], found["under_way"]) == (False, True, ())
    assert found["keys"][0] == {"resource": "secrets", "key": "aescbc k-new", "use": "writes", "values": 12}
