"""The tool that sets a timer; the bot speaks up when it is due."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tools.english import ENGLISH
from tools.language import ToolLanguage
from tools.reminders import Reminders
from tools.tool import tool

_LONGEST_SECS = 24 * 3600


@tool(effect="write")
async def set_timer(
    duration_secs: Annotated[int, Field(ge=1, le=_LONGEST_SECS)],
    label: Annotated[str, Field(max_length=40)] = "",
    *,
    reminders: Reminders,
    language: ToolLanguage = ENGLISH,
) -> dict[str, object]:
    """Set a timer within this call. When it is due, you speak up by yourself.

    Args:
        duration_secs: How long, in seconds.
        label: What it is for, in a word or two, like "tea"; empty if the caller did not say.
        reminders: Where it waits.
        language: What the caller speaks.
    """
    name, said = label.strip().lower(), language.tools
    told = {"label": name, "duration": language.times.duration(duration_secs)}
    up, is_set = (
        (said.timer_up_named, said.timer_set_named) if name else (said.timer_up, said.timer_set)
    )
    reminders.set(name, delay_secs=duration_secs, text=up.format(**told))
    return {"label": name, "spoken": is_set.format(**told)}
