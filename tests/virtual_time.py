"""An event loop whose clock jumps to the next timer: time-driven code runs without waiting."""

from __future__ import annotations

import asyncio
import selectors
from asyncio import Future
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from pipecat.clocks.base_clock import BaseClock
from typing_extensions import override

T = TypeVar("T")
_THREAD_POLL_SECS = 0.05


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now_secs = 0.0
        self.threads_at_work = 0
        """Real work takes real time: the clock stands still until it is done."""

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(_THREAD_POLL_SECS if self.threads_at_work else 0)
        if self.threads_at_work:
            return ready
        if not ready and timeout is None:
            raise RuntimeError("the test waits for something that never happens")
        if not ready and timeout:
            self.now_secs += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    @override
    def time(self) -> float:
        return self._jumping.now_secs

    @override
    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> Future[T]:
        future = super().run_in_executor(executor, func, *args)
        self._jumping.threads_at_work += 1
        future.add_done_callback(self._thread_done)
        return future

    @override
    async def shutdown_default_executor(self) -> None:
        self._jumping.threads_at_work += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self._thread_done()

    def _thread_done(self, *_: object) -> None:
        self._jumping.threads_at_work -= 1


def run_in_virtual_time(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end on a loop of its own."""
    loop = VirtualTimeLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()


class VirtualTimePolicy(asyncio.DefaultEventLoopPolicy):
    """Has pytest-asyncio make such loops, as the fixture `event_loop_policy`."""

    @override
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return VirtualTimeLoop()


class VirtualClock(BaseClock):
    """A pipeline's clock that goes with the event loop's."""

    @override
    def get_time(self) -> int:
        return round(asyncio.get_running_loop().time() * 1e9) + 1

    @override
    def start(self) -> None: ...
