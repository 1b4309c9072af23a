"""Whole calls through the runner: real LiveKit, forked bots, real speech both ways."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx

from bench import voice
from bench.ear import recognized
from bench.words import normalized
from tests.e2e.stack import Stack, open_stack
from tests.e2e.talk import ask, call
from tests.local_providers import LocalProviders

_GONE_LIMIT_SECS = 20.0


async def test_a_caller_is_greeted_answered_and_parted_from(
    stack: Stack, local_providers: LocalProviders
) -> None:
    async with call(stack) as (caller, started):
        greeting = await recognized(caller.heard(), base_url=local_providers.deepgram_url)
        assert "what can i do for you" in " ".join(normalized(greeting))
        answer = await ask(caller, "What time is it in London?")
        assert "london" in normalized(
            await recognized(answer, base_url=local_providers.deepgram_url)
        )
        await caller.say(voice.spoken("Thank you, goodbye."))
        await caller.wait_until(lambda: caller.disconnect_reason is not None, 20.0)
        assert caller.disconnect_reason == "ROOM_DELETED"
    stack.until(lambda: stack.session(started)["state"] == "ended")
    assert stack.session(started)["reason"] == "goodbye"
    stack.until(lambda: stack.active_bots() <= stack.resting_bots)


async def test_an_interruption_cuts_the_story(stack: Stack) -> None:
    async with call(stack) as (caller, _):
        await caller.say(voice.spoken("Please tell me a long story."))
        begun = await caller.wait_for_onset(time.monotonic())
        await caller.wait_until(lambda: time.monotonic() > begun + 2.5, 5.0)
        stop = await caller.say(voice.spoken("No, wait, stop."))
        await caller.wait_for_silence(0.3, since_secs=stop.u0_secs + 0.6, timeout_secs=4.0)
        story = caller.bot_captions[1].text
        assert 3 < len(story.split()) < 40


async def test_two_calls_at_once_do_not_mix(stack: Stack, local_providers: LocalProviders) -> None:
    async with call(stack) as (one, _), call(stack) as (other, _):
        tokyo, paris = await asyncio.gather(
            ask(one, "What time is it in Tokyo?"), ask(other, "What time is it in Paris?")
        )
        heard = [
            normalized(await recognized(pcm, base_url=local_providers.deepgram_url))
            for pcm in (tokyo, paris)
        ]
        assert "tokyo" in heard[0] and "paris" not in heard[0]
        assert "paris" in heard[1] and "tokyo" not in heard[1]


async def test_a_caller_who_leaves_takes_the_room_and_the_process_along(stack: Stack) -> None:
    async with call(stack) as (_, started):
        pass
    left_secs = time.monotonic()
    stack.until(lambda: stack.session(started)["state"] == "ended", _GONE_LIMIT_SECS)
    stack.until(lambda: stack.active_bots() <= stack.resting_bots, _GONE_LIMIT_SECS)
    assert time.monotonic() - left_secs < _GONE_LIMIT_SECS


async def test_typed_text_is_answered_aloud(stack: Stack) -> None:
    async with call(stack) as (caller, _):
        since_secs = time.monotonic()
        await caller.type_text("What time is it in Berlin?")
        await caller.wait_for_onset(since_secs)
        await caller.wait_for_silence(since_secs=since_secs)
        assert "Berlin" in caller.bot_captions[-1].text


def test_when_it_is_full_a_start_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with open_stack(tmp_path / "full.log", MAX_SESSIONS=1, PARKED_BOTS=0, IDLE_BOTS=1) as stack:
        # The link printed at the start holds the only place until it is used.
        link_code = stack.join_link().partition("#join=")[2]
        stack.start_session({"join_code": link_code})
        # Health is up to a second old.
        stack.until(lambda: stack.health()["capacity"]["used"] == 1)
        before = stack.health()["capacity"]
        refused = httpx.post(f"{stack.base_url}/api/sessions", json={}, timeout=10.0)
        assert refused.status_code == 503
        assert refused.json()["error"]["code"] == "at_capacity"
        assert int(refused.headers["retry-after"]) > 0
        assert stack.health()["capacity"] == before
        again = httpx.post(
            f"{stack.base_url}/api/sessions", json={"join_code": link_code}, timeout=10.0
        )
        assert again.status_code == 410
