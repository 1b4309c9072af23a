from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tools.appointments import Appointments
from tools.cancel_appointment import cancel_appointment
from tools.errors import ToolError

_TEN = datetime(2026, 10, 6, 10, 0)


@pytest.fixture
def calendar(tmp_path: Path) -> Appointments:
    return Appointments(tmp_path / "a.sqlite", now=lambda: datetime(2026, 10, 5, 9, 0))


async def _book(calendar: Appointments, subject: str, starts_at: datetime) -> None:
    length = timedelta(minutes=30)
    await calendar.book(subject, starts_at=starts_at, length=length, idempotency_key=subject)


async def test_a_cancelled_appointment_is_named(calendar: Appointments) -> None:
    await _book(calendar, "haircut", _TEN)
    assert await cancel_appointment(_TEN, appointments=calendar) == {
        "subject": "haircut",
        "spoken": "Cancelled: haircut on Tuesday, October 6 at 10 am.",
    }
    with pytest.raises(ToolError, match="no_appointment"):
        await cancel_appointment(_TEN, appointments=calendar)


def test_the_question_says_that_it_is_for_good() -> None:
    assert cancel_appointment.confirm is not None
    assert cancel_appointment.confirm.format(starts_at=_TEN) == (
        "Shall I cancel the appointment on Tuesday, October 6 at 10:00 AM? That cannot be undone."
    )
