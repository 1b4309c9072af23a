"""The tool that tells the time in a place. It needs no network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from tools.english import ENGLISH
from tools.language import ToolLanguage
from tools.places import zone_of
from tools.tool import tool


def _utc_now() -> datetime:
    return datetime.now(UTC)


@tool()
async def time_in_place(
    place: str = "",
    *,
    utc_now: Callable[[], datetime] = _utc_now,
    language: ToolLanguage = ENGLISH,
) -> dict[str, str]:
    """Tell the current local time and date in a city or country.

    Args:
        place: A city or country in English, like "Tokyo"; empty for where the bot runs.
        utc_now: The clock.
        language: What the caller speaks.
    """
    zone = zone_of(place) if place.strip() else None
    now = utc_now().astimezone(zone)
    where = place.strip().title() if zone else "here"
    said = language.tools.time_in_place if zone else language.tools.time_here
    return {
        "place": where,
        "zone": zone.key if zone else str(now.tzinfo),
        "local_time": now.isoformat(timespec="minutes"),
        "spoken": said.format(
            clock=language.times.exact_clock(now), day=language.times.day(now), place=where
        ),
    }
