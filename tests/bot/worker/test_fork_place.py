"""The fork server of a runner: it outlives its workers, and one that dies is started anew."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from bot.local_stack import LocalStack
from bot.settings import NO_SECRET, PROJECT_ROOT, child_environment
from bot.worker.fork_place import ForkPlace, ForkServer, open_fork_place
from bot.worker.fork_server import can_fork
from tests.bot.small_part import small_part
from tests.waiting import until

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or sys.version_info >= (3, 14), reason="bots are forked on Linux alone"
)
_LIMIT_SECS = 90.0
_END_SECS = 15.0
# Has one bot forked, which says what it is and holds, and dies or waits to be killed.
_WORKER = """
import multiprocessing, os, sys, time
from bot.worker.fork_server import use_fork_server

def bot(told):
    with open("/proc/self/environ", "rb") as file:
        held = "hidden" in str(os.environ) or b"hidden" in file.read()
    told.put((os.getppid(), held, "pipecat" in sys.modules, os.environ["OMP_NUM_THREADS"]))

if __name__ == "__main__":
    os.environ["LIVEKIT_API_SECRET"] = "hidden"
    use_fork_server(sys.argv[1])
    context = multiprocessing.get_context("forkserver")
    told = context.Queue()
    context.Process(target=bot, args=(told,)).start()
    print(*told.get(), flush=True)
    time.sleep(3600)
"""
# A runner, its worker and a bot: what they are to each other, without what a call needs. The bot
# ends as it loses its worker, as real ones do.
_RUNNER = """
import asyncio, multiprocessing, os, sys

def bot(line):
    from bot.worker.fork_server import hear_of_its_end
    hear_of_its_end()
    line.send(os.getpid())
    try:
        line.recv()
    except EOFError:
        pass

def worker(place):
    from bot.worker.fork_server import use_fork_server
    use_fork_server(place)
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe()
    context.Process(target=bot, args=(theirs,)).start()
    theirs.close()
    print("bot", ours.recv(), flush=True)
    ours.recv()

async def ready():
    return True

def child(name, *arguments, descriptors):
    from bot.processes.child_process import ChildCommand, ChildProcess
    command = ChildCommand(
        name=name, arguments=(sys.executable, *arguments), inherited_descriptors=descriptors
    )
    say = lambda line: print(line, flush=True)
    return ChildProcess(command=command, is_ready=ready, on_line=say)

async def runner():
    from bot.worker.fork_place import open_fork_place
    with open_fork_place() as place:
        listener, alive = place.listener.fileno(), place.alive[0]
        code = f"from multiprocessing.forkserver import main; main({listener}, {alive}, [])"
        fork = child("fork", "-c", code, sys.argv[0], descriptors=(listener, alive))
        await fork.start()
        told = child("worker", sys.argv[0], place.told, descriptors=place.descriptors)
        await told.start()
        print("parts", os.getpid(), told.pid, fork.pid, flush=True)
        await asyncio.Event().wait()

if __name__ == "__main__":
    worker(sys.argv[1]) if sys.argv[1:] else asyncio.run(runner())
"""


_KILLED = (
    # Who is stopped, and in which order the others are killed.
    ("nobody", ("runner", "worker", "fork server")),
    ("worker", ("runner", "fork server", "worker")),
    ("fork server", ("worker", "runner", "fork server")),
    ("bot", ("worker", "fork server", "runner")),
    ("runner", ("fork server", "runner", "worker")),
    ("all", ("fork server", "worker", "runner")),
    ("all", ("runner", "worker", "fork server")),
    ("bot", ("runner", "worker", "fork server")),
)


@pytest_asyncio.fixture
async def opened() -> AsyncIterator[tuple[ForkPlace, ForkServer]]:
    given = {"PYTHONPATH": str(PROJECT_ROOT), "LIVEKIT_API_SECRET": NO_SECRET}
    with open_fork_place() as place:
        assert place is not None
        environment = child_environment(given)
        server = ForkServer(place, environment=environment, on_line=lambda _: None)
        await server.process.start()
        try:
            yield place, server
        finally:
            await server.process.close()


async def _bot_of_a_worker(place: ForkPlace, folder: Path) -> tuple[int, list[str]]:
    """Return the parent of a bot and what it tells; its worker is killed."""
    program = folder / "worker.py"
    program.write_text(_WORKER)
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        str(program),
        place.told,
        pass_fds=place.descriptors,
        env=child_environment({"PYTHONPATH": str(PROJECT_ROOT)}),
        stdout=asyncio.subprocess.PIPE,
    )
    assert worker.stdout is not None
    try:
        async with asyncio.timeout(_LIMIT_SECS):
            parent, *told = (await worker.stdout.readline()).decode().split()
    finally:
        worker.kill()
        await worker.wait()
    return int(parent), told


@pytest.mark.promise(
    "Lost bots", "What bots are forked from outlives a worker that dies, and never held its secret."
)
async def test_the_bots_of_the_next_worker_are_of_the_same_one(
    opened: tuple[ForkPlace, ForkServer], tmp_path: Path
) -> None:
    place, server = opened[0], opened[1].process
    for _ in range(2):
        parent, told = await _bot_of_a_worker(place, tmp_path)
        assert parent == server.pid
        assert told == ["False", "True", "1"]
    assert server.pid is not None
    # Whoever asks while it is started anew waits.
    died = server.pid
    os.kill(died, signal.SIGKILL)
    parent, told = await _bot_of_a_worker(place, tmp_path)
    assert parent != died and told[0] == "False"


@pytest.mark.promise("Lost bots", "What bots are forked from does not stay stopped.")
async def test_one_that_was_stopped_goes_on(opened: tuple[ForkPlace, ForkServer]) -> None:
    _, server = opened
    assert server.process.pid is not None
    process = psutil.Process(server.process.pid)

    async def is_stopped() -> bool:
        return process.status() == psutil.STATUS_STOPPED

    async def goes_on() -> bool:
        return not await is_stopped()

    process.suspend()
    await until(is_stopped)
    worker = small_part(on_line=lambda _: None)
    ready = asyncio.create_task(asyncio.sleep(0))
    parts = LocalStack(worker=worker, providers=None, ready=ready, fork_server=server)
    await parts.look()
    await until(goes_on)
    await ready


@pytest.mark.promise("Lost bots", "A worker that can have no bot leaves its jobs to the others.")
async def test_it_is_known_at_once_that_it_has_died_and_when_it_is_back(
    opened: tuple[ForkPlace, ForkServer], tmp_path: Path
) -> None:
    place, server = opened
    worker, told = small_part(on_line=lambda _: None), list[object]()
    program = tmp_path / "worker.py"
    program.write_text(_RUNNER)

    async def is_loaded() -> bool:
        return can_fork(place.loaded)

    async def is_told() -> bool:
        return told[-1:] == ["back"]

    async with AsyncExitStack() as stack, asyncio.timeout(_LIMIT_SECS):
        stack.callback(_kill_all, program)
        stack.push_async_callback(worker.process.close)
        await worker.process.start()
        ready = asyncio.create_task(asyncio.sleep(0))
        parts = LocalStack(worker=worker, providers=None, ready=ready, fork_server=server)
        parts.tell(
            on_death=told.append,
            on_forks_death=lambda: told.append("gone"),
            on_ready=lambda: told.append("back"),
        )
        await until(is_loaded, limit_secs=_LIMIT_SECS)
        bot = await _living_bot(stack, program, place)
        # A bot that hangs does not speak for what it was forked from.
        bot.suspend()
        told.clear()
        assert (died := server.process.pid) is not None
        os.kill(died, signal.SIGKILL)
        await until(_is_gone(psutil.Process(died)))
        assert not can_fork(place.loaded)
        await until(is_told, limit_secs=_LIMIT_SECS)
        assert told == ["gone", "back"]
        assert can_fork(place.loaded)


@pytest.mark.parametrize("folder", ["long" * 50, "gone"])
def test_it_needs_no_short_path_and_does_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    if folder != "gone":
        (tmp_path / folder).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / folder))
    with open_fork_place() as place:
        assert (place is None) is (folder == "gone")
        if place is not None:
            with socket.socket(socket.AF_UNIX) as worker:
                worker.connect(f"/proc/self/fd/{place.path}")
    assert [*tmp_path.rglob("*/*")] == []


async def test_nothing_of_it_is_left() -> None:
    before = set(os.listdir("/proc/self/fd"))
    with open_fork_place() as place:
        assert place is not None
        environment = child_environment({"PYTHONPATH": str(PROJECT_ROOT)})
        server = ForkServer(place, environment=environment, on_line=lambda _: None).process
        await server.start()
        assert server.pid is not None
        process = psutil.Process(server.pid)
        await server.close()
        assert not process.is_running()
    assert set(os.listdir("/proc/self/fd")) <= before


async def _living_bot(stack: AsyncExitStack, program: Path, place: ForkPlace) -> psutil.Process:
    """Return a bot that lives as long as its worker does."""
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        str(program),
        place.told,
        pass_fds=place.descriptors,
        env=child_environment({"PYTHONPATH": str(PROJECT_ROOT)}),
        stdout=asyncio.subprocess.PIPE,
    )
    stack.push_async_callback(worker.wait)
    stack.callback(_kill_all, program)
    assert worker.stdout is not None
    _, pid = (await worker.stdout.readline()).decode().split()
    return psutil.Process(int(pid))


def _is_gone(process: psutil.Process) -> Callable[[], Awaitable[bool]]:
    async def is_gone() -> bool:
        with suppress(psutil.NoSuchProcess):
            return process.status() == psutil.STATUS_ZOMBIE
        return True

    return is_gone


async def _family(stack: AsyncExitStack, program: Path) -> dict[str, psutil.Process]:
    """Return a runner, its worker and fork server, and a bot."""
    runner = await asyncio.create_subprocess_exec(
        sys.executable,
        str(program),
        env=child_environment({"PYTHONPATH": str(PROJECT_ROOT)}),
        stdout=asyncio.subprocess.PIPE,
    )
    stack.push_async_callback(runner.wait)
    assert runner.stdout is not None
    found = dict[str, psutil.Process]()
    while len(found) < 4:
        name, *pids = (await runner.stdout.readline()).decode().split()
        names = ("bot",) if name == "bot" else ("runner", "worker", "fork server")
        found |= zip(names, map(psutil.Process, map(int, pids)), strict=True)
    return found


def _left(program: Path) -> list[psutil.Process]:
    """Return what runs of a program and of all that it has started."""
    found = list[psutil.Process]()
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if str(program) in process.cmdline():
                found.append(process)
    return found


def _kill_all(program: Path) -> None:
    for process in _left(program):
        with suppress(psutil.Error):
            process.kill()


@pytest.mark.promise(
    "Parts on this machine", "A runner that is killed leaves none of its processes behind."
)
async def test_nobody_is_left_whoever_hangs_and_in_whatever_order_they_are_killed(
    tmp_path: Path,
) -> None:
    program = tmp_path / "runner.py"
    program.write_text(_RUNNER)
    async with AsyncExitStack() as stack, asyncio.timeout(_LIMIT_SECS):
        stack.callback(_kill_all, program)
        families = await asyncio.gather(*(_family(stack, program) for _ in _KILLED))
        stack.callback(_kill_all, program)
        for (stopped, killed), family in zip(_KILLED, families, strict=True):
            for name, process in family.items():
                if stopped in (name, "all"):
                    process.suspend()
            for name in killed:
                with suppress(psutil.NoSuchProcess):
                    family[name].kill()
        looked_at = time.monotonic()
        while left := _left(program):
            assert time.monotonic() - looked_at < _END_SECS, left
            await asyncio.sleep(0.05)
