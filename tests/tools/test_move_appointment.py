from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tools.appointments import Appointments
from tools.errors import ToolError
from tools.move_appointment import move_appointment

_TEN = datetime(2026, 10, 6, 10, 0)
_TWO = datetime(2026, 10, 7, 14, 0)


@pytest.fixture
def calendar(tmp_path: Path) -> Appointments:
    return Appointments(tmp_path / "a.sqlite", now=lambda: datetime(2026, 10, 5, 9, 0))


async def _book(calendar: Appointments, subject: str, starts_at: datetime) -> None:
    length = timedelta(minutes=30)
    await calendar.book(subject, starts_at=starts_at, length=length, idempotency_key=subject)


async def test_a_moved_appointment_says_where_it_is_now(calendar: Appointments) -> None:
    await _book(calendar, "haircut", _TEN)
    assert await move_appointment(_TEN, _TWO, appointments=calendar) == {
        "subject": "haircut",
        "starts_at": "2026-10-07T14:00",
        "spoken": "Moved: haircut on Wednesday, October 7 at 2 pm.",
    }


async def test_what_is_not_there_cannot_be_moved(calendar: Appointments) -> None:
    with pytest.raises(ToolError, match="no_appointment"):
        await move_appointment(_TEN, _TWO, appointments=calendar)


def test_the_question_names_both_times() -> None:
    assert move_appointment.confirm is not None
    assert move_appointment.confirm.format(starts_at=_TEN, new_starts_at=_TWO) == (
        "Shall I move the appointment of Tuesday to Wednesday, October 7 at 2:00 PM?"
    )
