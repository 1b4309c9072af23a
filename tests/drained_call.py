"""A call in the middle of which its runner is told to stop."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx

from bench.caller import Caller
from bot.languages.en import LANGUAGE as ENGLISH
from processors.agent_protocol.presence import END_REASON_ATTRIBUTE
from tests.silence import never_silent

_LIMIT_SECS = 40.0
_AT_ONCE_SECS = 8.0


async def hold_drained_call(url: str, runner: subprocess.Popen[bytes]) -> None:
    """Stop the runner; the call goes on until the bot says goodbye, aloud, and why.

    Args:
        url: Of the runner's API.
        runner: Gets SIGTERM.
    """
    async with _greeted(url) as (caller, http):
        runner.send_signal(signal.SIGTERM)
        await _answered(http, httpx.codes.SERVICE_UNAVAILABLE)
        asked_secs = time.monotonic()
        await caller.type_text("What time is it in Tokyo?")
        onset_secs = await caller.wait_for_onset(asked_secs, _LIMIT_SECS)
        await caller.wait_for_silence(since_secs=onset_secs)
        assert "Tokyo" in caller.bot_captions[-1].text
        # It is heard, and not only written.
        await caller.wait_for_onset(time.monotonic(), _LIMIT_SECS)
        await caller.wait_until(lambda: caller.disconnect_reason is not None, _LIMIT_SECS)
        captions = " ".join(caption.text for caption in caller.bot_captions)
        assert captions.endswith(ENGLISH.session.drained_goodbye)
        assert caller.bot is not None
        assert caller.bot.attributes[END_REASON_ATTRIBUTE] == "drained"


async def hold_call_until_stopped_twice(url: str, runner: subprocess.Popen[bytes]) -> None:
    """Stop the runner, which takes no more calls then, and stop it once more; the call goes on."""
    async with _greeted(url) as (_, http):
        runner.send_signal(signal.SIGINT)
        refused = await _answered(http, httpx.codes.SERVICE_UNAVAILABLE)
        assert refused.json()["error"]["code"] == "draining"
        runner.send_signal(signal.SIGINT)
        # The caller stays: a call that ends by itself ends the runner too.
        await asyncio.wait_for(asyncio.to_thread(runner.wait, _LIMIT_SECS), _AT_ONCE_SECS)


async def hear_greeting(url: str) -> None:
    """Start a session, join it, and hear its greeting out."""
    async with _greeted(url, limit_secs=2 * _LIMIT_SECS):
        pass


@asynccontextmanager
async def _greeted(
    url: str, *, limit_secs: float = _LIMIT_SECS
) -> AsyncGenerator[tuple[Caller, httpx.AsyncClient]]:
    """Start a session, join it, and hear its greeting out."""
    async with httpx.AsyncClient(base_url=url, timeout=20.0) as http:
        # Its worker may have only just come back.
        started = (await _answered(http, httpx.codes.CREATED)).json()
        async with Caller.join(started["server_url"], started["participant_token"]) as caller:
            await caller.wait_for_bot(limit_secs)
            onset_secs = await caller.wait_for_onset(0.0, limit_secs)
            await caller.wait_for_silence(since_secs=onset_secs)
            async with never_silent(caller):
                yield caller, http


async def _answered(http: httpx.AsyncClient, code: int) -> httpx.Response:
    """Start sessions until that is the answer."""
    while True:
        answer = await http.post("/api/sessions")
        if answer.status_code == code:
            return answer
        await asyncio.sleep(1.0)
