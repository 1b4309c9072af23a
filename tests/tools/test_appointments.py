from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tools.appointments import Appointments
from tools.errors import ToolError

_NOW = datetime(2026, 10, 5, 9, 0)
_TEN = datetime(2026, 10, 6, 10, 0)
_HALF_HOUR = timedelta(minutes=30)


def _calendar(tmp_path: Path) -> Appointments:
    return Appointments(tmp_path / "data" / "appointments.sqlite", now=lambda: _NOW)


async def test_a_new_calendar_is_empty(tmp_path: Path) -> None:
    assert await _calendar(tmp_path).on(None) == []


async def test_what_is_booked_is_listed_earliest_first(tmp_path: Path) -> None:
    calendar = _calendar(tmp_path)
    later = _TEN + timedelta(hours=3)
    await calendar.book("dentist", starts_at=later, length=_HALF_HOUR, idempotency_key="a")
    await calendar.book("haircut", starts_at=_TEN, length=_HALF_HOUR, idempotency_key="b")
    assert [entry.subject for entry in await calendar.on(None)] == ["haircut", "dentist"]
    assert [entry.subject for entry in await calendar.on(date(2026, 10, 6))] == [
        "haircut",
        "dentist",
    ]
    assert await calendar.on(date(2026, 10, 7)) == []


async def test_a_repeated_booking_happens_once(tmp_path: Path) -> None:
    calendar = _calendar(tmp_path)
    for _ in range(2):
        booked = await calendar.book(
            "haircut", starts_at=_TEN, length=_HALF_HOUR, idempotency_key="same"
        )
        assert booked.spoken == "haircut on Tuesday, October 6 at 10 am"
    assert len(await calendar.on(None)) == 1


@pytest.mark.parametrize("minutes", [-15, 0, 15])
async def test_a_time_that_overlaps_is_taken(tmp_path: Path, minutes: int) -> None:
    calendar = _calendar(tmp_path)
    await calendar.book("haircut", starts_at=_TEN, length=_HALF_HOUR, idempotency_key="a")
    wanted = _TEN + timedelta(minutes=minutes)
    with pytest.raises(ToolError, match="taken"):
        await calendar.book("dentist", starts_at=wanted, length=_HALF_HOUR, idempotency_key="b")
    await calendar.book(
        "lunch", starts_at=_TEN + _HALF_HOUR, length=_HALF_HOUR, idempotency_key="c"
    )


async def test_of_many_bookings_of_one_time_one_succeeds(tmp_path: Path) -> None:
    calendars = [_calendar(tmp_path) for _ in range(8)]
    results = await asyncio.gather(
        *(
            calendar.book("x", starts_at=_TEN, length=_HALF_HOUR, idempotency_key=str(number))
            for number, calendar in enumerate(calendars)
        ),
        return_exceptions=True,
    )
    assert sum(not isinstance(result, ToolError) for result in results) == 1
    assert len(await calendars[0].on(None)) == 1


async def test_the_past_cannot_be_booked(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="in_the_past"):
        await _calendar(tmp_path).book(
            "x", starts_at=_NOW - _HALF_HOUR, length=_HALF_HOUR, idempotency_key="a"
        )


async def test_an_appointment_moves_also_onto_itself(tmp_path: Path) -> None:
    calendar = _calendar(tmp_path)
    await calendar.book("haircut", starts_at=_TEN, length=_HALF_HOUR, idempotency_key="a")
    moved = await calendar.move(_TEN, new_starts_at=_TEN + timedelta(minutes=10))
    assert moved.starts_at == _TEN + timedelta(minutes=10)
    assert moved.ends_at - moved.starts_at == _HALF_HOUR
    assert await calendar.on(None) == [moved]


@pytest.mark.promise("Tools", "No appointment is moved onto another one or into the past.")
@pytest.mark.parametrize(
    ("hours", "code"), [(3.0, "taken"), (3.4, "taken"), (-48.0, "in_the_past")]
)
async def test_an_appointment_does_not_move_where_it_cannot_be(
    tmp_path: Path, hours: float, code: str
) -> None:
    calendar = _calendar(tmp_path)
    for subject, begins in (("haircut", _TEN), ("dentist", _TEN + timedelta(hours=3))):
        await calendar.book(subject, starts_at=begins, length=_HALF_HOUR, idempotency_key=subject)
    with pytest.raises(ToolError, match=code):
        await calendar.move(_TEN, new_starts_at=_TEN + timedelta(hours=hours))
    assert [entry.subject for entry in await calendar.on(None)] == ["haircut", "dentist"]
    assert (await calendar.on(None))[0].starts_at == _TEN


@pytest.mark.promise("Tools", "What is over is no appointment to come, what goes on is one.")
async def test_what_is_over_is_not_listed(tmp_path: Path) -> None:
    now = _NOW
    calendar = Appointments(tmp_path / "a.sqlite", now=lambda: now)
    for hours in (1, 2, 3):
        starts_at = _NOW + timedelta(hours=hours)
        await calendar.book(
            str(hours), starts_at=starts_at, length=_HALF_HOUR, idempotency_key=str(hours)
        )
    now = _NOW + timedelta(hours=2, minutes=10)
    assert [entry.subject for entry in await calendar.on(None)] == ["2", "3"]


async def test_what_is_not_there_cannot_be_moved_or_cancelled(tmp_path: Path) -> None:
    calendar = _calendar(tmp_path)
    with pytest.raises(ToolError, match="no_appointment"):
        await calendar.move(_TEN, new_starts_at=_TEN + _HALF_HOUR)
    with pytest.raises(ToolError, match="no_appointment"):
        await calendar.cancel(_TEN)


async def test_a_cancelled_appointment_is_gone(tmp_path: Path) -> None:
    calendar = _calendar(tmp_path)
    await calendar.book("haircut", starts_at=_TEN, length=_HALF_HOUR, idempotency_key="a")
    assert (await calendar.cancel(_TEN)).subject == "haircut"
    assert await calendar.on(None) == []


async def test_a_file_that_is_no_calendar_is_told_without_its_path(tmp_path: Path) -> None:
    path = tmp_path / "broken.sqlite"
    path.write_text("this is not a database, but long enough to be taken for one" * 20)
    with pytest.raises(ToolError) as caught:
        await Appointments(path).on(None)
    assert caught.value.code == "calendar_failed"
    assert str(tmp_path) not in caught.value.message


async def test_subjects_are_text_and_nothing_else(tmp_path: Path) -> None:
    calendar = _calendar(tmp_path)
    subject = "'); DROP TABLE appointments; --"
    await calendar.book(subject, starts_at=_TEN, length=_HALF_HOUR, idempotency_key="a")
    assert [entry.subject for entry in await calendar.on(None)] == [subject]
