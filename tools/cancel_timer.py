"""The tool that cancels a timer."""

from __future__ import annotations

from tools.english import ENGLISH
from tools.errors import ToolError
from tools.language import ToolLanguage
from tools.reminders import Reminders
from tools.tool import tool


@tool(effect="write")
async def cancel_timer(
    label: str = "", *, reminders: Reminders, language: ToolLanguage = ENGLISH
) -> dict[str, object]:
    """Cancel a timer set in this call.

    Args:
        label: What it was for; empty for the only one there is.
        reminders: Where it waits.
        language: What the caller speaks.
    """
    waiting = reminders.remaining_secs()
    if not waiting:
        raise ToolError("no_timer", "There is no timer running.")
    name = label.strip().lower()
    if not name and len(waiting) == 1:
        name = next(iter(waiting))
    if name not in waiting:
        there = ", ".join(sorted(label or "one without a name" for label in waiting))
        raise ToolError("unknown_timer", f"There is no such timer. There are: {there}.")
    reminders.cancel(name)
    said = language.tools
    sentence = said.timer_cancelled_named if name else said.timer_cancelled
    left = language.times.duration(round(waiting[name]))
    return {"label": name, "spoken": sentence.format(label=name, duration=left)}
