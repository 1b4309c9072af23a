"""The tool that sets a timer; the bot speaks up when it is due."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tools.reminders import Reminders
from tools.spoken import duration
from tools.tool import tool

_LONGEST_SECS = 24 * 3600


@tool(effect="write")
async def set_timer(
    duration_secs: Annotated[int, Field(ge=1, le=_LONGEST_SECS)],
    label: Annotated[str, Field(max_length=40)] = "",
    *,
    reminders: Reminders,
) -> dict[str, object]:
    """Set a timer within this call. When it is due, you speak up by yourself.

    Args:
        duration_secs: How long, in seconds.
        label: What it is for, in a word or two, like "tea"; empty if the caller did not say.
        reminders: Where it waits.
    """
    name = label.strip().lower()
    called = f"{name} timer" if name else "timer"
    text = f"Excuse me, your {called} is up: {duration(duration_secs)}."
    reminders.set(name, delay_secs=duration_secs, text=text)
    return {"label": name, "spoken": f"Your {called} is set for {duration(duration_secs)}."}
