from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from bot.processes.hung import Doing, look_at
from bot.processes.hung_child import HUNG_SECS, HungChild
from tests.fake_clock import FakeClock

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="who hangs is known on Linux alone")

_WAITS, _WORKS = "input()", "while True: pass"


@pytest.fixture
def child(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits or works, and does so by now."""
    program, expected = request.param
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as process:
        if expected is Doing.STOPPED:
            os.kill(process.pid, signal.SIGSTOP)
        deadline = time.monotonic() + 10.0
        while look_at(process.pid) is not expected:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield process
        process.kill()


def _judge(pid: int, *, times: int, every_secs: float, has_answered: bool = True) -> None:
    clock = FakeClock()
    hung = HungChild(name="test part", clock_secs=clock)
    if has_answered:
        hung.answered(pid)
    for _ in range(times):
        hung.unanswered(pid)
        clock.now += every_secs


@pytest.mark.promise("Parts on this machine", "A worker that hangs is ended and started anew.")
@pytest.mark.parametrize(
    "child",
    [(_WAITS, Doing.WAITING), (_WAITS, Doing.STOPPED)],
    ids=["blocked", "stopped"],
    indirect=True,
)
def test_a_child_that_does_nothing_and_does_not_answer_is_ended(
    child: subprocess.Popen[bytes],
) -> None:
    _judge(child.pid, times=10, every_secs=(HUNG_SECS - 1.0) / 9)
    assert child.poll() is None
    _judge(child.pid, times=10, every_secs=(HUNG_SECS + 1.0) / 9)
    assert child.wait(10.0) == -signal.SIGKILL


@pytest.mark.parametrize("child", [(_WORKS, Doing.BUSY)], ids=["busy"], indirect=True)
def test_a_child_that_works_is_not_ended(child: subprocess.Popen[bytes]) -> None:
    _judge(child.pid, times=20, every_secs=HUNG_SECS)
    assert child.poll() is None


@pytest.mark.parametrize("child", [(_WAITS, Doing.WAITING)], ids=["new"], indirect=True)
def test_a_child_that_has_not_answered_yet_is_not_ended(child: subprocess.Popen[bytes]) -> None:
    _judge(child.pid, times=20, every_secs=HUNG_SECS, has_answered=False)
    assert child.poll() is None


@pytest.mark.parametrize("child", [(_WAITS, Doing.WAITING)], ids=["answers"], indirect=True)
def test_a_child_that_answers_now_and_then_is_not_ended(child: subprocess.Popen[bytes]) -> None:
    clock = FakeClock()
    hung = HungChild(name="test part", clock_secs=clock)
    for _ in range(10):
        hung.answered(child.pid)
        hung.unanswered(child.pid)
        clock.now += HUNG_SECS - 1.0
        hung.unanswered(child.pid)
        clock.now += 1.0
    assert child.poll() is None
