"""Intents that look something up with a tool: the time and the weather."""

from __future__ import annotations

import re

from bot.local.brain.conversation import Reply
from bot.local.brain.moment import Moment

ASK_FOR_PLACE = "For which place shall I look up the weather?"

_NO_CLOCK = "I have no clock at hand in this call, so I can't tell."
_NO_FORECAST = "I have no weather service at hand in this call, so I can't tell."
_PLACE = re.compile(r"\b(?:in|at|for|of|around|near) (?:the )?(?P<place>.+)$")
_NOT_PLACE = re.compile(
    r"\b(right now|just now|now|today|tomorrow|tonight|currently|please|at the moment|this (?:day"
    r"|morning|evening|week(?:end)?)|like|outside|again|exactly|then|parley|thanks?|thank you)\b"
)
_NOWHERE = {"", "here", "me", "you", "it", "the", "is", "is it"}


def tell_time(moment: Moment) -> Reply:
    """Ask the clock, for a place or for here."""
    name = moment.tools.find("time|clock|date")
    if name is None:
        return Reply(_NO_CLOCK)
    place = _place_in(moment.text)
    call = moment.tools.call(name, {"place|city|location|timezone|zone": place})
    if call is None:
        call = moment.tools.call(name, {"place|city|location|timezone|zone": place or "UTC"})
    return Reply(calls=(call,)) if call else Reply(_NO_CLOCK)


def tell_weather(moment: Moment) -> Reply:
    """Ask the weather service, once the place is known."""
    name = moment.tools.find("weather|forecast")
    if name is None:
        return Reply(_NO_FORECAST)
    place = _place_in(moment.text)
    day = "tomorrow" if "tomorrow" in moment.text.split() else "today"
    call = moment.tools.call(name, {"place|city|location|town": place, "day|date|when": day})
    return Reply(calls=(call,)) if call and place else Reply(ASK_FOR_PLACE)


def _place_in(text: str) -> str | None:
    """Return the place a sentence ends with: "what time is it in new york now" -> "New York"."""
    found = _PLACE.search(_NOT_PLACE.sub(" ", text))
    place = " ".join(found.group("place").split()) if found else ""
    # "the time in the city of paris": what counts comes last.
    inner = _PLACE.search(place)
    place = inner.group("place") if inner else place
    return None if place in _NOWHERE else place.title()
