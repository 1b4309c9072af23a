from __future__ import annotations

import asyncio
import os
import signal

import psutil
import pytest

from bot.errors import LaunchError
from bot.processes.child_process import ChildCommand, ChildProcess, Limits
from tests.bot.processes.child import (
    QUICK,
    STAYS,
    WAIT_SECS,
    Build,
    ChildLines,
    always,
    python_child,
)


async def test_a_child_is_started_fed_and_stopped(build: Build, lines: ChildLines) -> None:
    child = build(python_child(STAYS, standard_input=b"secret"))
    await child.start()
    pid = child.pid
    assert lines.all == ["secret", "ready"]
    assert pid is not None and psutil.pid_exists(pid)
    await child.close()
    assert child.pid is None
    assert not psutil.pid_exists(pid)


async def test_closing_twice_or_unstarted_is_fine(build: Build) -> None:
    child = build(python_child(STAYS))
    await child.close()
    await child.start()
    await child.close()
    await child.close()


async def test_a_killed_child_is_started_again(build: Build, lines: ChildLines) -> None:
    child = build(python_child(STAYS))
    await child.start()
    first_pid = child.pid
    assert first_pid is not None
    os.kill(first_pid, signal.SIGKILL)
    await lines.say_times("ready", 2)
    assert child.pid not in (None, first_pid)


async def test_a_child_that_keeps_dying_is_tried_again_and_again(
    build: Build, lines: ChildLines
) -> None:
    child = build(python_child("print('here', flush=True)"), is_ready=always)
    await child.start()
    await lines.say_times("here", 5)


@pytest.mark.promise("Parts on this machine", "A part is asked to stop before it is killed.")
async def test_a_child_may_take_as_long_to_stop_as_it_is_given(
    build: Build, lines: ChildLines
) -> None:
    code = (
        "import signal, sys, time\n"
        "def stop(*_): time.sleep(1.0); print('tidy', flush=True); sys.exit()\n"
        "signal.signal(signal.SIGTERM, stop)\n"
    )
    child = build(python_child(code + STAYS.replace("; ", "\n")))
    await child.start()
    await child.close(stop_secs=20.0)
    assert lines.all[-1] == "tidy"


async def test_every_stop_signal_is_sent_in_order(build: Build, lines: ChildLines) -> None:
    code = (
        "import signal, sys\n"
        "signal.signal(signal.SIGUSR1, lambda *_: print('first', flush=True))\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('second', flush=True), sys.exit()))\n"
    )
    signals = (signal.SIGUSR1, signal.SIGTERM)
    child = build(python_child(code + STAYS.replace("; ", "\n"), stop_signals=signals))
    await child.start()
    await child.close(stop_secs=20.0)
    assert lines.all[-2:] == ["first", "second"]


async def test_a_child_that_ends_at_once_is_an_error(build: Build) -> None:
    child = build(python_child("raise SystemExit(3)"))
    with pytest.raises(LaunchError) as caught:
        await child.start()
    assert caught.value.code == "child_ended"
    assert caught.value.message == "child ended at once with exit code 3"


async def test_a_program_that_is_not_there_is_an_error(build: Build) -> None:
    child = build(ChildCommand(name="child", arguments=("/nowhere/program",)))
    with pytest.raises(LaunchError) as caught:
        await child.start()
    assert caught.value.code == "child_ended"


async def test_a_child_that_is_never_ready_is_stopped_and_told(build: Build) -> None:
    child = build(python_child("import time; time.sleep(60)"), limits=Limits(ready_secs=0.2))
    with pytest.raises(LaunchError) as caught:
        await child.start()
    assert caught.value.code == "child_not_ready"
    assert child.pid is None


async def test_a_child_that_ignores_the_stop_signal_is_killed(
    build: Build, lines: ChildLines
) -> None:
    child = build(python_child(f"import signal; signal.signal(15, signal.SIG_IGN); {STAYS}"))
    await child.start()
    pid = child.pid
    await child.close()
    assert pid is not None and not psutil.pid_exists(pid)


async def test_what_a_child_started_goes_with_it(build: Build, lines: ChildLines) -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True)"
    child = build(python_child(f"{code}; {STAYS}"))
    await child.start()
    grandchild = psutil.Process(int(lines.all[0]))
    await child.close()
    assert not psutil.wait_procs([grandchild], WAIT_SECS)[1]


async def test_a_start_that_is_cancelled_leaves_no_process(build: Build, lines: ChildLines) -> None:
    child = build(python_child("import os, time; print(os.getpid(), flush=True); time.sleep(60)"))
    start = asyncio.create_task(child.start())
    while not lines.all:  # noqa: ASYNC110 - a child cannot set an event
        await asyncio.sleep(0.01)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert not psutil.pid_exists(int(lines.all[0]))


async def test_a_child_has_only_the_environment_it_is_given(
    build: Build, lines: ChildLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_TEST_SECRET", "hush")
    code = f"import os; print(sorted(os.environ)); {STAYS}"
    await build(python_child(code, environment={"A": "1"})).start()
    assert "PARLEY_TEST_SECRET" not in lines.all[0]
    assert "'A'" in lines.all[0]


async def test_a_line_longer_than_the_limit_does_not_stop_the_reading(
    build: Build, lines: ChildLines
) -> None:
    await build(python_child(f"print('x' * 1_000_000); {STAYS}")).start()
    assert lines.all[-1] == "ready"


async def test_an_outlet_that_breaks_neither_stops_the_reading_nor_the_end() -> None:
    seen: list[str] = []

    def broken(line: str) -> None:
        seen.append(line)
        raise BrokenPipeError("nobody reads the log any more")

    async def is_ready() -> bool:
        return "ready" in seen

    # More than a pipe and the reader's buffer hold: a child nobody listens to hangs in it.
    code = f"for _ in range(20_000): print('x' * 100)\n{STAYS}"
    child = ChildProcess(
        command=python_child(code.replace("; ", "\n")),
        is_ready=is_ready,
        on_line=broken,
        limits=QUICK,
    )
    await child.start()
    pid = child.pid
    await child.close()
    assert len(seen) > 20_000
    assert pid is not None and not psutil.pid_exists(pid)


async def test_a_look_at_readiness_that_raises_does_not_end_the_supervision(
    lines: ChildLines, build: Build
) -> None:
    looks = 0

    async def is_ready() -> bool:
        nonlocal looks
        looks += 1
        if 1 < looks < 4:
            raise RuntimeError("no look is possible")
        return True

    child = build(python_child(STAYS), is_ready=is_ready)
    await child.start()
    await lines.say_times("ready", 1)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    await lines.say_times("ready", 2)
    assert child.pid is not None


async def test_a_close_that_is_cancelled_says_so_and_leaves_no_process(build: Build) -> None:
    child = build(python_child(STAYS))
    await child.start()
    pid = child.pid
    closing = asyncio.create_task(child.close())
    await asyncio.sleep(0)  # it waits for the end of the supervision
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert pid is not None and not psutil.pid_exists(pid)


async def test_somebody_who_left_the_group_does_not_hold_up_the_end(
    build: Build, lines: ChildLines
) -> None:
    code = (
        "import subprocess\n"
        "print(subprocess.Popen(['sleep', '30'], start_new_session=True).pid, flush=True)\n"
    )
    child = build(python_child(code + STAYS.replace("; ", "\n")))
    await child.start()
    left = psutil.Process(int(lines.all[0]))
    try:
        await asyncio.wait_for(child.close(), 5.0)
    finally:
        left.kill()


async def test_a_child_is_started_again_though_what_it_started_lives_on(
    build: Build, lines: ChildLines
) -> None:
    code = (
        "import subprocess\n"
        "print(subprocess.Popen(['sleep', '30'], start_new_session=True).pid, flush=True)\n"
    )
    child = build(python_child(code + STAYS.replace("; ", "\n")))
    await child.start()
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    try:
        await lines.say_times("ready", 2)
    finally:
        for line in lines.all:
            if line.isdigit():
                psutil.Process(int(line)).kill()
