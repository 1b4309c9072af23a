"""One supervised process that says how it is over HTTP; several are started together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import httpx

from bot.loopback import loopback_client
from bot.processes.child_process import ChildCommand, ChildProcess, Limits
from bot.processes.hung_child import HungChild

# Importing Pipecat and loading the models takes up to 10 s on two busy cores, without a file cache
# several times that, and two parts share the cores.
_READY_LIMIT_SECS = 180.0
_PROBE_LIMIT_SECS = 2.0
_RESTART_SECS = 0.05
"""The callers of a worker that has died wait for the next one."""


class Part:
    """One supervised process that answers HTTP on loopback.

    Args:
        command: What to run.
        health_url: Answers 200 while it is well.
        on_line: Gets its log lines.
        ready_line: What it says once it is ready; empty if its health says that.
    """

    def __init__(
        self,
        *,
        command: ChildCommand,
        health_url: str,
        on_line: Callable[[str], None],
        ready_line: str = "",
    ) -> None:
        self._health_url = health_url
        self._on_line = on_line
        self._ready_line = ready_line
        self._ready_pid: int | None = None
        self._hung = HungChild(name=command.name)
        self._on_ready: Callable[[], None] = lambda: None
        self.process = ChildProcess(
            command=command,
            is_ready=self.is_healthy,
            on_line=self._take_line,
            limits=Limits(ready_secs=_READY_LIMIT_SECS, first_restart_secs=_RESTART_SECS),
        )

    def tell(self, *, on_death: Callable[[int], None], on_ready: Callable[[], None]) -> None:
        """Tell of its deaths, by its process id, and each time that it has said its ready line."""
        self.process.on_death, self._on_ready = on_death, on_ready

    async def is_healthy(self) -> bool:
        """Tell whether it is ready and answers; one that turns out to hang is ended."""
        pid = self.process.pid
        if pid is None or (self._ready_line and self._ready_pid != pid):
            return False
        try:
            async with loopback_client(limit_secs=_PROBE_LIMIT_SECS) as http:
                answer = await http.get(self._health_url)
        except httpx.HTTPError:
            self._hung.unanswered(pid)
            return False
        self._hung.answered(pid)
        return answer.is_success

    def _take_line(self, line: str) -> None:
        if line == self._ready_line:
            self._ready_pid = self.process.pid
            self._on_ready()
        else:
            self._on_line(line)


@asynccontextmanager
async def open_parts(*parts: Part, is_in_order: bool = False) -> AsyncGenerator[asyncio.Task[None]]:
    """Start parts, and keep them running while the block runs. The last is closed first.

    Args:
        parts: Those.
        is_in_order: Each is ready before the next one starts; else they start beside each other.

    Yields:
        What ends when all of them are ready, with a `LaunchError` if one does not start.
    """
    async with AsyncExitStack() as stack:
        for part in parts:
            stack.push_async_callback(part.process.close)
        start = _start_in_order(parts) if is_in_order else _start(parts)
        starting = asyncio.create_task(start, name="start of parts")
        try:
            yield starting
        finally:
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)


@contextmanager
def given_up_with(starting: asyncio.Task[None]) -> Generator[None]:
    """Cancel what the block does as soon as a start fails, whose error comes in its place.

    Args:
        starting: As `open_parts` yields it.

    Raises:
        LaunchError: a part did not start.
    """
    task, is_given_up, is_over = asyncio.current_task(), False, False
    assert task is not None

    def look(_: asyncio.Task[None]) -> None:
        nonlocal is_given_up
        if not is_over and not starting.cancelled() and starting.exception() is not None:
            is_given_up = task.cancel()

    starting.add_done_callback(look)
    try:
        yield
    except BaseException as error:
        # Unless somebody else has cancelled it too.
        if is_given_up and task.uncancel() == 0 and isinstance(error, asyncio.CancelledError):
            starting.result()
        raise
    finally:
        is_over = True
        starting.remove_done_callback(look)


async def _start(parts: Sequence[Part]) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(part.process.start())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


async def _start_in_order(parts: Sequence[Part]) -> None:
    for part in parts:
        await part.process.start()
