"""The tool that books an appointment."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from tools.appointments import Appointments
from tools.calendar_time import CalendarTime
from tools.english import ENGLISH
from tools.language import ToolLanguage
from tools.tool import tool

_QUESTION = "Shall I book {subject} on {starts_at:%A, %B %-d} at {starts_at:%-I:%M %p}?"


@tool(effect="irreversible", confirm=_QUESTION)
async def book_appointment(  # noqa: PLR0913 - three arguments, three resources
    subject: Annotated[str, Field(min_length=1, max_length=80)],
    starts_at: CalendarTime,
    minutes: Annotated[int, Field(ge=5, le=24 * 60)] = 30,
    *,
    appointments: Appointments,
    language: ToolLanguage = ENGLISH,
    idempotency_key: str,
) -> dict[str, object]:
    """Book an appointment in the calendar.

    Args:
        subject: What it is for, like "haircut".
        starts_at: Local date and time, like "2026-10-06T14:00".
        minutes: How long it takes.
        appointments: The calendar.
        language: What the caller speaks.
        idempotency_key: The same for a repeated request.
    """
    booked = await appointments.book(
        subject,
        starts_at=starts_at,
        length=timedelta(minutes=minutes),
        idempotency_key=idempotency_key,
    )
    return {
        "subject": booked.subject,
        "starts_at": booked.starts_at.isoformat(timespec="minutes"),
        "spoken": language.tools.booked.format(appointment=booked.spoken_in(language)),
    }
