from rke_py.plan.describe import as_data, describe
from rke_py.plan.model import Plan, Stage, Turn
from rke_py.plan.steps import RemoveContainer

FIRST = RemoveContainer(host="n1", name="etcd", grace=30, why=("image: etcd:3.5 → etcd:3.6",))
SECOND = RemoveContainer(host="node-2", name="etcd", grace=30, why=tuple(f"reason {number}" for number in range(9)))
PLAN = Plan(
    stages=(
        Stage(
            name="etcd",
            turns=(
                Turn(stage="etcd", host="n1", steps=(FIRST, FIRST)),
                Turn(stage="etcd", host="node-2", steps=(SECOND,)),
            ),
        ),
    ),
    outages=("the API stops",),
    notes=("all is well",),
)


def test_a_plan_is_one_table_in_its_order():
    assert describe(PLAN) == (
        "#  stage  host    step",
        "1  etcd   n1      remove etcd",
        "2  etcd   n1      remove etcd",
        "3  etcd   node-2  remove etcd",
        "etcd: one host at a time",
        "interrupts: the API stops",
        "note: all is well",
    )


def test_the_differences_stand_below_their_step_the_first_of_many():
    lines = describe(PLAN, diff=True)
    assert lines[2] == "                    image: etcd:3.5 → etcd:3.6"
    assert lines[-5:-3] == ("                    reason 5", "                    and 3 more")


def test_an_empty_plan_has_no_table():
    assert describe(Plan()) == ()
    assert as_data(Plan())["empty"] is True
