"""Ctrl-C and SIGTERM: once asks for a graceful end, twice means now."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager

from loguru import logger

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


class StopSignals:
    """Counts the signals of one run."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._on_first: list[Callable[[], object]] = []
        self._on_second: list[Callable[[], object]] = []
        self.first: signal.Signals | None = None
        """The signal that asked for the end."""

    async def wait(self) -> None:
        """Wait for the first signal."""
        await self._asked.wait()

    @contextmanager
    def cancelling(self) -> Generator[None]:
        """Let the first signal cancel the task that runs this block: it has nothing to drain."""
        task = asyncio.current_task()
        assert task is not None
        if self.first is not None:
            task.cancel()
        self._on_first.append(task.cancel)
        try:
            yield
        finally:
            self._on_first.remove(task.cancel)

    def on_second(self, callback: Callable[[], object]) -> None:
        """Call `callback` at every signal after the first."""
        self._on_second.append(callback)

    def receive(self, number: signal.Signals) -> None:
        """Take one signal."""
        if self.first is not None:
            logger.warning("Stopping now")
            for callback in self._on_second:
                callback()
            return
        logger.info("Stopping; once more stops at once")
        self.first = number
        self._asked.set()
        for callback in tuple(self._on_first):
            callback()


@contextmanager
def open_stop_signals() -> Generator[StopSignals]:
    """Handle the signals while the block runs."""
    signals = StopSignals()
    loop = asyncio.get_running_loop()
    for number in _NUMBERS:
        loop.add_signal_handler(number, signals.receive, number)
    try:
        yield signals
    finally:
        for number in _NUMBERS:
            loop.remove_signal_handler(number)
