from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tools.appointments import Appointments
from tools.list_appointments import list_appointments

_TEN = datetime(2026, 10, 6, 10, 0)


@pytest.fixture
def calendar(tmp_path: Path) -> Appointments:
    return Appointments(tmp_path / "a.sqlite", now=lambda: datetime(2026, 10, 5, 9, 0))


async def _book(calendar: Appointments, subject: str, starts_at: datetime) -> None:
    length = timedelta(minutes=30)
    await calendar.book(subject, starts_at=starts_at, length=length, idempotency_key=subject)


async def test_an_empty_calendar_is_told(calendar: Appointments) -> None:
    assert await list_appointments(appointments=calendar) == {
        "appointments": [],
        "spoken": "There is nothing coming up.",
    }


async def test_one_day_is_told_by_the_clock(calendar: Appointments) -> None:
    await _book(calendar, "haircut", _TEN)
    await _book(calendar, "dentist", _TEN + timedelta(days=1))
    assert await list_appointments(date(2026, 10, 6), appointments=calendar) == {
        "appointments": [{"subject": "haircut", "starts_at": "2026-10-06T10:00"}],
        "spoken": "There is 1 appointment on Tuesday, October 6: haircut at 10 am.",
    }


async def test_only_the_first_of_many_are_told(calendar: Appointments) -> None:
    for number in range(12):
        await _book(calendar, f"visit {number}", _TEN + timedelta(hours=number))
    result = await list_appointments(appointments=calendar)
    assert isinstance(result, dict)
    assert "12 appointments" in str(result["spoken"])
    assert "visit 9" in str(result["spoken"])
    assert "visit 10" not in str(result["spoken"])
