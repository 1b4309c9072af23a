"""Ends a child process that hangs, so that its supervisor starts it anew."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable

from loguru import logger

from bot.processes.hung import Doing, look_at

HUNG_SECS = 20.0
"""LiveKit goes on giving calls to a worker that takes none, each of which waits for 5 s; those that
the worker has go on meanwhile, and are interrupted by its end."""


class HungChild:
    """Judges one child by what it answers, and what it does when it does not.

    Args:
        name: For the log.
        look: Says what a process does.
        clock_secs: Monotonic.
    """

    def __init__(
        self,
        *,
        name: str,
        look: Callable[[int], Doing] = look_at,
        clock_secs: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._look = look
        self._clock_secs = clock_secs
        self._pid: int | None = None
        """Of the one that has answered."""
        self._idle_since_secs: float | None = None

    def answered(self, pid: int) -> None:
        """It is well."""
        self._pid, self._idle_since_secs = pid, None

    def unanswered(self, pid: int) -> None:
        """It has not answered; end it if that goes on, and it could not be only busy."""
        now_secs = self._clock_secs()
        # One that is just starting may wait for anything.
        if pid != self._pid or self._look(pid) is Doing.BUSY:
            self._idle_since_secs = None
            return
        if self._idle_since_secs is None:
            self._idle_since_secs = now_secs
        if now_secs - self._idle_since_secs >= HUNG_SECS:
            logger.error("{} hangs; it is ended", self._name)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
