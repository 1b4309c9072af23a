"""A call in the middle of which its runner is told to stop."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time

import httpx

from bench.caller import Caller
from bot.languages.en import LANGUAGE as ENGLISH
from processors.agent_protocol.presence import END_REASON_ATTRIBUTE

_LIMIT_SECS = 40.0


async def hold_drained_call(url: str, runner: subprocess.Popen[bytes]) -> None:
    """Stop the runner; the call goes on until the bot says goodbye, aloud, and why.

    Args:
        url: Of the runner's API.
        runner: Gets SIGTERM.
    """
    async with httpx.AsyncClient(base_url=url, timeout=20.0) as http:
        while (answer := await http.post("/api/sessions")).status_code != httpx.codes.CREATED:
            await asyncio.sleep(2.0)  # its worker has only just come back
        started = answer.json()
        async with Caller.join(started["server_url"], started["participant_token"]) as caller:
            await caller.wait_for_bot(_LIMIT_SECS)
            onset_secs = await caller.wait_for_onset(0.0, _LIMIT_SECS)
            await caller.wait_for_silence(since_secs=onset_secs)
            runner.send_signal(signal.SIGTERM)
            while (await http.post("/api/sessions")).status_code != httpx.codes.SERVICE_UNAVAILABLE:
                await asyncio.sleep(0.1)
            asked_secs = time.monotonic()
            await caller.type_text("What time is it in Tokyo?")
            onset_secs = await caller.wait_for_onset(asked_secs, _LIMIT_SECS)
            await caller.wait_for_silence(since_secs=onset_secs)
            assert "Tokyo" in caller.bot_captions[-1].text
            # It is heard, and not only written.
            await caller.wait_for_onset(time.monotonic(), _LIMIT_SECS)
            await caller.wait_until(lambda: caller.disconnect_reason is not None, _LIMIT_SECS)
            assert ENGLISH.session.drained_goodbye in caller.bot_captions[-1].text
            assert caller.bot is not None
            assert caller.bot.attributes[END_REASON_ATTRIBUTE] == "drained"
