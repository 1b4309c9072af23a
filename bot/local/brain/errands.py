"""Intents that change something with a tool: timers and appointments.

A tool that needs the caller's yes asks for it itself; here the wish is only put into arguments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from bot.local.brain.conversation import Reply
from bot.local.brain.moment import Moment
from bot.local.brain.spoken_time import TIME_WORDS, day_in, duration_secs_in, moment_in

ASK_HOW_LONG = "For how long shall I set the timer?"
ASK_WHEN = "For which day and time?"
ASK_WHICH = "Which one? Tell me its day and time."
ASK_WHERE_TO = "Tell me its day and time, and then the new one."

_NO_TIMER = "I have no timer in this call."
_NO_CALENDAR = "I have no calendar in this call."
_BOOKING_WORDS = re.compile(
    r"^.*?\b(?:book|make|schedule|arrange|set up|add|need|want|like)\b(?: me| us)?(?: an?| the)?"
    r"(?: new)?(?: (?:appointment|meeting))?(?: (?:for|with|called|to|about))?(?: an?| the| my)? ?"
)
_TIMER_LABEL = re.compile(
    r"\b(?:an?|the|my) (?P<before>(?!new\b|\w+ (?:minute|second|hour)s?\b)[a-z]+) timer\b"
    r"|\bfor (?:the |my )?(?P<after>(?!an? |half )[a-z]+)$"
)
_UNITS = {"second", "seconds", "minute", "minutes", "hour", "hours"}


def set_timer(moment: Moment) -> Reply:
    """Set a timer, once its length is known."""
    secs = duration_secs_in(moment.text)
    label = _timer_label(moment.text)
    values = {
        "minutes|mins": secs // 60 if secs else None,
        "secs|seconds|duration|length": secs,
        "label|name|title|what": label,
    }
    return _with_tool(
        moment, ("timer|alarm|reminder", "set|start|add|create"), values, _NO_TIMER, ASK_HOW_LONG
    )


def cancel_timer(moment: Moment) -> Reply:
    """Cancel a timer, by its name if one is said."""
    values = {"label|name|title|what": _timer_label(moment.text)}
    return _with_tool(moment, ("timer|alarm|reminder", "cancel|stop|delete"), values, _NO_TIMER, "")


def list_appointments(moment: Moment) -> Reply:
    """Read the calendar, for one day or all."""
    day = day_in(moment.text, today=moment.now.date())
    values = {"day|date|when": day.isoformat() if day else None}
    return _with_tool(moment, ("appointment|calendar", "list|show|read|get"), values, _NO_CALENDAR)


def book_appointment(moment: Moment) -> Reply:
    """Book an appointment, once its time is known."""
    subject = TIME_WORDS.sub("", _BOOKING_WORDS.sub("", moment.text)).strip()
    values = {
        "subject|title|what|name|summary": subject or "appointment",
        "starts|start|when|time|date": _iso(moment_in(moment.text, now=moment.now)),
    }
    return _with_tool(
        moment, ("appointment|calendar", "book|add|create|make"), values, _NO_CALENDAR, ASK_WHEN
    )


def cancel_appointment(moment: Moment) -> Reply:
    """Cancel the appointment at a time."""
    values = {"starts|start|when|time|date": _iso(moment_in(moment.text, now=moment.now))}
    return _with_tool(
        moment, ("appointment|calendar", "cancel|delete|remove"), values, _NO_CALENDAR, ASK_WHICH
    )


def move_appointment(moment: Moment) -> Reply:
    """Move the appointment at one time to another."""
    old, _, new = moment.text.rpartition(" to ")
    values = {
        "new|to|target": _iso(moment_in(f"at {new}", now=moment.now)) if old else None,
        "starts|start|when|time|date|old|from": _iso(moment_in(old, now=moment.now)),
    }
    return _with_tool(
        moment,
        ("appointment|calendar", "move|reschedule"),
        values,
        _NO_CALENDAR,
        ASK_WHERE_TO,
    )


def _with_tool(
    moment: Moment,
    words: tuple[str, str],
    values: Mapping[str, object],
    without_tool: str,
    question: str = "",
) -> Reply:
    """Call the tool named so, ask for what is missing, or say that there is no such tool."""
    name = moment.tools.find(*words)
    if name is None:
        return Reply(without_tool)
    call = moment.tools.call(name, values)
    return Reply(calls=(call,)) if call else Reply(question or without_tool)


def _timer_label(text: str) -> str | None:
    found = _TIMER_LABEL.search(text)
    label = (found.group("before") or found.group("after")) if found else None
    return label if label and label not in _UNITS else None


def _iso(when: datetime | None) -> str | None:
    return when.isoformat(timespec="minutes") if when else None
