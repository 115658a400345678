from rke_py.cli.console.pace import Pace
from rke_py.progress import Pulling


def pulling(done: int, *, image: str = "a", host: str = "n1") -> Pulling:
    return Pulling(host=host, image=image, done=done, total=100)


def test_the_first_the_last_and_one_per_interval_pass():
    pace = Pace(10)
    shown = [pace.lets_pass(pulling(done), at) for done, at in [(1, 0), (2, 3), (3, 9.9), (4, 10), (5, 15), (100, 16)]]
    assert shown == [True, False, False, True, False, True]


def test_images_and_hosts_have_their_own_pace():
    pace = Pace(10)
    assert all(pace.lets_pass(event, 0) for event in [pulling(1), pulling(1, image="b"), pulling(1, host="n2")])
