import json

from rke_py.cli.console.choose import Output
from rke_py.cli.plan_text import print_plan, verdict
from rke_py.cli.redaction import MASK, Redactor
from rke_py.plan.model import Plan, Stage, Turn
from rke_py.plan.steps import RemoveContainer

STEP = RemoveContainer(host="n1", name="etcd", grace=30, why=("it is not there, says hunter2-hunter2",))
PLAN = Plan(stages=(Stage(name="etcd", turns=(Turn(stage="etcd", host="n1", steps=(STEP,)),)),))


def printed(capsys, output: Output, plan: Plan = PLAN) -> str:
    redactor = Redactor()
    redactor.protect(["hunter2-hunter2"])
    print_plan(plan, output, redactor, diff=True)
    return capsys.readouterr().out


def test_the_last_line_counts_and_says_how_to_do_it(capsys):
    assert printed(capsys, Output.TEXT).splitlines()[-1] == (
        "1 step on 1 host; nothing was touched. Do it with: rke-py up"
    )


def test_an_empty_plan_is_nothing_to_do(capsys):
    assert printed(capsys, Output.TEXT, Plan()).startswith("nothing to do: ")


def test_several_are_counted():
    other = RemoveContainer(host="n2", name="etcd", grace=30)
    turns = (Turn(stage="etcd", host="n1", steps=(STEP, STEP)), Turn(stage="etcd", host="n2", steps=(other,)))
    assert verdict(Plan(stages=(Stage(name="etcd", turns=turns),))).startswith("3 steps on 2 hosts;")


def test_for_programs_it_is_one_json_document(capsys):
    data = json.loads(printed(capsys, Output.JSON))
    assert data["empty"] is False
    assert data["stages"][0]["turns"][0]["steps"][0]["step"] == STEP.title


def test_secrets_are_masked(capsys):
    for output in Output:
        shown = printed(capsys, output)
        assert MASK in shown
        assert "hunter2" not in shown
