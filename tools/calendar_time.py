"""The type of a time argument of the appointment tools."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator


def _to_calendar(when: datetime) -> datetime:
    local = when.astimezone().replace(tzinfo=None) if when.tzinfo else when
    return local.replace(second=0, microsecond=0)


CalendarTime = Annotated[datetime, AfterValidator(_to_calendar)]
"""Local time of the calendar, to the minute."""
