from rke_py.cli.console.board import Board, Cell
from rke_py.errors import ProofFailed
from rke_py.progress import Event, Pulling, StageEnded, StageStarted, StepEnded, StepStarted

BROKEN = ProofFailed("n2", "not healthy")


def started(stage: str, host: str, step: str = "a step") -> StepStarted:
    return StepStarted(stage=stage, host=host, step=step)


def ended(stage: str, host: str, step: str = "a step", error: ProofFailed | None = None) -> StepEnded:
    return StepEnded(stage=stage, host=host, step=step, seconds=1, error=error)


def board(*events: Event) -> Board:
    """Return the board after the events, one a second."""
    made = Board()
    for at, event in enumerate(events):
        made.take(event, at)
    return made


ETCD = StageStarted(stage="etcd", hosts=("n1", "n2"))


def cells(shown: Board, stage: str) -> dict[str, Cell]:
    return {name: row.cell(stage) for name, row in shown.rows.items()}


def test_a_stages_hosts_wait_and_others_are_outside():
    shown = board(StageStarted(stage="facts", hosts=("n3",)), ETCD)
    assert cells(shown, "etcd") == {"n3": Cell.OUTSIDE, "n1": Cell.WAITING, "n2": Cell.WAITING}


def test_a_host_is_active_while_a_step_runs_and_done_after_it():
    assert cells(board(ETCD, started("etcd", "n1")), "etcd")["n1"] is Cell.ACTIVE
    assert cells(board(ETCD, started("etcd", "n1"), ended("etcd", "n1")), "etcd")["n1"] is Cell.DONE


def test_a_host_stays_active_while_another_step_of_the_stage_runs():
    shown = board(ETCD, started("etcd", "n1", "a"), started("etcd", "n1", "b"), ended("etcd", "n1", "a"))
    assert cells(shown, "etcd")["n1"] is Cell.ACTIVE


def test_a_failed_step_marks_its_host_for_good():
    shown = board(ETCD, started("etcd", "n2"), ended("etcd", "n2", error=BROKEN), StageEnded(stage="etcd", seconds=3))
    assert cells(shown, "etcd") == {"n1": Cell.DONE, "n2": Cell.FAILED}


def test_hosts_that_never_had_their_turn_still_wait_after_a_failure():
    shown = board(
        ETCD,
        started("etcd", "n2"),
        ended("etcd", "n2", error=BROKEN),
        StageEnded(stage="etcd", seconds=3, failed=("n2",)),
    )
    assert cells(shown, "etcd") == {"n1": Cell.WAITING, "n2": Cell.FAILED}


def test_a_stage_without_steps_is_done_for_all_but_the_failed():
    shown = board(ETCD, StageEnded(stage="etcd", seconds=3, failed=("n2",)))
    assert cells(shown, "etcd") == {"n1": Cell.DONE, "n2": Cell.FAILED}


def test_the_oldest_step_and_its_time_are_shown():
    shown = board(ETCD, started("etcd", "n1", "write 3 files"), started("etcd", "n1", "join etcd"))
    assert shown.rows["n1"].doing(at=7) == "write 3 files 6s"


def test_a_pull_is_shown_until_it_is_complete():
    pull = Pulling(host="n1", image="etcd:3.6", done=34_100_000, total=90_000_000)
    assert board(pull).rows["n1"].doing(0) == "pull etcd:3.6 34.1 MB of 90.0 MB"
    whole = Pulling(host="n1", image="etcd:3.6", done=90, total=90)
    assert board(pull, whole).rows["n1"].doing(0) == ""


def test_a_step_without_a_host_has_the_clusters_row():
    assert list(board(started("addons", "")).rows) == ["cluster"]


def test_the_count_of_a_stage():
    assert board(ETCD, started("etcd", "n1"), ended("etcd", "n1")).counts("etcd") == (1, 2)


def test_where_not_all_fit_failed_and_active_hosts_are_picked_in_their_order():
    many = StageStarted(stage="workers", hosts=tuple(f"n{number}" for number in range(1000)))
    shown = board(many, started("workers", "n700"), started("workers", "n2"), ended("workers", "n900", error=BROKEN))
    rows, hidden = shown.picked(4)
    assert [row.host for row in rows] == ["n0", "n2", "n700", "n900"]
    assert hidden == 996


def test_where_all_fit_none_is_hidden():
    rows, hidden = board(ETCD).picked(2)
    assert ([row.host for row in rows], hidden) == (["n1", "n2"], 0)
