"""Deepgram's live protocol with words from the script."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web

from bench.sound import USER_LOUD, samples_of
from bench.standin.script import Script, SpokenLine

_INTERIM_SECS = 0.1
# A word shows 50 ms after it ends.
_WORD_LAG_SECS = 0.05
_ONSET_RUN_SAMPLES = 3
_QUIET_SECS = 0.6


@dataclass(frozen=True)
class _Onset:
    """The first loud sample of a line: when it came, and where it stands in the stream."""

    at_secs: float
    stream_secs: float


@dataclass
class _Listener:
    """One socket: finds the onset in the audio, then tells the script's words on time."""

    script: Script
    socket: web.WebSocketResponse
    sample_rate_hz: int
    heard_samples: int = 0
    told_line: int = 0
    last_loud_secs: float = 0.0
    line_end_secs: float = 0.0
    telling: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def hear(self, pcm: bytes) -> None:
        """Take the next piece of audio."""
        loud = np.abs(samples_of(pcm[: len(pcm) & ~1]).astype(np.int32)) > USER_LOUD
        self.heard_samples += loud.size
        if loud.sum() < _ONSET_RUN_SAMPLES:
            return
        now = time.monotonic()
        first = int(np.flatnonzero(loud)[0])
        onset_secs = now - (loud.size - first) / self.sample_rate_hz
        is_new_line = self.script.line_number > self.told_line
        is_after_quiet = onset_secs - self.last_loud_secs > _QUIET_SECS
        is_repeat = self.script.is_repeating and is_after_quiet and now > self.line_end_secs
        self.last_loud_secs = now
        if not (is_new_line or is_repeat):
            return
        self.told_line = self.script.line_number
        line = self.script.line
        self.line_end_secs = onset_secs + line.secs
        self.script.note("stt_onset", line=self.told_line, onset_secs=onset_secs)
        if line.text:
            onset_samples = self.heard_samples - loud.size + first
            onset = _Onset(onset_secs, onset_samples / self.sample_rate_hz)
            task = asyncio.create_task(self._tell(line, onset))
            self.telling.add(task)
            task.add_done_callback(self.telling.discard)

    async def _tell(self, line: SpokenLine, onset: _Onset) -> None:
        words, onset_secs = line.text.split(), onset.at_secs
        delay_ms = self.script.drawn_ms("stt", self.script.delays.stt_final_ms)
        final_secs = onset_secs + line.secs + delay_ms / 1000
        await self._send({"type": "SpeechStarted", "channel": [0, 1], "timestamp": 0.0})
        shown, tick_secs = "", onset_secs
        while (tick_secs := tick_secs + _INTERIM_SECS) < final_secs:
            await _until(tick_secs)
            heard_secs = tick_secs - _WORD_LAG_SECS - onset_secs
            ended = heard_secs / line.secs * len(words)
            text = " ".join(words[: max(0, min(len(words), int(ended)))])
            if text and text != shown:
                shown = text
                span = (onset.stream_secs, heard_secs)
                await self._send(_results(text, span, is_final=False))
        await _until(final_secs)
        span = (onset.stream_secs, line.secs)
        await self._send(_results(line.text, span, is_final=True, speech_final=True))
        self.script.note("stt_final", line=self.told_line)

    async def answer(self, message: dict[str, Any]) -> None:
        """Answer a control message."""
        if message.get("type") == "Finalize":
            # Real servers answer so when nothing is pending; the final has its own time here.
            span = (self.heard_samples / self.sample_rate_hz, 0.0)
            await self._send(_results("", span, is_final=True, from_finalize=True))
        elif message.get("type") == "CloseStream":
            await self._send({"type": "Metadata", "request_id": "standin", "channels": 1})
            await self.socket.close()

    async def _send(self, message: dict[str, Any]) -> None:
        if not self.socket.closed:
            await self.socket.send_str(json.dumps(message))


async def listen(request: web.Request, script: Script) -> web.WebSocketResponse:
    """Serve one live transcription socket."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    listener = _Listener(script, socket, int(request.query.get("sample_rate", "16000")))
    # An old line belongs to the sockets of its time.
    listener.told_line = script.line_number
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


def _results(
    text: str,
    span: tuple[float, float],
    *,
    is_final: bool,
    speech_final: bool = False,
    from_finalize: bool = False,
) -> dict[str, Any]:
    """Return a message about `span`: where it starts in the stream and how long it is, in secs."""
    words = [
        {"word": word, "punctuated_word": word, "start": 0.0, "end": 0.1, "confidence": 0.99}
        for word in text.split()
    ]
    return {
        "type": "Results",
        "channel_index": [0, 1],
        "start": round(span[0], 3),
        "duration": round(span[1], 3),
        "is_final": is_final,
        "speech_final": speech_final,
        "from_finalize": from_finalize,
        "channel": {"alternatives": [{"transcript": text, "confidence": 0.99, "words": words}]},
        "metadata": {
            "request_id": "standin",
            "model_uuid": "standin",
            "model_info": {"name": "nova-3", "version": "standin", "arch": "nova-3"},
        },
    }
