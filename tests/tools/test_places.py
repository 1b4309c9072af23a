from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from tools import places
from tools.errors import ToolError
from tools.places import zone_of


@pytest.mark.parametrize(
    ("place", "zone"),
    [
        ("Tokyo", "Asia/Tokyo"),
        ("  new   YORK ", "America/New_York"),
        ("São Paulo", "America/Sao_Paulo"),
        ("Paris, France", "Europe/Paris"),
        ("Germany", "Europe/Berlin"),
        ("San Francisco", "America/Los_Angeles"),
        ("Europe/London", "Europe/London"),
        ("UTC", "UTC"),
    ],
)
def test_a_place_is_found_however_it_is_written(place: str, zone: str) -> None:
    assert zone_of(place).key == zone


@pytest.mark.parametrize("place", ["USA", "Russia", "canada"])
def test_a_country_with_several_zones_asks_for_a_city(place: str) -> None:
    with pytest.raises(ToolError, match="several_zones"):
        zone_of(place)


@pytest.mark.parametrize("place", ["Atlantis", "", "../../etc/passwd", "\x00", "x" * 10_000])
def test_what_is_no_place_is_refused(place: str) -> None:
    with pytest.raises(ToolError, match="unknown_place"):
        zone_of(place)


def test_every_zone_of_the_table_exists() -> None:
    zones = places._PLACES_OF_ZONE  # pyright: ignore[reportPrivateUsage]
    assert all(ZoneInfo(zone).key == zone for zone in zones)
