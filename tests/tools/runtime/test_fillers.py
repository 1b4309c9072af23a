"""A tool that keeps the caller waiting is bridged by a word, whatever happened before it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.tools.runtime.talk import Talk, calls, id_of, open_talk, words
from tools.calls.commands import CallStarted
from tools.english import ENGLISH
from tools.errors import ToolError
from tools.tool import Tool, tool

FILLERS = set(ENGLISH.sentences.fillers)
STEP_SECS = 0.02
TOO_LATE_SECS = 2.0
"""Where a word is not said after a breath, it is after 3 s or 7 s."""
OPENED = asyncio.Event()

Before = Callable[[Talk], Awaitable[None]]


@tool(timeout_secs=30.0)
async def never(number: int) -> object:
    """Take for ever.

    Args:
        number: Which.
    """
    del number
    await asyncio.Event().wait()


@tool(timeout_secs=30.0)
async def wait() -> object:
    """Wait for the test."""
    await OPENED.wait()
    raise ToolError("no_network", "The network is down.")


@tool(effect="irreversible", timeout_secs=30.0, confirm="Shall I send number {number}?")
async def send_slowly(number: int) -> object:
    """Send something.

    Args:
        number: Which.
    """
    del number
    await asyncio.Event().wait()


TOOLS: list[Tool] = [never, wait, send_slowly]


async def _nothing(talk: Talk) -> None:
    talk.model_says(calls(("never", {"number": 1})))
    await talk.caller_says("Look it up.")


async def _a_tool_was_spoken_over(talk: Talk) -> None:
    talk.model_says(calls(("never", {"number": 1})), calls(("never", {"number": 2})))
    await talk.caller_says("How is the weather in London?")
    await _until_filled(talk)
    await talk.caller_says("How is the weather in Paris?")


async def _a_filler_was_spoken_over(talk: Talk) -> None:
    talk.speech_secs = 5.0
    talk.model_says(calls(("never", {"number": 1})), calls(("never", {"number": 2})))
    await talk.caller_says("How is the weather in London?")
    await _until_filled(talk)
    talk.speech_secs = 0.05
    await talk.caller_says("How is the weather in Paris?")


async def _a_reply_was_typed_over(talk: Talk) -> None:
    talk.model_says(words("First."), words("Second it is."), calls(("never", {"number": 1})))
    await talk.caller_says("Hello.")
    await talk.until_spoken("First.")
    await talk.until(lambda: talk.runtime.announcer.is_floor_free)
    talk.skipped_secs += 0.1
    # Its words are on their way to the ear when they are dropped.
    talk.speech_delay_secs = 9.0
    await talk.caller_types("Go on.")
    await talk.until(lambda: len(talk.fake.speech_requests) == 2)
    talk.speech_delay_secs = 0.0
    await talk.caller_types("Look it up.")


async def _the_question_is_typed(talk: Talk) -> None:
    talk.model_says(words("First."), calls(("never", {"number": 1})))
    await talk.caller_says("Hello.")
    await talk.until_spoken("First.")
    await talk.until(lambda: talk.runtime.announcer.is_floor_free)
    await talk.caller_types("Look it up.")


async def _the_model_writes_blanks_first(talk: Talk) -> None:
    blanks = [{"content": "\n\n"}, {"content": " "}]
    talk.model_says([*blanks, *calls(("never", {"number": 1}))])
    await talk.caller_begins()
    talk.skipped_secs += 0.1
    await talk.caller_says("Look it up.")


async def _the_caller_said_yes(talk: Talk) -> None:
    await _until_asked(talk)
    talk.skipped_secs += 0.4
    await talk.caller_says("Yes.")


async def _the_page_said_yes(talk: Talk) -> None:
    await talk.runtime.answer(await _until_asked(talk), is_yes=True)


async def _a_tool_before_it_broke(talk: Talk) -> None:
    talk.model_says(calls(("wait", {})), calls(("never", {"number": 2})))
    await talk.caller_says("Look both up.")
    await _until_filled(talk)
    OPENED.set()


@pytest.mark.promise(
    "Tools", "A tool that takes longer than a breath is bridged by a word, whatever came before it."
)
@pytest.mark.parametrize(
    "before",
    [
        _nothing,
        _a_tool_was_spoken_over,
        _a_filler_was_spoken_over,
        _a_reply_was_typed_over,
        _the_question_is_typed,
        _the_model_writes_blanks_first,
        _the_caller_said_yes,
        _the_page_said_yes,
        _a_tool_before_it_broke,
    ],
)
async def test_a_silence_of_a_tool_gets_a_word(before: Before) -> None:
    OPENED.clear()
    async with open_talk(TOOLS) as talk:
        talk.stop_clock()
        await before(talk)
        await _until_filled(talk)


async def _until_asked(talk: Talk) -> str:
    """Have the caller asked for a yes; returns the call's id."""
    reply = calls(("send_slowly", {"number": 1}))
    talk.model_says(reply)
    await talk.caller_says("Send it.")
    await talk.until_spoken("Shall I send number 1?")
    await talk.until(lambda: talk.runtime.announcer.is_floor_free)
    return id_of(reply)


async def _until_filled(talk: Talk) -> None:
    """Wait until one more call runs, and a breath later for one more filler."""
    earlier = _fillers(talk)
    await talk.until(lambda: _started(talk) == earlier + 1)
    for _ in range(round(TOO_LATE_SECS / STEP_SECS)):
        if _fillers(talk) > earlier:
            break
        talk.skipped_secs += STEP_SECS
        await asyncio.sleep(0.02)
    assert _fillers(talk) == earlier + 1
    await talk.until(lambda: sum(text in FILLERS for text in talk.spoken) == earlier + 1)
    await talk.until(lambda: talk.runtime.announcer.is_floor_free or talk.speech_secs > 1.0)


def _started(talk: Talk) -> int:
    return sum(isinstance(event, CallStarted) for event in talk.events)


def _fillers(talk: Talk) -> int:
    return sum(request["input"] in FILLERS for request in talk.fake.speech_requests)
