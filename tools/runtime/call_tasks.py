"""Runs the functions of calls as tasks and tells how they ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from loguru import logger

from tools.calls.call import Call
from tools.errors import ToolError

_CANCEL_LIMIT_SECS = 2.0
"""A function that is cancelled has at most its clean-up to do."""

OnReturn = Callable[[str, object], Awaitable[None]]
OnRaise = Callable[[str, ToolError | None], Awaitable[None]]


class CallTasks:
    """Owns the tasks; none that listens to its cancellation outlives `aclose`.

    Args:
        on_return: Told the call's id and what the function returned.
        on_raise: Told the call's id and the `ToolError`; None stands for any other exception.
        before_effect: Awaited before a function runs that may change something; tells if it may.
    """

    def __init__(
        self,
        *,
        on_return: OnReturn,
        on_raise: OnRaise,
        before_effect: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        self._on_return = on_return
        self._on_raise = on_raise
        self._before_effect = before_effect
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, call: Call, resources: Mapping[str, object]) -> None:
        """Run the call's function with its checked arguments."""
        task = asyncio.create_task(self._run(call, resources), name=f"tool-{call.tool.name}")
        self._tasks[call.call_id] = task
        task.add_done_callback(partial(self._on_done, call))

    def stop(self, call: Call) -> None:
        """Cancel the function; how it ends is told to nobody who still waits."""
        task = self._tasks.get(call.call_id)
        if task is not None:
            task.cancel()

    async def finish(self, *, within_secs: float) -> None:
        """Wait for what is running."""
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=within_secs)

    async def aclose(self) -> None:
        """Cancel everything and wait until it is gone; not for a function that will not go."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            _, stuck = await asyncio.wait(tasks, timeout=_CANCEL_LIMIT_SECS)
            for task in stuck:
                logger.error("{} does not end", task.get_name())

    async def _check(self, call: Call) -> None:
        """Have an effect known before it happens.

        Raises:
            ToolError: code "session_taken".
        """
        if self._before_effect is not None and call.has_effect:
            if await self._before_effect():
                return
            # The bot that has the session by now does what is wanted, and nobody hears this one.
            raise ToolError("session_taken", "This call has another assistant by now.")

    def _on_done(self, call: Call, task: asyncio.Task[None]) -> None:
        self._tasks.pop(call.call_id, None)
        if not task.cancelled() and (error := task.exception()):
            logger.opt(exception=error).error("the end of {} could not be told", call.tool.name)

    async def _run(self, call: Call, resources: Mapping[str, object]) -> None:
        try:
            await self._check(call)
            value = await call.tool.function(**call.arguments, **resources)
        except ToolError as error:
            await self._on_raise(call.call_id, error)
        except asyncio.CancelledError:
            # Ours, or the function's own; only in that case somebody still waits for it.
            await self._on_raise(call.call_id, None)
            raise
        # A tool may raise anything, and its call must end; `sys.exit()` in one would end the bot.
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001
            # Only the type: the text may hold arguments or secrets.
            logger.warning("tool {} failed: {}", call.tool.name, type(error).__name__)
            await self._on_raise(call.call_id, None)
        else:
            await self._on_return(call.call_id, value)
