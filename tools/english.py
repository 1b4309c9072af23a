"""The tools' English, in which they are written: what holds if no other language is given."""

from __future__ import annotations

from datetime import datetime

from tools.calls.consent import ConsentWords
from tools.calls.sentences import CallSentences
from tools.language import ToolLanguage, ToolSentences
from tools.spoken import SpokenTime


def _clock(when: datetime) -> str:
    """Return "2:05 pm", and "2 pm" on the hour."""
    minutes = f":{when.minute:02}" if when.minute else ""
    return f"{when.hour % 12 or 12}{minutes} {'am' if when.hour < 12 else 'pm'}"


def _exact_clock(when: datetime) -> str:
    return f"{when.hour % 12 or 12}:{when.minute:02} {'am' if when.hour < 12 else 'pm'}"


ENGLISH = ToolLanguage(
    code="en",
    sentences=CallSentences(
        fillers=("One moment.", "Let me check.", "Just a second.", "Let me see."),
        progress=(
            "I am still working on it.",
            "It is taking a little longer, sorry.",
            "Still on it, thanks for waiting.",
        ),
        cannot_understand="Sorry, I could not work out the details. Could you put it differently?",
        lost_my_way="Sorry, I tried several things and could not finish that. What shall I do "
        "instead?",
        shall_i="Shall I really do this: {wanted}?",
    ),
    answers=ConsentWords(
        yes="yes, yeah, yep, yup, sure, absolutely, definitely, certainly, confirm, confirmed, "
        "correct, ok, okay, affirmative, go ahead, do it, do that, please do, of course, book it, "
        "sounds good",
        no="no, nope, nah, not, don't, dont, never, stop, wait, cancel, hold, hang, forget, "
        "nevermind, neither, but, instead, rather, actually, maybe, perhaps, later, unless, if",
        hard_no="no, nope, nah, don't, dont, never, stop, cancel, forget",
        askable="stop, cancel, hold, hang",
        empty="please, thanks, thank, you, that's, thats, that, it, is, i'm, im, i, am, do, so, "
        "well, oh, uh, um, the, a, an, and, for, me, my, to, at, on, of, this, great, fine, "
        "perfect, right, would, like, want, just, now, exactly, really",
    ),
    times=SpokenTime(
        weekdays=(
            "Monday",
            "Tuesday",
            "Wednesday",
            "Thursday",
            "Friday",
            "Saturday",
            "Sunday",
        ),
        months=(
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ),
        day_form="{weekday}, {month} {number}",
        moment_form="{day} at {clock}",
        clock=_clock,
        exact_clock=_exact_clock,
        units=(
            ("{count} hour", "{count} hours"),
            ("{count} minute", "{count} minutes"),
            ("{count} second", "{count} seconds"),
        ),
        separators=(", ", " and "),
    ),
    tools=ToolSentences(
        # The tools hold these themselves.
        confirm={},
        filler={},
        timer_set="Your timer is set for {duration}.",
        timer_set_named="Your {label} timer is set for {duration}.",
        timer_up="Excuse me, your timer is up: {duration}.",
        timer_up_named="Excuse me, your {label} timer is up: {duration}.",
        timer_cancelled="The timer is cancelled; it had {duration} to go.",
        timer_cancelled_named="The {label} timer is cancelled; it had {duration} to go.",
        appointment="{subject} on {moment}",
        booked="Booked: {appointment}.",
        moved="Moved: {appointment}.",
        cancelled="Cancelled: {appointment}.",
        none_on_day="There is nothing on {day}.",
        none_coming="There is nothing coming up.",
        one_on_day="There is 1 appointment on {day}: {entries}.",
        one_coming="There is 1 appointment coming up: {entries}.",
        several_on_day="There are {count} appointments on {day}: {entries}.",
        several_coming="There are {count} appointments coming up: {entries}.",
        entry_at="{subject} at {clock}",
        between_entries="; ",
        time_here="It is {clock} on {day} here.",
        time_in_place="It is {clock} on {day} in {place}.",
        weather_today="In {place}: now {sky_now}, {degrees_now} degrees; "
        "today {sky}, {low} to {high} degrees{rain}.",
        weather_tomorrow="In {place}: tomorrow {sky}, {low} to {high} degrees{rain}.",
        rain=", {percent} percent chance of rain",
        skies=(
            "clear sky",
            "mostly clear",
            "partly cloudy",
            "overcast",
            "fog",
            "drizzle",
            "freezing rain",
            "rain",
            "snow",
            "showers",
            "snow showers",
            "thunderstorms",
            "unsettled weather",
        ),
    ),
)
