"""The tool that reads the calendar."""

from __future__ import annotations

from datetime import date

from tools.appointments import Appointments
from tools.spoken import clock
from tools.tool import tool

# More would not be listened to.
_MOST = 10


@tool()
async def list_appointments(
    day: date | None = None, *, appointments: Appointments
) -> dict[str, object]:
    """List the appointments in the calendar.

    Args:
        day: Only this day, like "2026-10-06"; leave it out for everything to come.
        appointments: The calendar.
    """
    found = await appointments.on(day)
    when = f"on {day:%A}, {day:%B} {day.day}" if day else "coming up"
    if not found:
        return {"appointments": [], "spoken": f"There is nothing {when}."}
    told = [
        f"{entry.subject} at {clock(entry.starts_at)}" if day else entry.spoken
        for entry in found[:_MOST]
    ]
    count = f"{len(found)} appointment{'s' if len(found) != 1 else ''}"
    return {
        "appointments": [
            {"subject": entry.subject, "starts_at": entry.starts_at.isoformat(timespec="minutes")}
            for entry in found[:_MOST]
        ],
        "spoken": f"There {'is' if len(found) == 1 else 'are'} {count} {when}: {'; '.join(told)}.",
    }
