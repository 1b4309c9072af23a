"""Whole sessions whose caller is gone for a while: reload, crash of the tab, second tab."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

import pytest

from bench.caller import Caller
from bot.call.course import EndReason
from bot.languages.en import ENGLISH
from tests.bot.call.session_call import Call, OpenCall, ask, greeted, said
from tests.heard_rest import lost_secs
from tests.waiting import until

_SPEECH = (
    "Seven ships sail south, while eleven old men watch them from a quiet harbour wall, and a small "
    "brown dog barks twice at every wave that breaks upon the yellow stones below the lighthouse."
)
_WORD_SECS = 0.5


async def _heard_whole(call: Call) -> bytes:
    async with call.join() as caller:
        await greeted(caller)
        return caller.heard(caller.joined_secs)


async def _hear_for(caller: Caller, secs: float) -> None:
    await caller.wait_for_bot()
    onset_secs = await caller.wait_for_onset(0.0)
    await caller.wait_until(lambda: time.monotonic() - onset_secs >= secs, 10.0)


@pytest.mark.promise(
    "What the caller hears",
    "A caller who comes back within seconds hears the answer go on where it stopped for them.",
)
@pytest.mark.parametrize("away_secs", [1.0, 10.0])
async def test_a_speech_goes_on_where_it_stopped(open_call: OpenCall, away_secs: float) -> None:
    async with open_call(greeting=_SPEECH) as call:
        whole = await _heard_whole(call)
    async with open_call(greeting=_SPEECH) as call:
        async with call.join() as caller:
            await _hear_for(caller, 2.5)
        before = caller.heard(caller.joined_secs)
        words_before = said(caller)
        await asyncio.sleep(away_secs)
        async with call.join() as back:
            await greeted(back)
            after = back.heard(back.joined_secs)
            print("LOST", lost_secs(whole, before, after))
            print(words_before, "|", said(back))
            assert abs(lost_secs(whole, before, after)) < _WORD_SECS
            await ask(back, "What time is it in Tokyo?")
            assert "tokyo" in said(back)
