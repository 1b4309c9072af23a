"""The tool that moves an appointment."""

from __future__ import annotations

from tools.appointments import Appointments
from tools.calendar_time import CalendarTime
from tools.english import ENGLISH
from tools.language import ToolLanguage
from tools.tool import tool


@tool(
    effect="write",
    confirm="Shall I move the appointment of {starts_at:%A} to {new_starts_at:%A, %B %-d} "
    "at {new_starts_at:%-I:%M %p}?",
)
async def move_appointment(
    starts_at: CalendarTime,
    new_starts_at: CalendarTime,
    *,
    appointments: Appointments,
    language: ToolLanguage = ENGLISH,
) -> dict[str, object]:
    """Move an appointment in the calendar to another time.

    Args:
        starts_at: Local date and time at which it starts now, like "2026-10-06T14:00".
        new_starts_at: Local date and time at which it shall start.
        appointments: The calendar.
        language: What the caller speaks.
    """
    moved = await appointments.move(starts_at, new_starts_at=new_starts_at)
    return {
        "subject": moved.subject,
        "starts_at": moved.starts_at.isoformat(timespec="minutes"),
        "spoken": language.tools.moved.format(appointment=moved.spoken_in(language)),
    }
