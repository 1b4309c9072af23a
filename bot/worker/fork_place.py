"""Where a worker asks for its bots' processes: kept by its runner, it outlives both ends."""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from loguru import logger

from bot.processes.child_process import ChildCommand, ChildProcess, Limits
from bot.processes.hung import Doing, look_at

_RESTART_SECS = 0.05
"""What it loads takes seconds, and whoever asks meanwhile waits."""


@dataclass(frozen=True, kw_only=True)
class ForkPlace:
    """A socket without a name, and the pipe by which a fork server knows that somebody may ask."""

    listener: socket.socket
    path: int
    """Descriptor by which it is connected to: nobody else can, whatever they may see of files."""
    alive: tuple[int, int]
    """What the fork server holds, and what those hold who may ask it."""

    @property
    def told(self) -> str:
        """What a worker is told, which inherits `descriptors`."""
        return f"{self.path},{self.alive[1]}"

    @property
    def descriptors(self) -> tuple[int, int]:
        """Those of `told`."""
        return self.path, self.alive[1]


@contextmanager
def open_fork_place() -> Generator[ForkPlace | None]:
    """Keep a place while the block runs; None where bots are not forked by one.

    From Python 3.14 on a fork server takes a key from whoever has started it alone.
    """
    if sys.platform != "linux" or sys.version_info >= (3, 14):
        yield None
        return
    with socket.socket(socket.AF_UNIX) as listener:
        path, alive = _bind(listener), os.pipe()
        try:
            yield None if path is None else ForkPlace(listener=listener, path=path, alive=alive)
        finally:
            for number in (*alive, *([] if path is None else [path])):
                os.close(number)


def _bind(listener: socket.socket) -> int | None:
    """Return a descriptor by which a socket is connected to; None if there may be no files."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            # By its own path it may be too long for a socket.
            place = os.open(folder, os.O_PATH)
            try:
                name = f"/proc/self/fd/{place}/fork"
                listener.bind(name)
                listener.listen()
                return os.open(name, os.O_PATH)
            finally:
                os.close(place)
    except OSError as error:
        logger.warning("Each worker loads what its bots need: {}", error.strerror)
        return None


def build_fork_server(
    place: ForkPlace, *, environment: Mapping[str, str], on_line: Callable[[str], None]
) -> ChildProcess:
    """Return the fork server of a place.

    Args:
        place: Where it is asked.
        environment: Of its bots, whole.
        on_line: Gets its log lines, and those of its bots.
    """

    async def is_ready() -> bool:
        # Whoever asks before waits.
        return True

    listener, alive = place.listener.fileno(), place.alive[0]
    command = ChildCommand(
        name="fork server",
        arguments=(sys.executable, "-P", "-m", "bot.worker.fork_server", f"{listener}", f"{alive}"),
        environment=environment,
        inherited_descriptors=(listener, alive),
    )
    return ChildProcess(
        command=command,
        is_ready=is_ready,
        on_line=on_line,
        limits=Limits(first_restart_secs=_RESTART_SECS),
    )


def go_on(server: ChildProcess) -> None:
    """Have a fork server go on that was stopped: no bot comes without it.

    It is not started anew, as one that hangs is: all bots that it has forked would end with it.
    """
    pid = server.pid
    if pid is not None and look_at(pid) is Doing.STOPPED:
        logger.error("The fork server was stopped; it goes on")
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
