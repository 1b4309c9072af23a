"""An operator's tool that takes far more memory than its bot may have."""

from __future__ import annotations

from tools.tool import tool

_MB = 1024 * 1024
_kept: list[bytes] = []


@tool()
async def hungry_weather(place: str) -> object:
    """Tell the weather in a place.

    Args:
        place: A city.
    """
    _kept.append(b"x" * (300 * _MB))
    return {"spoken": f"It is dry in {place}."}
