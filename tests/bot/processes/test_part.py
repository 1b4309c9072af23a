"""When a part counts as ready, and how several start and end together."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest

from bot.errors import LaunchError
from bot.launch import free_port
from bot.processes import hung_child
from bot.processes.child_process import ChildCommand
from bot.processes.part import Part, given_up_with, open_parts
from tests.bot.small_part import small_part
from tests.waiting import until


def _ending_part() -> Part:
    return Part(
        command=ChildCommand(name="ending part", arguments=(sys.executable, "-c", "exit(3)")),
        health_url=f"http://127.0.0.1:{free_port()}/",
        on_line=lambda _: None,
    )


async def test_part_is_ready_when_it_answers_and_its_lines_are_passed_on() -> None:
    lines: list[str] = []
    part = small_part(on_line=lines.append)
    async with open_parts(part) as ready:
        await ready
        assert await part.is_healthy()
    assert not await part.is_healthy()
    assert lines == ["starting"]


async def test_part_with_a_ready_line_is_not_ready_before_it() -> None:
    lines: list[str] = []
    part = small_part("READY", "more", on_line=lines.append, ready_line="READY")
    async with open_parts(part) as ready:
        await ready
    assert lines == ["starting", "more"]


async def test_who_asks_for_it_is_told_when_it_dies_and_when_it_is_back() -> None:
    told: list[object] = []
    part = small_part("READY", on_line=lambda _: None, ready_line="READY")
    async with open_parts(part) as ready:
        await ready
        part.tell(on_death=told.append, on_ready=lambda: told.append("ready"))
        died = part.process.pid
        assert died is not None
        os.kill(died, signal.SIGKILL)

        async def is_back() -> bool:
            return "ready" in told

        await until(is_back, limit_secs=30.0)
    assert told == [died, "ready"]


async def test_part_that_ends_at_once_is_a_launch_error() -> None:
    with pytest.raises(LaunchError) as caught:
        async with open_parts(_ending_part()) as ready:
            await ready
    assert "ending part" in caught.value.message


@pytest.mark.promise("Parts on this machine", "A worker that hangs is ended and started anew.")
@pytest.mark.skipif(sys.platform != "linux", reason="who hangs is known on Linux alone")
async def test_part_that_hangs_is_ended_and_started_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hung_child, "HUNG_SECS", 0.0)
    part = small_part(on_line=lambda _: None)
    async with open_parts(part) as ready:
        await ready
        assert await part.is_healthy()
        pid = part.process.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)

        async def is_new() -> bool:
            return await part.is_healthy() and part.process.pid != pid

        await until(is_new, limit_secs=30.0)


@pytest.mark.promise(
    "Parts on this machine",
    "Parts start beside each other, and one that does not start leaves no other.",
)
@pytest.mark.parametrize("is_first", [True, False])
async def test_a_part_that_does_not_start_leaves_no_other(is_first: bool) -> None:
    well, ending = small_part(on_line=lambda _: None), _ending_part()
    with pytest.raises(LaunchError) as caught:
        async with open_parts(*((ending, well) if is_first else (well, ending))) as ready:
            await ready
    assert "ending part" in caught.value.message
    assert well.process.pid is None


async def test_parts_in_order_start_when_the_one_before_is_ready() -> None:
    late = small_part("not the line", on_line=lambda _: None, ready_line="the line")
    other = small_part(on_line=lambda _: None)
    async with open_parts(late, other, is_in_order=True) as ready:
        await asyncio.wait({ready}, timeout=1.0)
        assert late.process.pid is not None
        assert not ready.done()
        assert other.process.pid is None


@pytest.mark.promise(
    "Parts on this machine",
    "Parts start beside each other, and one that does not start leaves no other.",
)
async def test_parts_start_beside_each_other_and_who_stops_waiting_leaves_none() -> None:
    late = small_part("not the line", on_line=lambda _: None, ready_line="the line")
    other = small_part(on_line=lambda _: None)

    async def open_and_wait() -> None:
        async with open_parts(late, other) as ready:
            await ready
            raise AssertionError("one of them was not ready")

    opening = asyncio.create_task(open_and_wait())
    await until(other.is_healthy)
    assert late.process.pid is not None
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert late.process.pid is None
    assert other.process.pid is None


async def _fail(after_secs: float) -> None:
    await asyncio.sleep(after_secs)
    raise LaunchError("child_ended", "it ended at once")


async def test_what_waits_beside_a_start_is_given_up_with_it() -> None:
    starting = asyncio.create_task(_fail(0.05))
    with pytest.raises(LaunchError, match="ended at once"), given_up_with(starting):
        await asyncio.sleep(10.0)
    task = asyncio.current_task()
    assert task is not None and not task.cancelling()


async def test_what_is_done_before_a_start_fails_is_left_alone() -> None:
    starting = asyncio.create_task(_fail(0.05))
    with given_up_with(starting):
        await asyncio.sleep(0)
    with pytest.raises(LaunchError):
        await starting
    await asyncio.sleep(0.05)


async def test_who_stops_a_start_that_fails_stops_it() -> None:
    fails = asyncio.Event()

    async def start() -> None:
        await fails.wait()
        raise LaunchError("child_ended", "it ended at once")

    async def open_all() -> None:
        with given_up_with(asyncio.create_task(start())):
            await asyncio.sleep(10.0)

    opening = asyncio.create_task(open_all())
    await asyncio.sleep(0.01)
    fails.set()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
