"""Who runs and cancels the tasks of a part that is no processor itself."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol


class TaskOwner(Protocol):
    """A Pipecat processor."""

    def create_task(self, coroutine: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run a coroutine."""
        ...

    async def cancel_task(self, task: asyncio.Task[None]) -> None:
        """Cancel a task and wait for its end."""
        ...
