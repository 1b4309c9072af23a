"""Which time zone a city or country keeps: zoneinfo's own names plus a few dozen common ones."""

from __future__ import annotations

import unicodedata
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tools.errors import ToolError

# Well-known places that are no zone name; one entry for each zone.
_PLACES_OF_ZONE = {
    "Africa/Casablanca": "morocco rabat marrakesh",
    "Africa/Johannesburg": "south_africa cape_town durban pretoria",
    "Africa/Lagos": "nigeria abuja",
    "Africa/Nairobi": "kenya",
    "Africa/Addis_Ababa": "ethiopia",
    "Africa/Accra": "ghana",
    "America/Argentina/Buenos_Aires": "argentina",
    "America/Bogota": "colombia medellin",
    "America/Caracas": "venezuela",
    "America/Chicago": "dallas houston austin new_orleans minneapolis st_louis texas",
    "America/Denver": "salt_lake_city colorado",
    "America/Lima": "peru",
    "America/Los_Angeles": "san_francisco seattle san_diego las_vegas portland "
    "san_jose la california",
    "America/New_York": "washington washington_dc boston miami philadelphia "
    "atlanta orlando nyc florida",
    "America/Phoenix": "arizona",
    "America/Sao_Paulo": "rio_de_janeiro rio brasilia",
    "America/Santiago": "chile",
    "America/Toronto": "ottawa montreal quebec",
    "Asia/Bangkok": "thailand",
    "Asia/Colombo": "sri_lanka",
    "Asia/Dhaka": "bangladesh",
    "Asia/Dubai": "united_arab_emirates uae abu_dhabi",
    "Asia/Ho_Chi_Minh": "vietnam hanoi saigon",
    "Asia/Hong_Kong": "hongkong",
    "Asia/Jerusalem": "tel_aviv israel",
    "Asia/Karachi": "pakistan islamabad lahore",
    "Asia/Kathmandu": "nepal",
    "Asia/Kolkata": "india mumbai delhi new_delhi bangalore chennai hyderabad pune bombay",
    "Asia/Kuala_Lumpur": "malaysia",
    "Asia/Manila": "philippines",
    "Asia/Riyadh": "saudi_arabia mecca jeddah",
    "Asia/Seoul": "south_korea korea busan",
    "Asia/Shanghai": "china beijing shenzhen guangzhou wuhan",
    "Asia/Taipei": "taiwan",
    "Asia/Tashkent": "uzbekistan",
    "Asia/Tbilisi": "georgia",
    "Asia/Tokyo": "kyoto osaka nagoya sapporo yokohama",
    "Asia/Yerevan": "armenia",
    "Atlantic/Reykjavik": "iceland",
    "Europe/Amsterdam": "netherlands holland rotterdam the_hague",
    "Europe/Athens": "greece thessaloniki",
    "Europe/Belgrade": "serbia",
    "Europe/Berlin": "germany munich hamburg cologne frankfurt stuttgart dusseldorf leipzig",
    "Europe/Bratislava": "slovakia",
    "Europe/Brussels": "belgium antwerp",
    "Europe/Bucharest": "romania",
    "Europe/Budapest": "hungary",
    "Europe/Copenhagen": "denmark",
    "Europe/Dublin": "ireland cork",
    "Europe/Helsinki": "finland",
    "Europe/Istanbul": "turkey turkiye ankara izmir",
    "Europe/Kyiv": "ukraine kiev lviv odesa",
    "Europe/Lisbon": "porto",
    "Europe/Ljubljana": "slovenia",
    "Europe/London": "england united_kingdom uk britain great_britain scotland wales edinburgh "
    "glasgow manchester liverpool birmingham",
    "Europe/Luxembourg": "luxemburg",
    "Europe/Madrid": "spain barcelona valencia seville bilbao",
    "Europe/Oslo": "norway bergen",
    "Europe/Paris": "france lyon marseille nice toulouse bordeaux",
    "Europe/Prague": "czechia czech_republic brno",
    "Europe/Riga": "latvia",
    "Europe/Rome": "italy milan naples florence venice turin",
    "Europe/Sofia": "bulgaria",
    "Europe/Stockholm": "sweden gothenburg malmo",
    "Europe/Tallinn": "estonia",
    "Europe/Vienna": "austria salzburg graz",
    "Europe/Vilnius": "lithuania",
    "Europe/Warsaw": "krakow gdansk wroclaw",
    "Europe/Zagreb": "croatia",
    "Europe/Zurich": "switzerland geneva basel bern",
    "Africa/Algiers": "algeria",
    "Africa/Cairo": "alexandria",
    "Africa/Tunis": "tunisia",
    "Pacific/Auckland": "new_zealand wellington",
    "Pacific/Honolulu": "hawaii",
}
_SEVERAL_ZONES = frozenset(
    {"antarctica", "america", "australia", "brazil", "canada", "greenland", "indonesia"}
    | {"kazakhstan", "mexico", "russia", "united_states", "the_united_states", "us", "usa"}
)


def zone_of(place: str) -> ZoneInfo:
    """Return the time zone of a city, country or zone name, however it is capitalised.

    Raises:
        ToolError: code "unknown_place", "several_zones" or "no_zone_data".
    """
    # "Portland, Oregon" and "Paris, France": the first part is the place.
    key = _key(place.partition(",")[0])
    if key in _SEVERAL_ZONES:
        raise ToolError("several_zones", f"{place} has several time zones. Name a city there.")
    name = _zone_names().get(_key(place)) or _zone_names().get(key)
    if name is None:
        message = f"I do not know the time zone of {place}. Name a big city near it."
        raise ToolError("unknown_place", message)
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        raise ToolError("no_zone_data", "This machine has no time zone data.") from None


@cache
def _zone_names() -> dict[str, str]:
    """Return zone by key: last part of a zone name ("tokyo"), the whole name, or a known place."""
    names: dict[str, str] = {}
    # Regions first, so that "Europe/London" beats aliases with the same last part.
    for zone in sorted(available_timezones(), key=lambda zone: (zone.startswith("Etc/"), zone)):
        names.setdefault(_key(zone.rpartition("/")[2]), zone)
        names[_key(zone)] = zone
    for zone, places in _PLACES_OF_ZONE.items():
        names.update(dict.fromkeys(places.split(), zone))
    return names


def _key(text: str) -> str:
    """Return lower-case ASCII words joined by underscores: "São Paulo" -> "sao_paulo"."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = "".join(char if char.isalnum() or char in "/+-" else " " for char in plain)
    return "_".join(words.split())
