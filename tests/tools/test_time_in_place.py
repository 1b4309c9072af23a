from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tools.errors import ToolError
from tools.time_in_place import time_in_place


def _noon() -> datetime:
    return datetime(2026, 6, 1, 12, 5, tzinfo=UTC)


async def test_it_tells_the_local_time_of_the_place() -> None:
    assert await time_in_place("tokyo", utc_now=_noon) == {
        "place": "Tokyo",
        "zone": "Asia/Tokyo",
        "local_time": "2026-06-01T21:05+09:00",
        "spoken": "It is 9:05 pm on Monday, June 1 in Tokyo.",
    }


async def test_without_a_place_it_tells_the_time_here() -> None:
    result = await time_in_place(utc_now=_noon)
    assert isinstance(result, dict)
    assert str(result["spoken"]).endswith(" here.")


async def test_an_unknown_place_is_said() -> None:
    with pytest.raises(ToolError, match="unknown_place"):
        await time_in_place("Narnia", utc_now=_noon)
