"""How a child that dies is started again, and again."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests.bot.processes.child import QUICK, STAYS, Build, ChildLines, always, python_child


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


@pytest.mark.promise("Parts on this machine", "A second Ctrl-C stops everything at once.")
@pytest.mark.parametrize("moment", ["while it runs", "as it has died", "while it is started again"])
async def test_what_was_killed_is_not_started_again(
    build: Build, lines: ChildLines, moment: str
) -> None:
    limits = replace(QUICK, first_restart_secs=0.2, stop_secs=5.0)
    child = build(python_child(f"print('here', flush=True); {STAYS}"), limits=limits)
    died = asyncio.Event()
    child.on_death = lambda _: died.set()
    await child.start()
    assert (pid := child.pid) is not None
    if moment != "while it runs":
        os.kill(pid, signal.SIGKILL)
        await died.wait()
    if moment == "while it is started again":
        lines.all.remove("ready")
        await lines.say_times("here", 2)
    started = lines.all.count("here")
    child.kill()
    await asyncio.sleep(2 * limits.first_restart_secs)
    assert child.pid is None
    async with asyncio.timeout(limits.stop_secs / 2):
        await child.close()
    assert lines.all.count("here") == started
