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
from bot.worker.fork_server import LOADED_LINE

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
    loaded: int
    """File that a fork server has locked from when it has loaded all until its end."""

    @property
    def told(self) -> str:
        """What a worker is told, which inherits `descriptors`."""
        return ",".join(map(str, self.descriptors))

    @property
    def descriptors(self) -> tuple[int, int, int]:
        """Those of `told`."""
        return self.path, self.alive[1], self.loaded


@contextmanager
def open_fork_place() -> Generator[ForkPlace | None]:
    """Keep a place while the block runs; None where bots are not forked by one.

    From Python 3.14 on a fork server takes a key from whoever has started it alone.
    """
    if sys.platform != "linux" or sys.version_info >= (3, 14):
        yield None
        return
    with socket.socket(socket.AF_UNIX) as listener:
        path, alive, loaded = _bind(listener), os.pipe(), os.memfd_create("forks")
        try:
            yield (
                None
                if path is None
                else ForkPlace(listener=listener, path=path, alive=alive, loaded=loaded)
            )
        finally:
            for number in (*alive, loaded, *([] if path is None else [path])):
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


class ForkServer:
    """The fork server of a place.

    Args:
        place: Where it is asked.
        environment: Of its bots, whole.
        on_line: Gets its log lines, and those of its bots.
    """

    def __init__(
        self, place: ForkPlace, *, environment: Mapping[str, str], on_line: Callable[[str], None]
    ) -> None:
        descriptors = place.listener.fileno(), place.alive[0], place.loaded
        program = (sys.executable, "-P", "-m", "bot.worker.fork_server", *map(str, descriptors))
        self._on_line = on_line
        self._on_ready: Callable[[], None] = lambda: None
        self.process = ChildProcess(
            command=ChildCommand(
                name="fork server",
                arguments=program,
                environment=environment,
                inherited_descriptors=descriptors,
            ),
            is_ready=self._is_ready,
            on_line=self._take_line,
            limits=Limits(first_restart_secs=_RESTART_SECS),
        )

    def tell(self, *, on_death: Callable[[], None], on_ready: Callable[[], None]) -> None:
        """Tell of its ends, with which its bots end, and each time that it can fork new ones."""

        def died(_: int) -> None:
            logger.error("The bots have ended with their fork server; others come once it is back")
            on_death()

        self.process.on_death, self._on_ready = died, on_ready

    def go_on(self) -> None:
        """Have it go on if it was stopped: no bot comes without it.

        It is not started anew, as one that hangs is: all bots that it has forked would end with it.
        """
        pid = self.process.pid
        if pid is not None and look_at(pid) is Doing.STOPPED:
            logger.error("The fork server was stopped; it goes on")
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    async def _is_ready(self) -> bool:
        # Whoever asks before waits.
        return True

    def _take_line(self, line: str) -> None:
        if line == LOADED_LINE:
            self._on_ready()
        else:
            self._on_line(line)
