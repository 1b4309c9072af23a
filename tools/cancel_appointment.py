"""The tool that cancels an appointment."""

from __future__ import annotations

from tools.appointments import Appointments
from tools.calendar_time import CalendarTime
from tools.english import ENGLISH
from tools.language import ToolLanguage
from tools.tool import tool

_QUESTION = (
    "Shall I cancel the appointment on {starts_at:%A, %B %-d} at {starts_at:%-I:%M %p}? "
    "That cannot be undone."
)


@tool(effect="irreversible", confirm=_QUESTION)
async def cancel_appointment(
    starts_at: CalendarTime, *, appointments: Appointments, language: ToolLanguage = ENGLISH
) -> dict[str, object]:
    """Cancel an appointment in the calendar.

    Args:
        starts_at: Local date and time at which it starts, like "2026-10-06T14:00".
        appointments: The calendar.
        language: What the caller speaks.
    """
    cancelled = await appointments.cancel(starts_at)
    spoken = language.tools.cancelled.format(appointment=cancelled.spoken_in(language))
    return {"subject": cancelled.subject, "spoken": spoken}
