"""The tool with which the bot hangs up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tools.result import Quiet
from tools.tool import tool


# The time-out leaves room for a long goodbye to be played to its end.
@tool(effect="call", timeout_secs=30.0, confirm="Shall I end the call now?")
async def end_call(
    goodbye: str = "",
    *,
    say: Callable[[str], Awaitable[None]],
    hang_up: Callable[[], Awaitable[None]],
) -> object:
    """End the call. Use it only when the caller has said goodbye or asked to hang up.

    Args:
        goodbye: Your parting words, if you have not just said them.
        say: Speaks words to the caller.
        hang_up: Ends the call once everything said has been played.
    """
    if goodbye.strip():
        await say(goodbye)
    await hang_up()
    return Quiet({"ended": True})
