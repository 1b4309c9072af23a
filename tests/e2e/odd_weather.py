"""An operator's tool that misbehaves on request; the place says how."""

from __future__ import annotations

import asyncio

from tools.tool import tool


@tool(timeout_secs=3.0)
async def odd_weather(place: str) -> object:
    """Tell the weather in a place.

    Args:
        place: A city.
    """
    match place:
        case "Berlin":
            await asyncio.sleep(2.5)
            return {"spoken": "It is raining frogs in Berlin."}
        case "London":
            await asyncio.sleep(3600)
        case "Tokyo":
            raise RuntimeError("the secret inner reason")
        case _:
            pass
    return {}
