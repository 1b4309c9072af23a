from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tools.appointments import Appointments
from tools.book_appointment import book_appointment
from tools.errors import ArgumentsError, ToolError

_TEN = datetime(2026, 10, 6, 10, 0)


@pytest.fixture
def calendar(tmp_path: Path) -> Appointments:
    return Appointments(tmp_path / "a.sqlite", now=lambda: datetime(2026, 10, 5, 9, 0))


async def test_a_booking_says_what_was_booked(calendar: Appointments) -> None:
    result = await book_appointment("haircut", _TEN, appointments=calendar, idempotency_key="k")
    assert result == {
        "subject": "haircut",
        "starts_at": "2026-10-06T10:00",
        "spoken": "Booked: haircut on Tuesday, October 6 at 10 am.",
    }


@pytest.mark.promise("Tools", "An appointment lasts as long as it was asked for.")
async def test_an_appointment_lasts_as_long_as_was_asked(calendar: Appointments) -> None:
    await book_appointment("haircut", _TEN, 60, appointments=calendar, idempotency_key="k")
    for minutes, is_taken in ((59, True), (60, False)):
        key, begins = str(minutes), _TEN + timedelta(minutes=minutes)
        booking = book_appointment("dentist", begins, appointments=calendar, idempotency_key=key)
        if is_taken:
            with pytest.raises(ToolError, match="taken: haircut"):
                await booking
        else:
            await booking
    # Half an hour, if nobody says how long.
    ends = [entry.ends_at for entry in await calendar.on(None)]
    assert ends == [_TEN + timedelta(minutes=60), _TEN + timedelta(minutes=90)]


async def test_a_time_that_is_taken_is_told(calendar: Appointments) -> None:
    await book_appointment("haircut", _TEN, appointments=calendar, idempotency_key="k")
    with pytest.raises(ToolError, match="taken: haircut"):
        await book_appointment("dentist", _TEN, 60, appointments=calendar, idempotency_key="l")


def test_the_question_names_what_will_happen() -> None:
    assert book_appointment.confirm is not None
    assert book_appointment.confirm.format(subject="haircut", starts_at=_TEN) == (
        "Shall I book haircut on Tuesday, October 6 at 10:00 AM?"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {"subject": "", "starts_at": "2026-10-06T10:00"},
        {"subject": "x" * 81, "starts_at": "2026-10-06T10:00"},
        {"subject": "haircut", "starts_at": "tomorrow at ten"},
        {"subject": "haircut", "starts_at": "2026-10-06T10:00", "minutes": 0},
    ],
)
def test_nonsense_is_no_booking(arguments: dict[str, object]) -> None:
    with pytest.raises(ArgumentsError):
        book_appointment.validate(arguments)
