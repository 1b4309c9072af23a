"""Set S: Deepgram's `/v1/listen` with each word at the next tenth of a second after its end.

No recogniser is known that is so prompt and so steady; it shows what the rest of a turn takes.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from aiohttp import WSMsgType, web

from bench.standin.line_finder import FoundLine, LineFinder
from bench.standin.nova import results
from bench.standin.script import Script
from bench.standin.spoken_words import words_of

_INTERIM_SECS = 0.1
# A word shows 50 ms after it ends.
_WORD_LAG_SECS = 0.05


class _Listener:
    """One socket: finds the onset in the audio, then tells the script's words on time."""

    def __init__(self, script: Script, socket: web.WebSocketResponse, sample_rate_hz: int) -> None:
        self._script = script
        self._socket = socket
        self._finder = LineFinder(script, sample_rate_hz)
        self.telling: set[asyncio.Task[None]] = set()

    def hear(self, pcm: bytes) -> None:
        """Take the next piece of audio."""
        found = self._finder.hear(pcm)
        if found is not None and found.line.text:
            onset_secs = time.monotonic() - (self._finder.heard_secs - found.start_secs)
            task = asyncio.create_task(self._tell(found, onset_secs))
            self.telling.add(task)
            task.add_done_callback(self.telling.discard)

    async def _tell(self, found: FoundLine, onset_secs: float) -> None:
        line, start_secs = found.line, found.start_secs
        words = words_of(line.text, start_secs=start_secs, secs=line.secs)
        delay_ms = self._script.drawn_ms("stt", self._script.delays.stt_final_ms)
        final_secs = onset_secs + line.secs + delay_ms / 1000
        await self._send({"type": "SpeechStarted", "channel": [0, 1], "timestamp": start_secs})
        shown, tick_secs = 0, onset_secs
        while (tick_secs := tick_secs + _INTERIM_SECS) < final_secs:
            await _until(tick_secs)
            heard_secs = tick_secs - _WORD_LAG_SECS - onset_secs
            # As if all words were of one length: every figure of this set was measured so.
            ended = max(0, min(len(words), int(heard_secs / line.secs * len(words))))
            if ended > shown:
                shown = ended
                span = (start_secs, start_secs + heard_secs)
                await self._send(results(words[:ended], span, is_final=False))
        await _until(final_secs)
        span = (start_secs, start_secs + line.secs)
        await self._send(results(words, span, is_final=True, speech_final=True))
        self._script.note("stt_final")

    async def answer(self, message: dict[str, Any]) -> None:
        """Answer a control message."""
        if message.get("type") == "Finalize":
            # Real servers answer so when nothing is pending; the final has its own time here.
            span = (self._finder.heard_secs, self._finder.heard_secs)
            await self._send(results((), span, is_final=True, from_finalize=True))
        elif message.get("type") == "CloseStream":
            await self._send({"type": "Metadata", "request_id": "standin", "channels": 1})
            await self._socket.close()

    async def _send(self, message: dict[str, Any]) -> None:
        if not self._socket.closed:
            await self._socket.send_str(json.dumps(message))


async def listen(request: web.Request, script: Script) -> web.WebSocketResponse:
    """Serve one live transcription socket."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    listener = _Listener(script, socket, int(request.query.get("sample_rate", "16000")))
    try:
        async for message in socket:
            if message.type == WSMsgType.BINARY:
                listener.hear(message.data)
            elif message.type == WSMsgType.TEXT:
                await listener.answer(json.loads(message.data))
    finally:
        for task in listener.telling:
            task.cancel()
    return socket


async def _until(at_secs: float) -> None:
    await asyncio.sleep(max(0.0, at_secs - time.monotonic()))
