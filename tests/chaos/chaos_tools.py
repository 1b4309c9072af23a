"""An operator's tool that is slow, hangs or breaks by the place, and a leak that can be opened."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
import time
from pathlib import Path

from tools.tool import tool

LEAKS = Path(tempfile.gettempdir())
_LEAK_MB = 900
_leaked: list[bytes] = []


def leak_order(pid: int) -> Path:
    """Return the file whose being there makes that process need too much memory."""
    return LEAKS / f"chaos-leak-{pid}"


def _watch() -> None:
    while not _leaked:
        time.sleep(0.2)
        order = leak_order(os.getpid())
        if order.exists():
            order.unlink()
            _leaked.append(os.urandom(1 << 20) * _LEAK_MB)


threading.Thread(target=_watch, daemon=True).start()


@tool(timeout_secs=8.0)
async def odd_weather(place: str) -> object:
    """Tell the weather in a place.

    Args:
        place: A city.
    """
    match place:
        case "London":
            await asyncio.sleep(3600)
        case "Tokyo":
            raise RuntimeError("broken")
        case _:
            await asyncio.sleep(5.0)
    return {"spoken": f"It is raining frogs in {place}."}
