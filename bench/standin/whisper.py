"""Set W: a server that transcribes an utterance when it is over (`/v1/audio/transcriptions`).

There are no interim words. An answer takes 300 to 600 ms: OpenAI's gpt-4o-transcribe gives its
words 637 ms after the end of speech in the median (pipecat-ai/stt-benchmark), of which 200 are the
silence that the client waits for.
"""

from __future__ import annotations

import asyncio
import io
import wave

import numpy as np
from aiohttp import web

from bench.sound import USER_LOUD, samples_of
from bench.standin.script import Script
from bench.standin.spoken_words import text_of, words_of

_SPREAD_MS = 150.0
_CLIPPED_SECS = 0.1
"""What a client may cut off both ends of an utterance together."""


async def transcribe(request: web.Request, script: Script) -> web.Response:
    """Answer with the words of the script's line that an uploaded WAV file is long enough for."""
    form = await request.post()
    upload = form.get("file")
    if not isinstance(upload, web.FileField):
        raise web.HTTPBadRequest(text="there is no file")
    line, heard_secs = script.line, _loud_secs(upload.file.read())
    words = words_of(line.text, start_secs=0.0, secs=line.secs)
    spoken = [word for word in words if word.end_secs <= heard_secs + _CLIPPED_SECS]
    script.note("stt_request")
    await asyncio.sleep(script.spread_ms(script.delays.stt_final_ms, _SPREAD_MS) / 1000)
    if words and len(spoken) == len(words):
        script.note("stt_final")
    return web.json_response({"text": text_of(spoken)})


def _loud_secs(wav: bytes) -> float:
    """Return the time from the first loud sample of a WAV file to its last; 0.0 if it has none."""
    with wave.open(io.BytesIO(wav)) as file:
        samples = samples_of(file.readframes(file.getnframes()))[:: file.getnchannels()]
        rate_hz = file.getframerate()
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > USER_LOUD)
    return (int(loud[-1]) - int(loud[0])) / rate_hz if loud.size else 0.0
