from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tools.appointments import Appointments
from tools.book_appointment import book_appointment
from tools.cancel_appointment import cancel_appointment
from tools.list_appointments import list_appointments
from tools.move_appointment import move_appointment

_TEN = datetime(2026, 10, 6, 10, 0)


@pytest.fixture
def calendar(tmp_path: Path) -> Appointments:
    return Appointments(tmp_path / "a.sqlite", now=lambda: datetime(2026, 10, 5, 9, 0))


async def _spoken(result: object) -> str:
    assert isinstance(result, dict)
    return str(result["spoken"])


async def test_the_four_tools_work_on_one_calendar(calendar: Appointments) -> None:
    booked = await book_appointment("haircut", _TEN, appointments=calendar, idempotency_key="key-1")
    assert await _spoken(booked) == "Booked: haircut on Tuesday, October 6 at 10 am."
    moved = await move_appointment(_TEN, _TEN + timedelta(hours=4), appointments=calendar)
    assert await _spoken(moved) == "Moved: haircut on Tuesday, October 6 at 2 pm."
    listed = await list_appointments(date(2026, 10, 6), appointments=calendar)
    expected = "There is 1 appointment on Tuesday, October 6: haircut at 2 pm."
    assert await _spoken(listed) == expected
    cancelled = await cancel_appointment(_TEN + timedelta(hours=4), appointments=calendar)
    assert await _spoken(cancelled) == "Cancelled: haircut on Tuesday, October 6 at 2 pm."
    assert await _spoken(await list_appointments(appointments=calendar)) == (
        "There is nothing coming up."
    )


def test_times_are_the_calendars_own_to_the_minute() -> None:
    checked = book_appointment.validate({"subject": "haircut", "starts_at": "2026-10-06T10:00:30"})
    assert checked["starts_at"] == _TEN
    zoned = cancel_appointment.validate({"starts_at": "2026-10-06T10:00:00Z"})
    assert zoned["starts_at"].tzinfo is None


def test_the_questions_name_what_will_happen() -> None:
    assert book_appointment.confirm is not None
    assert cancel_appointment.confirm is not None
    assert move_appointment.confirm is not None
    assert book_appointment.confirm.format(subject="haircut", starts_at=_TEN) == (
        "Shall I book haircut on Tuesday, October 6 at 10:00 AM?"
    )
    assert "Tuesday, October 6 at 10:00 AM" in cancel_appointment.confirm.format(starts_at=_TEN)
    assert "Wednesday, October 7" in move_appointment.confirm.format(
        starts_at=_TEN, new_starts_at=_TEN + timedelta(days=1)
    )
