"""What a bot has its worker do, and what the worker does not do for whoever asks."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import sys

import pytest

from bot.errors import RoomError
from bot.worker import worker_line
from bot.worker.bot_job import BotJob
from bot.worker.worker_line import BEAT_SECS, Errand, WorkerLine
from tests.bot.worker.test_bot_guard import JOB, Guarded, guarding, hello
from tests.waiting import until


async def test_an_errand_is_done_in_the_bot_s_own_room() -> None:
    line = WorkerLine()
    async with guarding() as guarded, line.opened(guarded.address, hello(), on_lost=lambda: None):
        assert await line.ask(Errand.END, reason="goodbye") == "what it asked for"
        # What it says of itself counts for nothing.
        await line.ask(Errand.FIND_OTHER_BOT, room_name="another", job_id="AJ_2", reason="x")
    assert guarded.done == [
        (Errand.END, "room", "goodbye"),
        (Errand.FIND_OTHER_BOT, "room", "x"),
    ]


@pytest.mark.parametrize("mood", [RoomError("room_not_found", "gone"), "hang", "dies"])
async def test_an_errand_that_is_not_done_fails_by_its_code(mood: str | RoomError) -> None:
    line = WorkerLine()
    async with guarding() as guarded, line.opened(guarded.address, hello(), on_lost=lambda: None):
        guarded.mood = "hang" if mood == "dies" else mood
        asking = asyncio.create_task(line.ask(Errand.END, limit_secs=60 if mood == "dies" else 0.5))
        if mood == "dies":
            await asyncio.sleep(0)
            line.connection_lost(None)
        with pytest.raises(RoomError) as caught:
            await asking
    expected = mood.code if isinstance(mood, RoomError) else "livekit_unreachable"
    assert caught.value.code == expected


async def test_an_errand_that_is_begun_is_done_also_for_a_bot_that_dies() -> None:
    line = WorkerLine()
    async with guarding() as guarded:
        guarded.mood = "hang"
        async with line.opened(guarded.address, hello(), on_lost=lambda: None):
            asking = asyncio.create_task(line.ask(Errand.END, reason="goodbye"))
            await asyncio.sleep(0.1)

        async def is_gone() -> bool:
            return guarded.ended == ["room"]

        await until(is_gone)
        guarded.may_go_on.set()

        async def is_done() -> bool:
            return guarded.done == [(Errand.END, "room", "goodbye")]

        await until(is_done)
        with pytest.raises(RoomError):
            await asking


async def test_many_errands_at_once_are_refused_and_the_line_stays() -> None:
    line = WorkerLine()
    async with guarding() as guarded, line.opened(guarded.address, hello(), on_lost=lambda: None):
        guarded.mood = "hang"
        asked = [asyncio.create_task(line.ask(Errand.FIND_OTHER_BOT)) for _ in range(20)]
        _, waiting = await asyncio.wait(asked, timeout=1.0)
        assert len(waiting) == 8
        guarded.may_go_on.set()
        await asyncio.wait(waiting)
        guarded.mood = None
        assert await line.ask(Errand.FIND_OTHER_BOT) == "what it asked for"
        assert len(guarded.done) == 9


async def test_a_bot_sends_for_the_next_one_now_and_then_only() -> None:
    line = WorkerLine()
    async with guarding() as guarded, line.opened(guarded.address, hello(), on_lost=lambda: None):
        await line.ask(Errand.SEND_FOR_NEXT)
        with pytest.raises(RoomError, match="too_many_requests"):
            await line.ask(Errand.SEND_FOR_NEXT)
    assert [errand for errand, *_ in guarded.done] == [Errand.SEND_FOR_NEXT]


@pytest.mark.promise(
    "Parts on this machine",
    "A worker serves its own bots, each in its own room, and nobody else.",
)
@pytest.mark.parametrize(
    ("job_id", "pid"),
    [("AJ_other", None), ("AJ_1", 1), ("", None)],
    ids=["a job that was not taken", "another process's", "none"],
)
@pytest.mark.skipif(sys.platform != "linux", reason="who calls is told on Linux alone")
async def test_who_has_no_job_is_hung_up_on(job_id: str, pid: int | None) -> None:
    line, lost = WorkerLine(), asyncio.Event()
    async with (
        guarding() as guarded,
        line.opened(guarded.address, hello(pid, job_id), on_lost=lost.set),
    ):
        with pytest.raises(RoomError):
            await line.ask(Errand.END)
        await asyncio.wait_for(lost.wait(), 10.0)
        assert (guarded.done, guarded.ended, guarded.gone) == ([], [], [])


@pytest.mark.promise(
    "Parts on this machine",
    "A worker serves its own bots, each in its own room, and nobody else.",
)
async def test_a_job_has_one_bot() -> None:
    first, second, lost = WorkerLine(), WorkerLine(), asyncio.Event()
    async with guarding() as guarded, first.opened(guarded.address, hello(), on_lost=lambda: None):
        await first.ask(Errand.FIND_OTHER_BOT)
        async with second.opened(guarded.address, hello(), on_lost=lost.set):
            await asyncio.wait_for(lost.wait(), 10.0)
        assert await first.ask(Errand.FIND_OTHER_BOT) == "what it asked for"


@pytest.mark.parametrize(
    "line",
    [
        b"{\n",
        b'{"ask": 1}\n',
        b'{"ask": "x", "errand": "end"}\n',
        b'{"ask": 1, "errand": "delete everything"}\n',
        b'{"ask": ' + b"[" * 50_000 + b"\n",
        b'{"ask": 1, "errand": "end", "reason": "' + b"x" * 100_000 + b'"}\n',
    ],
    ids=["no JSON", "no errand", "no number", "unknown", "nested", "long"],
)
async def test_a_bot_that_speaks_nonsense_is_taken_for_gone(line: bytes) -> None:
    async with guarding() as guarded:
        _, writer = await open_line(guarded)
        writer.write(line)

        async def is_gone() -> bool:
            return guarded.gone == [JOB] and guarded.ended == ["room"]

        await until(is_gone)
        assert guarded.done == []
        # The worker lives, and so do its other bots.
        guarded.jobs["AJ_2"] = BotJob(job_id="AJ_2", room_name="second", session_id="t" * 20)
        other = WorkerLine()
        async with other.opened(guarded.address, hello(job_id="AJ_2"), on_lost=lambda: None):
            await other.ask(Errand.FIND_OTHER_BOT)
        writer.close()


async def open_line(guarded: Guarded) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(guarded.address)
    reader, writer = await asyncio.open_unix_connection(sock=connection)
    writer.write(hello(os.getpid()).to_line())
    return reader, writer


@pytest.mark.promise(
    "Lost bots", "A bot that was held up so long that another one has its call is gone at once."
)
@pytest.mark.parametrize(("held_up_secs", "is_told"), [(11.0, False), (13.0, True)])
async def test_a_bot_that_was_held_up_hears_of_it(
    monkeypatch: pytest.MonkeyPatch, held_up_secs: float, *, is_told: bool
) -> None:
    told: list[float] = []
    times = itertools.chain([100.0, 100.0], itertools.repeat(100.0 + held_up_secs))
    monkeypatch.setattr(worker_line, "awake_secs", lambda: next(times))
    line = WorkerLine()
    async with (
        guarding() as guarded,
        line.opened(guarded.address, hello(), on_lost=lambda: None, on_awake=told.append),
    ):
        await asyncio.sleep(4 * BEAT_SECS)
    assert told == ([held_up_secs] if is_told else [])
