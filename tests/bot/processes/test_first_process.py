"""The first process of a container: it buries what others leave, and takes nothing from anybody."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.layout import PROJECT_ROOT

_CONTAINER = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")
_LEAVE = """
import asyncio, os, signal, subprocess, sys, time
from bot.processes.first_process import leave_first_place
leave_first_place()
"""
# Each `sh` leaves one behind that ends a little later, and says which.
_OTHERS = """
async def main():
    left, codes = [], []
    for turn in range(12):
        one = await asyncio.create_subprocess_exec(
            "sh", "-c", f"sleep 0.05 & echo $!; exit {turn}", stdout=subprocess.PIPE
        )
        left.append(int(await one.stdout.readline()))
        codes.append(await one.wait() == turn)
        codes.append(subprocess.run(["sh", "-c", f"exit {turn}"]).returncode == turn)
    for _ in range(100):
        left = [pid for pid in left if is_listed(pid)]
        if not left:
            break
        await asyncio.sleep(0.05)
    print("left", len(left), "all told", all(codes), "pid", os.getpid())

def is_listed(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

asyncio.run(main())
"""
# Says what it gets. The first process gets all of it, as one in a container does from outside.
_SIGNALS = """
got = []
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda number, _: got.append(number))
os.kill(1, signal.SIGTERM)
while got.count(signal.SIGTERM) < 1: time.sleep(0.01)
assert os.getpgid(1) == 1 != os.getpgid(0)  # a terminal's Ctrl-C comes to the first one alone
os.kill(1, signal.SIGINT)
while got.count(signal.SIGINT) < 1: time.sleep(0.01)
# What the kernel keeps from a first process the program does not get either.
for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2): os.kill(1, number)
time.sleep(0.2)
print(*map(int, got))
"""


def told(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Return what a program did that a container begins with."""
    try:
        subprocess.run([*_CONTAINER, "true"], check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine lets nobody make a namespace")
    return subprocess.run(
        [*_CONTAINER, *options, sys.executable, "-c", code],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,
    )


@pytest.mark.promise(
    "Parts on this machine",
    "In a container without an init, whatever ends leaves the list of processes.",
)
def test_what_others_leave_is_buried_and_no_end_is_taken_from_who_waits_for_it() -> None:
    done = told(_LEAVE + _OTHERS)
    left, pid = done.stdout.rsplit(" ", 1)
    assert left == "left 0 all told True pid", done.stderr
    assert int(pid) > 1


@pytest.mark.promise(
    "Parts on this machine",
    "In a container without an init, whatever ends leaves the list of processes.",
)
def test_a_runner_leaves_the_first_place_before_anything_else() -> None:
    look = (
        "import os, sys, runner\n"
        "runner._read_settings = lambda _: (print('pid', os.getpid()), sys.exit(7))\n"
        "runner.main(['serve'])\n"
    )
    done = told(look)
    assert done.returncode == 7, done.stderr
    assert int(done.stdout.split()[-1]) > 1


@pytest.mark.parametrize(
    ("end", "code"),
    [("sys.exit(0)", 0), ("sys.exit(3)", 3), ("os.kill(os.getpid(), signal.SIGKILL)", 137)],
)
def test_it_ends_as_the_program_does(end: str, code: int) -> None:
    assert told(_LEAVE + end).returncode == code


@pytest.mark.promise(
    "Parts on this machine",
    "In a container without an init, the program gets what tells it to end, once.",
)
def test_a_signal_comes_once() -> None:
    done = told("import os; os.setsid()" + _LEAVE + _SIGNALS)
    assert done.stdout.split() == [f"{signal.SIGTERM:d}", f"{signal.SIGINT:d}"], done.stderr


def test_elsewhere_nothing_changes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())\n" + _LEAVE + "print(os.getpid())"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    before, after = done.stdout.split()
    assert before == after
