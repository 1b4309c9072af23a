"""Numbers and times as one says them."""

from __future__ import annotations

from datetime import datetime


def duration(secs: int) -> str:
    """Return "2 minutes and 30 seconds"."""
    parts = [(secs // 3600, "hour"), (secs // 60 % 60, "minute"), (secs % 60, "second")]
    words = [f"{count} {unit}{'s' if count != 1 else ''}" for count, unit in parts if count]
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1] if words else "0 seconds"]))


def moment(when: datetime) -> str:
    """Return "Tuesday, October 6 at 2:05 pm"."""
    return f"{when:%A}, {when:%B} {when.day} at {clock(when)}"


def clock(when: datetime) -> str:
    """Return "2:05 pm", and "2 pm" on the hour."""
    minutes = f":{when.minute:02}" if when.minute else ""
    return f"{when.hour % 12 or 12}{minutes} {'am' if when.hour < 12 else 'pm'}"
