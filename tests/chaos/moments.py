"""The moments of a call at which something fails, and what the caller is owed in each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from bench.microphone import Utterance
from tests.chaos.client import Client

_LIMIT_SECS = 30.0
NEXT_QUESTION, NEXT_ANSWER = "What time is it in Tokyo?", "Tokyo"


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One moment; a call is greeted before all but the first."""

    name: str
    bring: Callable[[Client], Awaitable[None]]
    """Returns when the call is there."""
    owes: bool = True
    """Whether the bot has something to say without being asked again."""
    due: str = ""
    """Of what it owes, words that the captions hold; empty: anything."""
    asks_first: str = ""
    """What the caller says first when it is over; `due` is owed then."""
    asked: str = ""
    """What the bot has asked, and another bot asks again: the caller answers that."""
    goes_on: bool = True
    """Whether there is talk to go on with."""
    is_told: bool = False
    """A filler was heard just now: what is owed may take as long as one may bridge."""


async def _is_greeted(client: Client) -> None:
    await client.join()
    await client.caller.wait_for_onset(0.0, _LIMIT_SECS)
    await asyncio.sleep(0.5)


async def greeted(client: Client) -> None:
    """Join and hear the greeting out."""
    await client.join()
    onset_secs = await client.caller.wait_for_onset(0.0, _LIMIT_SECS)
    await client.caller.wait_for_silence(since_secs=onset_secs)


async def _listens(_: Client) -> None:
    pass


async def _thinks(client: Client) -> None:
    await client.say("What time is it in London?")
    await client.caller.wait_for_state("thinking", _LIMIT_SECS)


async def _speaks(client: Client) -> None:
    said = await client.say("Please tell me a long story.")
    await client.caller.wait_for_onset(said.u1_secs, _LIMIT_SECS)
    await asyncio.sleep(2.0)


async def _runs_tool(client: Client, *, place: str = "Berlin") -> None:
    """Have a tool run, of which the caller has been told."""
    said = await _asks_for_weather(client, place)
    await client.caller.wait_for_onset(said.u1_secs, _LIMIT_SECS)
    await client.caller.wait_for_silence(since_secs=time.monotonic())


async def _fails_tool(client: Client) -> None:
    await _asks_for_weather(client, "Tokyo")


async def _asks_for_weather(client: Client, place: str) -> Utterance:
    assert client.tools is not None
    said = await client.say(f"What is the weather in {place}?")
    await client.tools.started("odd_weather")
    return said


async def _has_asked(client: Client) -> None:
    assert client.tools is not None
    said = await client.say("Book a haircut for tomorrow at three.")
    await client.tools.asked("book_appointment")
    await client.caller.wait_for_onset(said.u1_secs, _LIMIT_SECS)
    await client.caller.wait_for_silence(since_secs=time.monotonic())


async def _ends(client: Client) -> None:
    said = await client.say("Thank you, goodbye.")
    await client.caller.wait_for_onset(said.u1_secs, _LIMIT_SECS)
    await asyncio.sleep(0.3)


GREETING = Moment(name="greeting", bring=_is_greeted)
LISTENING = Moment(name="listening", bring=_listens, owes=False)
THINKING = Moment(name="thinking", bring=_thinks, due="London")
SPEAKING = Moment(name="speaking", bring=_speaks)
TOOL = Moment(name="tool running", bring=_runs_tool, is_told=True)
TOOL_HANGS = Moment(name="tool running", bring=partial(_runs_tool, place="London"), is_told=True)
TOOL_FAILS = Moment(name="tool running", bring=_fails_tool)
QUESTION = Moment(
    name="question pending",
    bring=_has_asked,
    owes=False,
    asks_first="Yes, please.",
    asked="Shall I",
    due="Booked",
)
ENDING = Moment(name="ending", bring=_ends, goes_on=False)
MOMENTS = (GREETING, LISTENING, THINKING, SPEAKING, TOOL, QUESTION, ENDING)
SPOKEN = (
    NEXT_QUESTION,
    "What time is it in London?",
    "Please tell me a long story.",
    *(f"What is the weather in {place}?" for place in ("Berlin", "London", "Tokyo")),
    "Book a haircut for tomorrow at three.",
    "Yes, please.",
    "Thank you, goodbye.",
)
"""Everything a caller says: synthesis in the middle of a call would make them late."""
