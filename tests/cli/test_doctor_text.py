"""A diagnosis as an operator and a program read it."""

from __future__ import annotations

from rke_py.cli.doctor_text import diagnosis_json, diagnosis_lines
from rke_py.diagnosis.model import Finding
from rke_py.workflows.doctor import Diagnosis

CAUSE = Finding(check="dns", where="n1", cause="names are not found", evidence=("a\nb", "c"), remedy="mend it")
WARNING = Finding(check="disk", where="n2", cause="little room", warning=True)


def test_cause_evidence_and_remedy_stand_together() -> None:
    found = Diagnosis(findings=(CAUSE, WARNING), checks=("dns", "disk"), untried=("inside n3: no image",))
    assert list(diagnosis_lines(found)) == [
        "Cause (dns): n1: names are not found",
        "  | a",
        "  | b",
        "  | c",
        "  Remedy: mend it",
        "",
        "Warning (disk): n2: little room",
        "",
        "not looked at: inside n3: no image",
        "1 cause and 1 warning found by 2 checks",
    ]


def test_long_evidence_is_cut() -> None:
    long = Finding(check="dns", where="", cause="x", evidence=tuple(map(str, range(20))))
    assert "  | and 12 more lines" in list(diagnosis_lines(Diagnosis(findings=(long,), checks=())))


def test_nothing_found_names_the_checks() -> None:
    assert list(diagnosis_lines(Diagnosis(findings=(), checks=("dns", "disk")))) == [
        "nothing found: 2 checks (dns, disk)"
    ]


def test_what_could_not_be_looked_at_is_not_taken_for_well() -> None:
    found = Diagnosis(findings=(), checks=("dns", "disk"), untried=("DNS on n3: the SSH connection was lost",))
    assert list(diagnosis_lines(found)) == [
        "not looked at: DNS on n3: the SSH connection was lost",
        "nothing found, but not everything could be looked at: see above",
    ]
    assert diagnosis_json(found)["healthy"] is False


def test_for_programs_it_says_first_whether_all_is_well() -> None:
    assert diagnosis_json(Diagnosis(findings=(WARNING,), checks=()))["healthy"] is True
    assert diagnosis_json(Diagnosis(findings=(CAUSE,), checks=()))["healthy"] is False
