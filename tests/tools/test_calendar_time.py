from __future__ import annotations

from datetime import datetime

import pytest
from pydantic import TypeAdapter

from tools.calendar_time import CalendarTime

_TIMES: TypeAdapter[datetime] = TypeAdapter(CalendarTime)


@pytest.mark.parametrize(
    "text", ["2026-10-06T10:00", "2026-10-06 10:00:59.5", "2026-10-06T10:00:00"]
)
def test_times_are_kept_to_the_minute(text: str) -> None:
    assert _TIMES.validate_python(text) == datetime(2026, 10, 6, 10, 0)


def test_a_time_with_a_zone_becomes_local() -> None:
    local = _TIMES.validate_python("2026-10-06T10:00:00+00:00")
    assert local.tzinfo is None
    assert local.astimezone().timestamp() == 1791280800
