"""The line between worker and bot, and who is taken for dead."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import pytest

from bot.errors import RoomError
from bot.processes.hung import Doing, Silence, look_at
from bot.processes.task_set import TaskSet
from bot.worker.bot_guard import BotGuard, open_bot_guard
from bot.worker.bot_job import BotJob
from bot.worker.worker_line import BotHello, Errand, WorkerLine, new_address
from tests.waiting import until


def hello(pid: int | None = None, job_id: str = "AJ_1") -> BotHello:
    return BotHello(job_id=job_id, pid=os.getpid() if pid is None else pid)


NO_LIMIT_MB = 1_000_000
"""Some bots here are the process of the tests."""
JOB = BotJob(job_id="AJ_1", room_name="room", session_id="s" * 20)


@dataclass
class Guarded:
    """A worker's end of the line: its jobs and rooms, and what it has noticed."""

    address: str = field(default_factory=new_address)
    jobs: dict[str, BotJob] = field(default_factory=lambda: {"AJ_1": JOB})
    gone: list[BotJob] = field(default_factory=list[BotJob])
    ended: list[str] = field(default_factory=list[str])
    done: list[tuple[Errand, str, str]] = field(default_factory=list[tuple[Errand, str, str]])
    mood: str | RoomError | None = None
    """Of an errand: a refusal, "hang", or None."""
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def take_job(self, job_id: str) -> BotJob | None:
        return self.jobs.pop(job_id, None)

    def bot_gone(self, room_name: str) -> None:
        self.ended.append(room_name)

    async def remove(self, job: BotJob) -> None:
        self.gone.append(job)

    async def run(self, errand: Errand, details: Mapping[str, str], job: BotJob) -> str:
        if self.mood == "hang":
            await self.may_go_on.wait()
        if isinstance(self.mood, RoomError):
            raise self.mood
        self.done.append((errand, job.room_name, details.get("reason", "")))
        return "what it asked for"


@asynccontextmanager
async def guarding(*, memory_limit_mb: int = NO_LIMIT_MB) -> AsyncGenerator[Guarded]:
    guarded = Guarded()
    async with open_bot_guard(
        guarded.address, jobs=guarded, rooms=guarded, memory_limit_mb=memory_limit_mb
    ):
        yield guarded


_BOT = """
import asyncio, os, sys, time
from bot.worker.worker_line import BotHello, WorkerLine
async def main():
    hello = BotHello(job_id="AJ_1", pid=os.getpid())
    async with WorkerLine().opened(chr(0) + sys.argv[1], hello, on_lost=lambda: os._exit(7)):
        await asyncio.sleep(1.0)
        print("there", flush=True)
        if sys.argv[2] == "blocks":
            time.sleep(60)
        if sys.argv[2] == "takes memory":
            taken = os.urandom(1 << 20) * 400
        await asyncio.sleep(60)
asyncio.run(main())
"""


def start_bot(guarded: Guarded, how: str) -> subprocess.Popen[bytes]:
    name = guarded.address[1:]
    command = [sys.executable, "-c", _BOT, name, how]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


async def ended(bot: subprocess.Popen[bytes]) -> int:
    return await asyncio.to_thread(bot.wait, 30.0)


@pytest.mark.promise("Lost bots", "A bot that dies or hangs is out of its room within two seconds.")
@pytest.mark.skipif(sys.platform != "linux", reason="a name without a file")
@pytest.mark.parametrize("how", ["is killed", "is stopped", "blocks", "takes memory"])
async def test_a_bot_that_dies_hangs_or_takes_too_much_is_noticed_and_gone(how: str) -> None:
    async with guarding(memory_limit_mb=300) as guarded:
        bot = start_bot(guarded, how)
        with bot:
            try:
                assert bot.stdout is not None
                await asyncio.to_thread(bot.stdout.readline)
                if how == "is killed":
                    bot.kill()
                elif how == "is stopped":
                    bot.send_signal(signal.SIGSTOP)

                async def is_noticed() -> bool:
                    return guarded.gone == [JOB] and guarded.ended == ["room"]

                await until(is_noticed)
                assert await ended(bot) == -signal.SIGKILL
            finally:
                bot.kill()


async def test_a_bot_that_ends_by_itself_is_not_lost() -> None:
    async with guarding() as guarded:
        async with WorkerLine().opened(guarded.address, hello(), on_lost=lambda: None):
            await asyncio.sleep(0)

        async def is_known() -> bool:
            return guarded.ended == ["room"]

        await until(is_known)
        assert guarded.gone == []


@pytest.mark.promise("Lost bots", "A bot whose worker is gone knows it at once.")
async def test_a_bot_learns_that_its_worker_is_gone() -> None:
    listener = socket.socket(socket.AF_UNIX)
    address, lost = new_address(), asyncio.Event()
    listener.bind(address)
    listener.listen()
    async with WorkerLine().opened(address, hello(), on_lost=lost.set):
        connection, _ = listener.accept()
        connection.close()
        await asyncio.wait_for(lost.wait(), 10.0)
    listener.close()


async def test_without_a_worker_to_call_the_bot_works_all_the_same() -> None:
    line = WorkerLine()
    async with line.opened(new_address(), hello(), on_lost=lambda: None):
        with pytest.raises(RoomError, match="livekit_unreachable"):
            await line.ask(Errand.END)


@pytest.mark.parametrize("line", [b"", b"\n", b"no json\n", b"[]\n", b'{"pid": "x"}\n', b"{}\n"])
def test_what_is_no_hello_is_none(line: bytes) -> None:
    with pytest.raises(ValueError, match=""):
        BotHello.from_line(line)


@pytest.mark.promise("Lost bots", "A bot that dies or hangs is out of its room within two seconds.")
@pytest.mark.parametrize(
    ("doing", "hung_after_secs"),
    [(Doing.STOPPED, 1.0), (Doing.WAITING, 1.75), (Doing.BUSY, 12.0)],
)
@pytest.mark.promise("Lost bots", "A bot that dies or hangs is out of its room within two seconds.")
def test_how_long_a_silence_is_borne(doing: Doing, hung_after_secs: float) -> None:
    silence, silent_secs = Silence(), 0.5
    while not silence.is_of_a_hung_bot(silent_secs=silent_secs, doing=doing):
        silent_secs += 0.25
    assert silent_secs == hung_after_secs


@pytest.mark.promise("Lost bots", "A bot is not taken for dead because the machine is busy.")
def test_a_bot_that_wants_a_processor_now_and_then_is_not_blocked() -> None:
    silence = Silence()
    for look in range(20):
        doing = Doing.BUSY if look % 3 == 0 else Doing.WAITING
        assert not silence.is_of_a_hung_bot(silent_secs=0.25 * look, doing=doing)


@pytest.fixture
def idle() -> Iterator[subprocess.Popen[bytes]]:
    """A process that does nothing."""
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.promise("Lost bots", "A bot is not taken for dead because the machine is busy.")
async def test_a_worker_that_was_held_up_blames_no_bot(idle: subprocess.Popen[bytes]) -> None:
    guarded = Guarded()
    guard = BotGuard(
        tasks=TaskSet(),
        jobs=guarded,
        rooms=guarded,
        memory_limit_mb=NO_LIMIT_MB,
        look=lambda _: Doing.STOPPED,
    )
    reader, writer = asyncio.StreamReader(), cast("asyncio.StreamWriter", object())
    listening = asyncio.create_task(guard.listen(hello(idle.pid), JOB, reader, writer))
    await asyncio.sleep(0)
    now_secs = asyncio.get_running_loop().time()
    guard.look_round(now_secs)
    guard.look_round(now_secs + 60.0)
    reader.feed_eof()
    assert not await listening
    assert idle.poll() is None


def test_a_sleeping_process_waits_and_a_working_one_does_not() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as working:
        try:
            assert look_at(working.pid) is Doing.BUSY
        finally:
            working.kill()
    assert look_at(2**22 + 1) is Doing.BUSY
