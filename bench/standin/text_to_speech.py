"""OpenAI's speech endpoint: 24 kHz PCM, a tone whose pitch names the turn."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from aiohttp import web

from bench.sound import tone
from bench.standin.script import Script, speech_secs, turn_hz

_SAMPLE_RATE_HZ = 24_000
_BLOCK_SECS = 0.1
_BLOCK_BYTES = int(_SAMPLE_RATE_HZ * _BLOCK_SECS) * 2


async def speak(request: web.Request, script: Script) -> web.StreamResponse:
    """Stream the tone for one text, in blocks of 100 ms."""
    asked: dict[str, Any] = await request.json()
    text = str(asked["input"])
    turn = script.turn_of(text)
    start_secs = time.monotonic()
    script.note("tts_request", turn=turn, chars=len(text))
    pcm = tone(turn_hz(turn), speech_secs(text), sample_rate_hz=_SAMPLE_RATE_HZ)
    first_secs = start_secs + script.drawn_ms("tts", script.delays.tts_first_byte_ms) / 1000
    block_secs = _BLOCK_SECS / script.delays.tts_speed
    is_done = False
    response = web.StreamResponse(headers={"Content-Type": "audio/pcm"})
    try:
        for number, position in enumerate(range(0, len(pcm), _BLOCK_BYTES)):
            due_secs = first_secs + number * block_secs
            if due_secs > time.monotonic():
                await asyncio.sleep(due_secs - time.monotonic())
            if number == 0:
                await response.prepare(request)
            await response.write(pcm[position : position + _BLOCK_BYTES])
            if number == 0:
                script.note("tts_first_byte", turn=turn)
        await response.write_eof()
        is_done = True
    finally:
        if not is_done:
            script.note("tts_cancelled", turn=turn)
    return response
