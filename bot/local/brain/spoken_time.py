"""Days, clock times and durations, as a caller says them and a recogniser writes them."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from bot.local.brain.numbers import numbers_in

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})"
_MONTH_DAY = re.compile(rf"\b{_MONTH} (?:the )?(?P<day>(?!at)\w+)\b")
_DAY_MONTH = re.compile(rf"\b(?P<day>\w+) (?:of )?{_MONTH}\b")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_CLOCK = re.compile(
    r"\b(?:at |around |from |to )?(?P<half>half past |quarter past |quarter to )?"
    r"(?P<hour>\w+)(?: (?P<minute>\d\d|thirty|fifteen|forty five))?"
    r" ?(?P<half_day>am|pm|oclock|in the (?:morning|afternoon|evening))\b"
    r"|\bat (?P<half_at>half past |quarter past |quarter to )?(?P<hour_at>\w+)"
    r"(?: (?P<minute_at>\d\d|thirty|fifteen|forty five))?\b"
)
_SHIFT_MINUTES = {"half past ": 30, "quarter past ": 15, "quarter to ": -15}
_UNIT_SECS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3_600}
_DURATION = re.compile(r"\b(?P<count>\w+(?: \w+)?) (?P<unit>second|sec|minute|min|hour)s?\b")
# Said without am or pm, an hour before this one is meant after noon.
_EARLIEST_HOUR = 8

TIME_WORDS = re.compile(
    r"\b(?:on |for |at |from )*(?:today|tomorrow|tonight|noon|the day after|next|this"
    rf"|(?:{'|'.join(_WEEKDAYS)})|(?:{'|'.join(_MONTHS)})|at \w+|\w+ (?:am|pm|oclock))\b.*$"
)
"""Where the time begins in "haircut on friday at three"."""


def day_in(text: str, *, today: date) -> date | None:
    """Return the day named in normalised text; past dates mean next year's."""
    text = _ORDINAL.sub("", text)
    if "day after tomorrow" in text:
        return today + timedelta(days=2)
    words = text.split()
    if "tomorrow" in words:
        return today + timedelta(days=1)
    if "today" in words or "tonight" in words:
        return today
    for index, name in enumerate(_WEEKDAYS):
        if name in words or f"{name}s" in words:
            ahead = (index - today.weekday()) % 7 or 7
            return today + timedelta(days=ahead)
    return _date_in(text, today=today)


def moment_in(text: str, *, now: datetime) -> datetime | None:
    """Return the day and time named in normalised text; None if the time is missing."""
    text = _with_half_days(text)
    clock = _clock_in(text)
    if clock is None:
        return None
    day = day_in(text, today=now.date())
    when = datetime.combine(day or now.date(), clock)
    return when + timedelta(days=1) if day is None and when <= now else when


def duration_secs_in(text: str) -> int | None:
    """Return the length of time named in normalised text: "an hour and five minutes"."""
    half = 0
    if found := re.search(r"\bhalf (?:an? )?(hour|minute)\b", text):
        half = _UNIT_SECS[found.group(1)] // 2
        text = text.replace(found.group(0), " ")
    elif found := re.search(r"\b(hour|minute)s? and a half\b", text):
        half = _UNIT_SECS[found.group(1)] // 2
    total = half
    for found in _DURATION.finditer(text):
        words = found.group("count").split()
        numbers = numbers_in(found.group("count"))
        count = numbers[-1] if numbers else int(words[-1] in ("a", "an", "one"))
        total += count * _UNIT_SECS[found.group("unit")]
    return total or None


def _date_in(text: str, *, today: date) -> date | None:
    for found in (*_DAY_MONTH.finditer(text), *_MONTH_DAY.finditer(text)):
        days = numbers_in(found.group("day"))
        try:
            named = date(today.year, _MONTHS.index(found.group("month")) + 1, *days)
        except (ValueError, TypeError):
            continue
        return named if named >= today else named.replace(year=today.year + 1)
    return None


def _clock_in(text: str) -> time | None:
    if re.search(r"\b(?:noon|midday)\b", text):
        return time(12)
    for found in _CLOCK.finditer(text):
        hours = numbers_in(found.group("hour") or found.group("hour_at"))
        if not hours or hours[0] > 24:
            continue
        minutes = numbers_in(found.group("minute") or found.group("minute_at") or "zero")[0]
        shift = found.group("half") or found.group("half_at") or ""
        hour = _whole_day_hour(hours[0], found.group("half_day") or "")
        total = (hour * 60 + minutes + _SHIFT_MINUTES.get(shift, 0)) % (24 * 60)
        return time(total // 60, total % 60)
    return None


def _whole_day_hour(hour: int, half_day: str) -> int:
    if half_day == "am" or half_day.endswith("morning"):
        return hour % 12
    is_late = half_day == "pm" or half_day.endswith(("afternoon", "evening"))
    if is_late or hour < _EARLIEST_HOUR:
        return hour % 12 + 12
    return hour % 24


def _with_half_days(text: str) -> str:
    """Write "3 p m" and "3pm" as "3 pm"."""
    text = re.sub(r"\b([ap]) m\b", r"\1m", text)
    return re.sub(r"(?<=\d)(am|pm)\b", r" \1", text)
