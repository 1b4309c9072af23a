"""Tools by voice, through the runner: real LiveKit, real speech, an appointment in a real file."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from livekit import rtc
from livekit.protocol.agent_pb import agent_session as pb

from bench import voice
from bench.caller import Caller
from processors.agent_protocol.tool_answers import NOT_ASKED
from tests.conftest import ARTEFACTS_DIR
from tests.e2e.stack import Stack, open_stack
from tests.e2e.talk import ask, call, join
from tests.e2e.tool_watch import watch_tools

_ODD_WEATHER = Path(__file__).with_name("odd_weather.py")


@pytest.fixture(scope="module")
def calendar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tools") / "appointments.sqlite"


@pytest.fixture(scope="module")
def tool_stack(calendar: Path) -> Iterator[Stack]:
    settings = {"APPOINTMENTS_FILE": str(calendar), "TOOLS_PATH": str(_ODD_WEATHER)}
    with open_stack(ARTEFACTS_DIR / "runner-tools.log", **settings) as opened:
        yield opened


def booked(calendar: Path) -> list[tuple[str, str]]:
    """Return subject and start of every row."""
    if not calendar.exists():
        return []
    with closing(sqlite3.connect(calendar)) as opened:
        return opened.execute("SELECT subject, starts_at FROM appointments").fetchall()


def said(caller: Caller) -> str:
    """Return the bot's newest caption."""
    return caller.bot_captions[-1].text


async def test_an_appointment_is_booked_and_cancelled_after_a_spoken_or_a_pressed_yes(
    tool_stack: Stack, calendar: Path
) -> None:
    tomorrow = datetime.now() + timedelta(days=1)
    async with call(tool_stack) as (caller, _), watch_tools(caller) as watch:
        await ask(caller, "Book a haircut for tomorrow at three.")
        booking = await watch.asked("book_appointment")
        assert booking.question in said(caller)
        assert booked(calendar) == []
        await ask(caller, "Yes, please.")
        assert await watch.ended(booking) == pb.TC_DONE
        [(_, starts_at)] = booked(calendar)
        assert starts_at.startswith(f"{tomorrow:%Y-%m-%d}T15:00")
        assert "Booked" in said(caller)

        await ask(caller, "Cancel my appointment tomorrow at three.")
        cancelling = await watch.asked("cancel_appointment")
        assert len(booked(calendar)) == 1
        await ask(caller, "Yes, please.")
        assert await watch.ended(cancelling) == pb.TC_DONE
        assert booked(calendar) == []

        await ask(caller, "Book a meeting for tomorrow at four.")
        pressed = await watch.asked("book_appointment")
        answered_secs = time.monotonic()
        await watch.answer(pressed, is_yes=True)
        assert await watch.ended(pressed) == pb.TC_DONE
        assert len(booked(calendar)) == 1
        with pytest.raises(rtc.RpcError) as late:
            await watch.answer(pressed, is_yes=True)
        assert late.value.code == NOT_ASKED
        await caller.wait_for_onset(answered_secs)
        await caller.wait_for_silence(since_secs=answered_secs)
        assert "Booked" in said(caller)
        assert len(booked(calendar)) == 1


async def test_a_lookup_the_caller_interrupts_is_dropped_and_never_told(tool_stack: Stack) -> None:
    async with call(tool_stack) as (caller, _), watch_tools(caller) as watch:
        await caller.say(voice.spoken("What is the weather in Berlin?"))
        lookup = await watch.started("odd_weather")
        await ask(caller, "No, wait. What time is it in Tokyo?", quiet_secs=3.0)
        assert await watch.ended(lookup) == pb.TC_CANCELLED
        assert "Tokyo" in said(caller)
        assert not any("frogs" in caption.text for caption in caller.bot_captions)


async def test_a_tool_that_hangs_breaks_or_finds_nothing_is_owned_up_to(tool_stack: Stack) -> None:
    async with call(tool_stack) as (caller, _), watch_tools(caller) as watch:
        await ask(caller, "What is the weather in London?", quiet_secs=3.5)
        assert await watch.ended(await watch.started("odd_weather")) == pb.TC_ERROR
        assert "too long" in said(caller)
        await ask(caller, "What is the weather in Tokyo?")
        assert await watch.ended(await watch.started("odd_weather", count=2)) == pb.TC_ERROR
        assert "did not work" in said(caller)
        await ask(caller, "What is the weather in Paris?")
        assert await watch.ended(await watch.started("odd_weather", count=3)) == pb.TC_DONE
        assert "nothing" in said(caller)
        assert not any("secret" in caption.text for caption in caller.bot_captions)


_DEAD_AIR_SECS = 2.5
"""A generous limit: a bot that still believed to be speaking took 3 s more."""


@pytest.mark.parametrize(
    ("opener", "heard_secs"),
    [
        ("", 0.5),
        ("Please tell me a long story.", 2.0),
        ("What is the weather in London?", 0.4),
    ],
    ids=["greeting", "story", "filler"],
)
async def test_a_tool_answers_a_question_that_cuts_in_as_soon_as_any_other(
    tool_stack: Stack, opener: str, heard_secs: float
) -> None:
    async with join(tool_stack) as (caller, _):
        onset_secs = await caller.wait_for_onset(0.0)
        if opener:
            await caller.wait_for_silence(since_secs=onset_secs)
            asked = await caller.say(voice.spoken(opener))
            onset_secs = await caller.wait_for_onset(asked.u1_secs)
        await caller.wait_until(lambda: time.monotonic() > onset_secs + heard_secs, 10.0)
        asked = await caller.say(voice.spoken("What time is it in Tokyo?"))
        onset_secs = await caller.wait_for_onset(asked.u1_secs)
        assert onset_secs - asked.u1_secs < _DEAD_AIR_SECS
        await caller.wait_for_silence(since_secs=onset_secs)
        assert "Tokyo" in said(caller)


_BLOCK = 160
_QUIET_RMS = 60.0
_LONG_QUESTION = (
    "Please tell me what time it is right now in the big old city of London where my brother and"
    " his wife and their two children have been living for years"
)


async def test_two_tools_at_once_get_one_answer_and_a_timer_waits_for_its_turn(
    tool_stack: Stack,
) -> None:
    async with call(tool_stack) as (caller, _), watch_tools(caller) as watch:
        await ask(caller, "Tell me the time and the weather in Berlin.", quiet_secs=3.0)
        quick, slow = await watch.started("time_in_place"), await watch.started("odd_weather")
        assert await watch.ended(quick) == await watch.ended(slow) == pb.TC_DONE
        # The quick one waits for the slow one: one answer holds both.
        assert said(caller).count("It is") == 2
        assert "frogs" in said(caller)

        await ask(caller, "Set a timer for nine seconds.")
        await watch.started("set_timer")
        due_secs = time.monotonic() + 9.0
        speech = await caller.say(_in_one_breath(_LONG_QUESTION))
        assert speech.u1_secs > due_secs - 4.0
        first_secs = await caller.wait_for_onset(speech.u0_secs + 0.3)
        assert first_secs > speech.u1_secs
        await caller.wait_until(
            lambda: any("timer is up" in caption.text for caption in caller.bot_captions), 20.0
        )


def _in_one_breath(text: str) -> bytes:
    """Speak without pauses: at none of them may the bot take the turn."""
    pcm = np.frombuffer(voice.spoken(text), np.int16)
    blocks = pcm[: len(pcm) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    is_loud = np.sqrt(np.mean(np.square(blocks, dtype=np.float32), axis=1)) > _QUIET_RMS
    near_voice = np.convolve(is_loud, np.ones(7), mode="same") > 0
    return blocks[near_voice].tobytes()
