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
    until_spoken: Callable[[], Awaitable[None]],
    hang_up: Callable[[], Awaitable[None]],
) -> object:
    """End the call. Use it only when the caller has said goodbye or asked to hang up.

    Args:
        goodbye: Your parting words, if you have not just said them.
        say: Speaks words to the caller.
        until_spoken: Returns when everything said was heard.
        hang_up: Ends the call.
    """
    if goodbye.strip():
        await say(goodbye)
    # If the caller interrupts the goodbye, they still want something: this call is then dropped.
    await until_spoken()
    await hang_up()
    return Quiet({"ended": True})
