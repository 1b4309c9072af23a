"""One supervised child process: started, waited for, restarted when it dies, stopped last.

Knows nothing about what the child does: the command, its readiness and its log lines are given.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from loguru import logger

from bot.errors import LaunchError
from bot.processes.die_with_parent import with_parent
from bot.processes.process_end import ended, exit_code, kill_group, let_go, send

_SIGNAL_GAP_SECS = 0.2
"""A Go program drops a signal that comes before it has taken the one before."""
_POLL_SECS = 0.05
_LAST_LINES_SECS = 1.0
"""Lines of a child that has ended are in the pipe already."""
# The longest line of a child that is read whole; a longer one is cut into pieces.
_LINE_LIMIT_BYTES = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long to wait for a child, in seconds."""

    ready_secs: float = 20.0
    stop_secs: float = 3.0
    """From the stop signals to SIGKILL."""
    first_restart_secs: float = 0.25
    last_restart_secs: float = 10.0
    """The pause before a restart doubles from the first to the last."""
    stable_secs: float = 30.0
    """A child that lived this long begins again with the first pause."""


@dataclass(frozen=True, kw_only=True)
class ChildCommand:
    """What to run, and how to ask it to stop."""

    name: str
    """How log lines and errors call it."""
    arguments: Sequence[str]
    standard_input: bytes = b""
    environment: Mapping[str, str] | None = None
    """The whole environment; None inherits this process's own."""
    inherited_descriptors: Sequence[int] = ()
    stop_signals: Sequence[signal.Signals] = (signal.SIGTERM,)
    """Sent together; SIGKILL follows when they did not end the child in time."""


class ChildProcess:
    """Owns one child from `start` to `close`.

    On Linux the child is killed when the thread that started it ends, so use it in a thread that
    lives as long as the child may.

    Args:
        command: What to run.
        is_ready: Asked again and again after a start until it says yes.
        on_line: Gets every line the child writes, without the line end.
        limits: How long to wait.
    """

    def __init__(
        self,
        *,
        command: ChildCommand,
        is_ready: Callable[[], Awaitable[bool]],
        on_line: Callable[[str], None],
        limits: Limits | None = None,
    ) -> None:
        self._name = command.name
        self._command = command
        self._is_ready = is_ready
        self._on_line = on_line
        self._limits = limits or Limits()
        self._process: asyncio.subprocess.Process | None = None
        self._started = 0.0
        self._reader: asyncio.Task[None] | None = None
        # What a child started may outlive it, and goes on writing.
        self._readers: set[asyncio.Task[None]] = set()
        self._has_lost_a_line = False
        self._supervisor: asyncio.Task[None] | None = None
        self.on_death: Callable[[int], None] = lambda _: None
        """Told the process id of a child that has ended by itself, before it is started again."""

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        is_running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process and is_running else None

    async def start(self) -> None:
        """Start the child, wait until it is ready, then keep it running until `close`.

        Raises:
            LaunchError: code "child_ended" if it cannot be started or ends at once,
                "child_not_ready" if the limit passes.
        """
        await self._start_once()
        self._supervisor = asyncio.create_task(self._supervise(), name=f"supervise {self._name}")

    async def close(self, *, stop_secs: float | None = None) -> None:
        """Stop supervising, then the child, in `stop_secs` or the usual limit; safe to repeat."""
        try:
            if self._supervisor is not None:
                self._supervisor.cancel()
                await asyncio.wait((self._supervisor,))
                self._supervisor = None
        finally:
            await self._stop(stop_secs)
            await _end(self._readers)

    def kill(self) -> None:
        """End it at once, and for good: a `close` under way, or to come, waits no longer."""
        if self._supervisor is not None:
            self._supervisor.cancel()
        if (pid := self.pid) is not None:
            kill_group(pid)

    async def _start_once(self) -> None:
        try:
            self._process = await asyncio.create_subprocess_exec(
                *with_parent(self._command.arguments),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=self._command.environment,
                pass_fds=tuple(self._command.inherited_descriptors),
                limit=_LINE_LIMIT_BYTES,
                # Ctrl-C in a terminal is for the runner, which stops its children in order.
                start_new_session=True,
            )
        except OSError as error:
            raise LaunchError("child_ended", f"{self._name} cannot be started") from error
        self._started = time.monotonic()
        self._reader = asyncio.create_task(self._read(self._process), name=f"read {self._name}")
        self._readers.add(self._reader)
        self._reader.add_done_callback(self._readers.discard)
        try:
            await self._write_input(self._process)
            await self._wait_ready(self._process)
        except BaseException:
            await self._stop()
            raise

    async def _write_input(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        # A child that ended at once has closed its end; waiting for readiness tells.
        with contextlib.suppress(ConnectionError):
            process.stdin.write(self._command.standard_input)
            await process.stdin.drain()
            process.stdin.close()
            await process.stdin.wait_closed()

    async def _wait_ready(self, process: asyncio.subprocess.Process) -> None:
        try:
            async with asyncio.timeout(self._limits.ready_secs):
                while not await self._is_ready():
                    if process.returncode is not None:
                        break
                    await asyncio.sleep(_POLL_SECS)
        except TimeoutError:
            message = f"{self._name} was not ready after {self._limits.ready_secs:g} s"
            raise LaunchError("child_not_ready", message) from None
        if process.returncode is not None:
            message = f"{self._name} ended at once with exit code {process.returncode}"
            raise LaunchError("child_ended", message)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            while True:
                try:
                    line = await process.stdout.readline()
                except ValueError:
                    continue  # longer than the limit: the buffer was dropped, go on with the next
                except OSError:
                    return  # the pipe broke
                if not line:
                    return
                self._pass_on(line.decode("utf-8", errors="replace").rstrip())
        finally:
            if process.returncode is not None:
                let_go(process)

    def _pass_on(self, line: str) -> None:
        """Give a line away. A child whose pipe nobody empties would hang in its next one."""
        try:
            self._on_line(line)
        except Exception as error:  # noqa: BLE001 - where a line goes is not known here
            if not self._has_lost_a_line:
                logger.warning("{}: lines are lost: {}", self._name, type(error).__name__)
            self._has_lost_a_line = True

    async def _supervise(self) -> None:
        pause_secs = self._limits.first_restart_secs
        while True:
            assert self._process is not None
            code = await exit_code(self._process)
            self.on_death(self._process.pid)
            if time.monotonic() - self._started >= self._limits.stable_secs:
                pause_secs = self._limits.first_restart_secs
            logger.warning(
                "{} ended with exit code {}; restarting it in {:g} s", self._name, code, pause_secs
            )
            await asyncio.sleep(pause_secs)
            pause_secs = min(pause_secs * 2, self._limits.last_restart_secs)
            try:
                await self._start_once()
                logger.info("{} is running again", self._name)
            except LaunchError as error:
                logger.error("{}", error.message)
            except Exception as error:  # noqa: BLE001 - whatever the look at its readiness raises
                logger.error("{} could not be restarted: {}", self._name, type(error).__name__)

    async def _stop(self, stop_secs: float | None = None) -> None:
        process = self._process
        if process is None:
            return
        try:
            *first, last = self._command.stop_signals
            for number in first:
                send(process, number)
                await ended(process, _SIGNAL_GAP_SECS)
            send(process, last)
            await ended(process, stop_secs or self._limits.stop_secs)
        finally:
            # It leads a group of its own: whatever it started goes with it.
            kill_group(process.pid)
            if self._reader is not None:
                await _end((self._reader,))
            await exit_code(process)


async def _end(readers: Iterable[asyncio.Task[None]]) -> None:
    """Let the last lines through; whoever has left the group may hold the pipe open for ever."""
    if late := {reader for reader in readers if not reader.done()}:
        _, late = await asyncio.wait(late, timeout=_LAST_LINES_SECS)
    for reader in late:
        reader.cancel()
    await asyncio.gather(*late, return_exceptions=True)
