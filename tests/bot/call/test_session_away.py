"""Whole sessions whose caller is gone for a while: reload, crash of the tab, second tab."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import pytest
from livekit import rtc

from bench.caller import Caller
from bench.sound import resampled
from bot.call import welcome
from bot.call.course import EndReason
from tests.bot.call.session_call import Call, OpenCall, ask, greeted, said
from tests.heard_rest import lost_secs
from tests.local_providers import LocalProviders
from tests.waiting import until

_SPEECH = (
    "Seven ships sail south, while eleven old men watch them from a quiet harbour wall, and a "
    "small brown dog barks twice at every wave."
)
_WORD_SECS = 0.4


def _spoken(providers: LocalProviders) -> bytes:
    """Return the speech as the bot's voice says it, at the caller's rate."""
    body = {"model": "tts", "voice": "any", "input": _SPEECH, "response_format": "pcm"}
    answer = httpx.post(f"{providers.openai_url}/audio/speech", json=body, timeout=20.0)
    assert answer.is_success
    return resampled(answer.content, from_hz=24_000)


async def _hear_for(caller: Caller, secs: float) -> None:
    """Hear the bot for so long."""
    await caller.wait_for_bot()
    onset_secs = await caller.wait_for_onset(0.0)
    await caller.wait_until(lambda: time.monotonic() - onset_secs >= secs, 10.0)


@pytest.mark.promise(
    "What the caller hears",
    "A caller who comes back within seconds hears the answer go on where it stopped for them.",
)
async def test_a_speech_goes_on_where_it_stopped_each_time(
    open_call: OpenCall, local_providers: LocalProviders
) -> None:
    whole = await asyncio.to_thread(_spoken, local_providers)
    pieces: list[bytes] = []
    async with open_call(greeting=_SPEECH, resume_secs=60.0) as call:
        for away_secs in (1.0, 10.0):
            async with call.join() as caller:
                await _hear_for(caller, 1.8)
            pieces.append(caller.heard(caller.joined_secs))
            await asyncio.sleep(away_secs)
        async with call.join() as back:
            await greeted(back)
            pieces.append(back.heard(back.joined_secs))
            lost = [
                lost_secs(whole, before, after)
                for before, after in zip(pieces, pieces[1:], strict=False)
            ]
            assert max(map(abs, lost)) < _WORD_SECS, lost
            # Captions of all that was heard of it are there for the page that is loaded anew.
            assert said(back).startswith("seven ships sail") and said(back).endswith("every wave.")
            await ask(back, "What time is it in Tokyo?")
            assert "tokyo" in said(back)


@pytest.mark.promise(
    "What the caller hears",
    "A second tab takes the call over: it hears the answer go on, and the first is told.",
)
async def test_a_second_tab_takes_over(
    open_call: OpenCall, local_providers: LocalProviders
) -> None:
    whole = await asyncio.to_thread(_spoken, local_providers)
    async with open_call(greeting=_SPEECH, resume_secs=2.0) as call, call.join() as first:
        await _hear_for(first, 1.8)
        async with call.join() as second:
            await first.wait_until(lambda: first.disconnect_reason is not None, 5.0)
            assert first.disconnect_reason == "DUPLICATE_IDENTITY"
            before = first.heard(first.joined_secs)
            await greeted(second)
            assert abs(lost_secs(whole, before, second.heard(second.joined_secs))) < _WORD_SECS
            assert "every wave" in said(second)
            assert not call.task.done()


@pytest.mark.promise(
    "What the caller hears", "A caller who was away for long is told that the bot is there."
)
async def test_after_long_the_rest_is_dropped_and_one_sentence_said(
    open_call: OpenCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(welcome, "GO_ON_SECS", 1.0)
    async with open_call(greeting=_SPEECH, resume_secs=60.0) as call:
        async with call.join() as caller:
            await _hear_for(caller, 1.5)
        await asyncio.sleep(2.0)
        async with call.join() as back:
            await greeted(back)
            assert "shall i go on" in said(back)
            assert "every wave" not in said(back)


@asynccontextmanager
async def _joined_silently(call: Call) -> AsyncGenerator[rtc.Room]:
    """Join without a microphone, as who only reads and types does."""
    room = rtc.Room()
    await room.connect(call.server_url, call.token)
    try:
        yield room
    finally:
        await room.disconnect()


@pytest.mark.promise(
    "Ending a call", "A caller who is gone is waited for until RESUME_SECS are over."
)
async def test_a_caller_without_a_microphone_reloads_and_one_who_stays_away_has_left(
    open_call: OpenCall,
) -> None:
    async with open_call(resume_secs=6.0) as call:
        for _ in range(2):
            async with _joined_silently(call):
                await until(lambda: _is(call, "live"))
            await until(lambda: _is(call, "away"))
            # LiveKit tells of silent participants up to 3 s late.
            await asyncio.sleep(1.0)
        assert await call.reason() is EndReason.CALLER_LEFT


async def _is(call: Call, state: str) -> bool:
    room = call.room.room
    return room.isconnected() and room.local_participant.attributes.get("parley.state") == state
