"""Certificates as an operator and a program read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rke_py.cli.certificate_text import certificate_lines, certificates_json, ending_within
from rke_py.workflows.certificates import CertificateList, Listed, OnHost, Presence

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SOON = NOW + timedelta(days=20)
LATE = NOW + timedelta(days=300)


def listed(name: str, end: datetime | None, *hosts: OnHost, **more: object) -> Listed:
    return Listed(name=name, subject=name, issuer="kube-ca", not_after=end, hosts=hosts, **more)


def on(host: str, presence: Presence, end: datetime | None = LATE) -> OnHost:
    return OnHost(host=host, presence=presence, not_after=end)


FOUND = CertificateList(
    now=NOW,
    certificates=(
        listed("kube-proxy", LATE, on("n1", Presence.SAME), on("n2", Presence.DIFFERENT, SOON), supplied=True),
        listed("kube-admin", LATE),
        listed("kube-ca", LATE, on("n1", Presence.MISSING, None)),
        listed("kube-service-account-token", SOON, lasting=True),
        listed("kube-old", None, on("n1", Presence.STRAY, NOW - timedelta(days=1))),
    ),
    silent={"n3": "connection refused"},
)


def test_the_table_and_what_differs_below_it():
    assert list(certificate_lines(FOUND)) == [
        "CERTIFICATE                 ENDS        DAYS  SIGNED BY        ON HOSTS",
        "kube-proxy                  2026-12-11  20    kube-ca (yours)  1 of 2",
        "kube-admin                  2027-09-17  300   kube-ca          -",
        "kube-ca                     2027-09-17  300   itself           0 of 1",
        "kube-service-account-token  -           -     kube-ca          -",
        "kube-old                    2026-11-20  -1    kube-ca          0 of 1",
        "",
        "n3: connection refused",
        "n2: kube-proxy is not the one in the state, ends on 2026-12-11; rke-py up brings that",
        "n1: kube-ca is missing; rke-py up brings it",
        "n1: kube-old is not one of the cluster's, ends on 2026-11-20",
    ]


def test_a_certificate_that_the_state_lacks_is_said_to_be_lacking_and_signed_by_nobody():
    lacking = CertificateList(now=NOW, certificates=(Listed(name="kube-node-10-0-0-2"),), silent={})
    assert list(certificate_lines(lacking)) == [
        "CERTIFICATE         ENDS  DAYS  SIGNED BY  ON HOSTS",
        "kube-node-10-0-0-2  -     -     -          -",
        "",
        "kube-node-10-0-0-2: the state has none that can be read",
    ]


def test_the_json():
    found = certificates_json(FOUND)
    assert found["unreachable"] == {"n3": "connection refused"}
    assert found["certificates"][0] == {
        "name": "kube-proxy",
        "subject": "kube-proxy",
        "issuer": "kube-ca",
        "ends": "2026-12-11T00:00:00Z",
        "days": 20,
        "supplied": True,
        "state": "2027-09-17T00:00:00Z",
        "hosts": [
            {"host": "n1", "presence": "same", "ends": "2027-09-17T00:00:00Z"},
            {"host": "n2", "presence": "different", "ends": "2026-12-11T00:00:00Z"},
        ],
    }


@pytest.mark.parametrize(("days", "found"), [(19, False), (20, True), (400, True)])
def test_what_ends_on_a_host_counts(days, found):
    certificates = (FOUND.certificates[0], FOUND.certificates[3])
    assert ending_within(CertificateList(now=NOW, certificates=certificates, silent={}), days) is found
