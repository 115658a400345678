import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from threading import Event

import pytest

from rke_py.cli.interrupts import Interrupts

PROGRAM = """
import signal, sys, threading
from rke_py.cli.interrupts import Departure, Interrupts
with Interrupts(first=lambda: print("stopping", flush=True), second=Departure()):
    threading.Thread(target=threading.Event().wait).start()
    print("ready", flush=True)
    while True:
        signal.pause()
"""


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    """Let SIGHUP be as a terminal leaves it, also where the tests run below nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def never() -> None:
    raise AssertionError("the second signal was not sent")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_sets_the_flag_and_says_so(number):
    said = Event()
    with Interrupts(first=said.set, second=never) as interrupts:
        assert not interrupts.stop()
        signal.raise_signal(number)
        assert interrupts.stop()
        assert said.wait(10)


def test_the_second_leaves():
    left = []
    with Interrupts(first=lambda: None, second=lambda: left.append(True)):
        signal.raise_signal(signal.SIGINT)
        assert left == []
        signal.raise_signal(signal.SIGINT)
        assert left == [True]


def test_a_closed_terminal_and_the_end_of_its_session_are_one_request():
    left, said = [], []
    with Interrupts(first=lambda: said.append(True), second=lambda: left.append(True)) as interrupts:
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGHUP)
        assert interrupts.stop()
        assert left == []
        signal.raise_signal(signal.SIGTERM)
        assert left == [True]
    assert len(said) == 1


def test_a_hang_up_that_is_ignored_stays_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Interrupts(first=never, second=never) as interrupts:
        signal.raise_signal(signal.SIGHUP)
        assert not interrupts.stop()


def test_afterwards_the_signals_are_as_before():
    taken = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in taken]
    with Interrupts(first=lambda: None, second=never):
        pass
    assert [signal.getsignal(number) for number in taken] == before


def interrupted_question(interrupts: Interrupts) -> None:
    with interrupts.suspended():
        signal.raise_signal(signal.SIGINT)


def test_at_a_question_ctrl_c_ends_the_question():
    with Interrupts(first=lambda: None, second=never) as interrupts:
        with pytest.raises(KeyboardInterrupt):
            interrupted_question(interrupts)
        assert not interrupts.stop()


def test_a_process_with_busy_threads_leaves_at_once_with_130():
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout as said:
        assert said.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert said.readline() == "stopping\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130


def test_a_terminal_gets_its_cursor_and_echo_back():
    ours, theirs = pty.openpty()
    code = (
        "import termios, sys\n"
        "from rke_py.cli.interrupts import Departure\n"
        "leave = Departure()\n"
        "mode = termios.tcgetattr(0)\n"
        "mode[3] &= ~termios.ECHO\n"
        "termios.tcsetattr(0, termios.TCSANOW, mode)\n"
        "leave()\n"
    )
    before = termios.tcgetattr(theirs)
    try:
        done = subprocess.run([sys.executable, "-c", code], stdin=theirs, stdout=theirs, timeout=30, check=False)
        assert done.returncode == 130
        assert termios.tcgetattr(theirs) == before
        assert b"\x1b[?25h" in os.read(ours, 100)
    finally:
        os.close(ours)
        os.close(theirs)
