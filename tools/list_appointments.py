"""The tool that reads the calendar."""

from __future__ import annotations

from datetime import date

from tools.appointments import Appointment, Appointments
from tools.english import ENGLISH
from tools.language import ToolLanguage
from tools.tool import tool

# More would not be listened to.
_MOST = 10


@tool()
async def list_appointments(
    day: date | None = None, *, appointments: Appointments, language: ToolLanguage = ENGLISH
) -> dict[str, object]:
    """List the appointments in the calendar.

    Args:
        day: Only this day, like "2026-10-06"; leave it out for everything to come.
        appointments: The calendar.
        language: What the caller speaks.
    """
    found = await appointments.on(day)
    return {
        "appointments": [
            {"subject": entry.subject, "starts_at": entry.starts_at.isoformat(timespec="minutes")}
            for entry in found[:_MOST]
        ],
        "spoken": _spoken(found, day, language),
    }


def _spoken(found: list[Appointment], day: date | None, language: ToolLanguage) -> str:
    said, times = language.tools, language.times
    if day:
        sentences = (said.none_on_day, said.one_on_day, said.several_on_day)
    else:
        sentences = (said.none_coming, said.one_coming, said.several_coming)
    entries = [
        said.entry_at.format(subject=entry.subject, clock=times.clock(entry.starts_at))
        if day
        else entry.spoken_in(language)
        for entry in found[:_MOST]
    ]
    return sentences[min(len(found), 2)].format(
        count=len(found),
        day=times.day(day) if day else "",
        entries=said.between_entries.join(entries),
    )
