"""How a child that dies is started again, and again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests.bot.processes.child import QUICK, STAYS, Build, ChildLines, always, python_child
from tests.layout import PROJECT_ROOT

# Is given what others leave, as the first process of a container; its child leaves one each time.
_FIRST = """
import asyncio, ctypes, sys
import psutil
from bot.processes.child_process import ChildCommand, ChildProcess, Limits
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
LEAVES = "import os, time; os.fork() or os._exit(0); time.sleep(0.1)"
restarts = []

async def is_ready():
    return True

async def main():
    child = ChildProcess(
        command=ChildCommand(name="child", arguments=(sys.executable, "-c", LEAVES)),
        is_ready=is_ready,
        on_line=print,
        limits=Limits(first_restart_secs=0.05, last_restart_secs=0.05),
    )
    child.on_death = restarts.append
    await child.start()
    while len(restarts) < 6:
        await asyncio.sleep(0.05)
    left = [one for one in psutil.Process().children() if one.status() == psutil.STATUS_ZOMBIE]
    print("left", len(left))
    await child.close()

asyncio.run(main())
"""


def pauses_secs(log: list[str]) -> list[float]:
    return [float(found) for found in re.findall(r"restarting it in (\S+) s", "".join(log))]


@pytest.mark.promise(
    "Parts on this machine",
    "A part that dies is started again, with pauses that double up to a limit.",
)
async def test_the_pauses_before_restarts_double_up_to_the_last(
    build: Build, lines: ChildLines, log: list[str]
) -> None:
    limits = replace(QUICK, first_restart_secs=0.1, last_restart_secs=0.4)
    code = "import time; print('here'); print(time.monotonic(), flush=True)"
    child = build(python_child(code), limits=limits, is_ready=always)
    await child.start()
    await lines.say_times("here", 5)
    assert pauses_secs(log)[:4] == [0.1, 0.2, 0.4, 0.4]
    started = [float(line) for line in lines.all if line != "here"]
    gaps = [after - before for before, after in pairwise(started)]
    assert all(gap >= pause for gap, pause in zip(gaps, (0.1, 0.2, 0.4), strict=False))


@pytest.mark.promise(
    "Parts on this machine",
    "A part that dies is started again, with pauses that double up to a limit.",
)
async def test_a_child_that_ran_long_enough_begins_anew_with_the_first_pause(
    build: Build, lines: ChildLines, log: list[str]
) -> None:
    limits = replace(QUICK, first_restart_secs=0.01, last_restart_secs=5.0, stable_secs=0.2)
    code = "import time; print('here', flush=True); time.sleep(0.3)"
    child = build(python_child(code), limits=limits, is_ready=always)
    await child.start()
    await lines.say_times("here", 4)
    assert pauses_secs(log)[:3] == [0.01, 0.01, 0.01]


@pytest.mark.promise(
    "Parts on this machine",
    "A part that dies is started again, with pauses that double up to a limit.",
)
async def test_a_child_that_cannot_be_started_again_is_tried_again(
    build: Build, lines: ChildLines, log: list[str], tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    code = (
        "import pathlib, sys; broken = pathlib.Path(sys.argv[1])\n"
        "if broken.exists(): print('not now', flush=True); raise SystemExit(1)\n"
    )
    command = python_child(code + STAYS.replace("; ", "\n"))
    command = replace(command, arguments=(*command.arguments, str(broken)))
    child = build(command, is_ready=lambda: _has_said(lines, "ready", "not now"))
    await child.start()
    broken.touch()
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    await lines.say_times("not now", 3)
    broken.unlink()
    await lines.say_times("ready", 2)


async def _has_said(lines: ChildLines, *words: str) -> bool:
    """Whether the newest start has said that it is ready, and not that it cannot be."""
    return [line for line in lines.all if line in words][-1:] == [words[0]]


@pytest.mark.promise(
    "Parts on this machine", "In a container, a part that dies again and again leaves no processes."
)
@pytest.mark.skipif(sys.platform != "linux", reason="containers are Linux's")
def test_what_a_child_leaves_is_buried_by_the_first_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FIRST], cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=60
    )
    (left,) = re.findall(r"^left (\d+)$", done.stdout, re.MULTILINE)
    # Of the last one, or of the one before.
    assert int(left) <= 2
