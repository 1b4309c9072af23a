"""Small tools of each effect for the tests of what runs them."""

from __future__ import annotations

from tools.tool import tool


@tool(timeout_secs=5.0)
async def look_up(number: int) -> object:
    """Look something up.

    Args:
        number: Which.
    """
    return {"number": number}


@tool(effect="write", timeout_secs=6.0)
async def put_down(number: int) -> object:
    """Write something down.

    Args:
        number: Which.
    """
    return {"number": number}


@tool(effect="irreversible", timeout_secs=7.0, confirm="Shall I send number {number}?")
async def send(number: int) -> object:
    """Send something.

    Args:
        number: Which.
    """
    return {"number": number}


@tool(effect="call", timeout_secs=8.0)
async def leave() -> object:
    """Leave the call."""
    return {}
