"""One caller's side of a whole call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from bench import voice
from bench.caller import Caller
from tests.e2e.stack import Stack
from tests.silence import never_silent


@asynccontextmanager
async def join(
    stack: Stack, *, silence_is_meant: str = ""
) -> AsyncGenerator[tuple[Caller, dict[str, Any]]]:
    """Join a fresh session as its caller; the greeting is about to be heard.

    Args:
        stack: Where.
        silence_is_meant: Why the bot may be silent after a turn; else it may not.
    """
    started = await asyncio.to_thread(stack.start_session)
    async with Caller.join(started["server_url"], started["participant_token"]) as caller:
        await caller.wait_for_bot()
        async with never_silent(caller, silence_is_meant=silence_is_meant):
            yield caller, started


@asynccontextmanager
async def call(
    stack: Stack, *, silence_is_meant: str = ""
) -> AsyncGenerator[tuple[Caller, dict[str, Any]]]:
    """Join a fresh session as its caller, and hear the greeting out."""
    async with join(stack, silence_is_meant=silence_is_meant) as (caller, started):
        await caller.wait_for_onset(0.0)
        await caller.wait_for_silence()
        yield caller, started


async def ask(caller: Caller, text: str, *, quiet_secs: float = 1.0) -> bytes:
    """Say `text` and return what was heard in answer."""
    spoken = await caller.say(voice.spoken(text))
    onset_secs = await caller.wait_for_onset(spoken.u1_secs)
    await caller.wait_for_silence(quiet_secs, since_secs=onset_secs)
    return caller.heard(onset_secs - 0.1)
