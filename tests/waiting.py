"""Waiting for something that another process does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

_POLL_SECS = 0.02


async def until(condition: Callable[[], Awaitable[bool]], *, limit_secs: float = 10.0) -> None:
    """Ask until the answer is yes.

    Raises:
        TimeoutError: if it is not within the limit.
    """
    async with asyncio.timeout(limit_secs):
        while True:
            if await condition():
                return
            await asyncio.sleep(_POLL_SECS)
