"""OpenAI's `/v1/audio/speech`: audio streamed sentence by sentence."""

from __future__ import annotations

import asyncio
import base64
import random
import re
import struct
import time
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bot.local.chat_wire import sse
from bot.local.faults import FaultBox, TextToSpeechFaults
from bot.local.hang_up import DroppedError, wait_for_hang_up
from bot.local.openai_errors import BadRequestError, fault_response
from bot.local.request_log import LoggedRequest, RequestLog
from bot.local.voice import SAMPLE_RATE_HZ, Voice, tone

_BYTES_PER_SEC = SAMPLE_RATE_HZ * 2
_BLOCK_BYTES = _BYTES_PER_SEC // 10
# Two callers' sentences at a time keep two cores busy; more would only slow each other down.
_THREADS = 2
_TONE_SECS_PER_CHAR = 0.06
"""About the pace of speech, so that scripted replies last as long as spoken ones."""


class SpeechRequest(BaseModel):
    """The body of a request; fields this voice has no use for are accepted and ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str
    input: str = Field(max_length=4_096)
    voice: str | dict[str, str]
    response_format: str = "mp3"
    speed: float = Field(default=1.0, ge=0.25, le=4.0)
    stream_format: Literal["audio", "sse"] = "audio"


class TextToSpeech:
    """The voice behind the wire. One object serves every request."""

    def __init__(self, *, faults: FaultBox, log: RequestLog) -> None:
        self._faults = faults
        self._log = log
        self._voice = Voice()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="voice")

    def warm_up(self) -> None:
        """Run the voice once; blocks."""
        self._voice.warm_up()

    def close(self) -> None:
        """Stop the worker threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def speak(self, body: SpeechRequest, request: Request) -> Response:
        """Answer one request.

        Raises:
            BadRequestError: for an empty input or a format this voice cannot make.
        """
        if not body.input.strip():
            raise BadRequestError("Invalid 'input': there is nothing to say.", param="input")
        if body.response_format not in ("pcm", "wav"):
            raise BadRequestError(
                f"Invalid 'response_format': {body.response_format!r} is not available here;"
                " ask for 'pcm' (24 kHz, 16 bit, mono) or 'wav'.",
                param="response_format",
                code="unsupported_value",
            )
        faults = self._faults.take(
            self._faults.plan.text_to_speech, own=request.headers.get("x-faults")
        )
        entry = self._log.open(f"speech-{uuid.uuid4().hex[:12]}", "text_to_speech")
        entry.received_bytes = len(body.input)
        if faults.hang:
            await wait_for_hang_up(request)
        if faults.status is not None:
            entry.status = faults.status
            entry.close()
            return fault_response(faults, faults.status)
        stream = self._stream(body, faults, entry)
        if body.stream_format == "sse":
            return StreamingResponse(_events(stream, body), media_type="text/event-stream")
        return StreamingResponse(stream, media_type=f"audio/{body.response_format}")

    async def _stream(
        self, body: SpeechRequest, faults: TextToSpeechFaults, entry: LoggedRequest
    ) -> AsyncIterator[bytes]:
        try:
            if faults.half_open:
                await asyncio.Event().wait()
            if faults.empty:
                return
            if faults.garbage:
                yield random.Random(0).randbytes(4_999)
                return
            header = wav_header() if body.response_format == "wav" else b""
            async for block in self._paced(body, faults):
                entry.sent(len(block))
                yield header + block
                header = b""
                if faults.drop_after_bytes is not None and (
                    entry.sent_bytes >= faults.drop_after_bytes
                ):
                    raise DroppedError
        finally:
            entry.close()

    async def _paced(self, body: SpeechRequest, faults: TextToSpeechFaults) -> AsyncIterator[bytes]:
        """Yield the audio as fast as it is made, or as slowly as a fault plan wants it."""
        first_secs = self._faults.draw_secs(faults.first_audio_ms)
        due_secs = time.monotonic() + first_secs
        async for audio in self._audio(body, faults):
            if faults.audio_speed is None:
                await asyncio.sleep(due_secs - time.monotonic())
                yield audio
                continue
            for at in range(0, len(audio), _BLOCK_BYTES):
                block = audio[at : at + _BLOCK_BYTES]
                await asyncio.sleep(due_secs - time.monotonic())
                yield block
                due_secs += len(block) / _BYTES_PER_SEC / faults.audio_speed

    async def _audio(self, body: SpeechRequest, faults: TextToSpeechFaults) -> AsyncIterator[bytes]:
        if faults.tone_hz is not None:
            number = re.search(r"\d+", body.input)
            step = int(number.group()) % 20 if number else 0
            frequency_hz = faults.tone_hz + step * faults.tone_step_hz
            yield tone(frequency_hz, duration_secs=len(body.input) * _TONE_SECS_PER_CHAR)
            return
        loop = asyncio.get_running_loop()
        for sentence in self._voice.sentences(body.input):
            audio = await loop.run_in_executor(
                self._pool, lambda text=sentence: self._voice.say(text, speed=body.speed)
            )
            if audio:
                yield audio


async def _events(stream: AsyncIterator[bytes], body: SpeechRequest) -> AsyncIterator[bytes]:
    """Yield the audio as OpenAI's server-sent events."""
    sent_bytes = 0
    async for audio in stream:
        sent_bytes += len(audio)
        data = base64.b64encode(audio).decode()
        yield sse({"type": "speech.audio.delta", "audio": data})
    # OpenAI counts 20 tokens per second of audio and about one per four characters of text.
    spoken, read = sent_bytes * 20 // _BYTES_PER_SEC, len(body.input) // 4 + 1
    usage = {"input_tokens": read, "output_tokens": spoken, "total_tokens": read + spoken}
    yield sse({"type": "speech.audio.done", "usage": usage})


def wav_header() -> bytes:
    """Return the header of a WAV whose length is not known yet, as OpenAI streams it."""
    endless = 0xFFFFFFFF
    fmt = struct.pack("<IHHIIHH", 16, 1, 1, SAMPLE_RATE_HZ, _BYTES_PER_SEC, 2, 16)
    riff = b"RIFF" + struct.pack("<I", endless) + b"WAVE"
    return riff + b"fmt " + fmt + b"data" + struct.pack("<I", endless)
