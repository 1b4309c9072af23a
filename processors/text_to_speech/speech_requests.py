"""One text's speech from the server: in time, or asked for a second time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from typing import Literal

import numpy as np
from openai import APIStatusError, AsyncAPIResponse

from processors.provider_requests import REQUEST_ERRORS, EmptyAnswerError, is_transient
from processors.text_to_speech.forms.decoding import decode_speech
from processors.text_to_speech.speech_frames import AUDIBLE, SpeechFrames

PATIENCE_SECS = 2.0
"""Of the vendor's own server. Public first-byte times: p50 .4, p99 1.5 s."""

_SECOND_SHARE = 0.75
"""Of the patience, for the second attempt: the caller waits already."""

_MARGIN_SECS = 0.5
"""For the error to be told after the second attempt."""

_FORM_HEADERS = {
    "rate": ("x-sample-rate", "x-audio-sample-rate", "sample-rate"),
    "channels": ("x-channels", "x-audio-channels"),
}
"""Where servers say what belongs into the content type."""

_REFUSALS = (400, 413, 422)

ResponseFormat = Literal["pcm", "wav"]
OpenAnswer = Callable[[ResponseFormat], AbstractAsyncContextManager[AsyncAPIResponse[bytes]]]


class SpeechRequests:
    """Asks for speech; owned by the text-to-speech service.

    Args:
        patience_secs: What an attempt may take to its first audio, and then to any more of it.
    """

    def __init__(self, *, patience_secs: float) -> None:
        self._attempts_secs = (patience_secs, _SECOND_SHARE * patience_secs)
        self._stall_secs = patience_secs
        self._response_format: ResponseFormat = "pcm"

    @property
    def longest_silence_secs(self) -> float:
        """After this long without audio there was an error, or there will be no more."""
        return sum(self._attempts_secs) + _MARGIN_SECS

    async def speech(
        self,
        open_answer: OpenAnswer,
        *,
        sample_rate_hz: int,
        kept_silence_ms: int,
        longest_secs: float,
    ) -> AsyncGenerator[bytes]:
        """Yield frames of audio; asks again while nothing has come and there is an attempt left.

        Raises:
            REQUEST_ERRORS: Both attempts failed, one did after audio was passed on, or there was
                more audio than `longest_secs`.
        """
        left_bytes = int(2 * sample_rate_hz * longest_secs)
        for attempt, first_audio_secs in enumerate(self._attempts_secs, start=1):
            has_sound = False
            try:
                cutter = SpeechFrames(
                    sample_rate_hz=sample_rate_hz, kept_silence_ms=kept_silence_ms
                )
                audio = self._audio(open_answer, sample_rate_hz, first_audio_secs)
                async with aclosing(audio):
                    async for pcm in audio:
                        for frame in cutter.feed(pcm):
                            has_sound = has_sound or _is_sound(frame)
                            yield frame
                            left_bytes -= len(frame)
                        if left_bytes < 0:
                            raise EmptyAnswerError("speech without an end")
                for frame in cutter.finish():
                    has_sound = has_sound or _is_sound(frame)
                    yield frame
                if not has_sound:
                    raise EmptyAnswerError("no audio in the answer")
                return
            except REQUEST_ERRORS as error:
                if has_sound or attempt == len(self._attempts_secs):
                    raise
                if not is_transient(error) and not self._changes_form(error):
                    raise

    def _changes_form(self, error: Exception) -> bool:
        """Return True if the server does not know the form of speech that was asked for.

        Some vendors send WAV only; all know that.
        """
        if not isinstance(error, APIStatusError) or error.status_code not in _REFUSALS:
            return False
        if "response_format" not in f"{error.body}" or self._response_format == "wav":
            return False
        self._response_format = "wav"
        return True

    async def _audio(
        self, open_answer: OpenAnswer, sample_rate_hz: int, first_audio_secs: float
    ) -> AsyncGenerator[bytes]:
        """Yield the audio of one request as it arrives, as 16-bit mono PCM."""
        clock = asyncio.get_running_loop()
        deadline_secs = clock.time() + first_audio_secs
        async with AsyncExitStack() as stack:
            async with asyncio.timeout_at(deadline_secs):
                answer = await stack.enter_async_context(open_answer(self._response_format))
            audio = await stack.enter_async_context(
                aclosing(
                    decode_speech(
                        answer.iter_bytes(),
                        content_type=_content_type(answer.headers),
                        sample_rate_hz=sample_rate_hz,
                    )
                )
            )
            while True:
                async with asyncio.timeout_at(deadline_secs):
                    pcm = await anext(audio, None)
                if pcm is None:
                    return
                yield pcm
                deadline_secs = clock.time() + self._stall_secs


def _content_type(headers: Mapping[str, str]) -> str:
    """Return all that the headers say of the audio, as one content type."""
    said = [headers.get("content-type") or "audio/pcm"]
    for name, others in _FORM_HEADERS.items():
        said += [f"{name}={headers[other]}" for other in others if headers.get(other)]
    return ";".join(said)


def is_refusal(error: Exception) -> bool:
    """Return True if the server did not want this request, which may be for its text."""
    return isinstance(error, APIStatusError) and error.status_code in _REFUSALS


def names_setting(error: Exception) -> bool:
    """Return True if the server says that it did not want the model or the voice."""
    if not isinstance(error, APIStatusError):
        return False
    complaint = f"{error.param} {error.code}".lower()
    return "voice" in complaint or "model" in complaint


def _is_sound(frame: bytes) -> bool:
    samples = np.frombuffer(frame, "<i2")
    return bool(((samples >= AUDIBLE) | (samples <= -AUDIBLE)).any())
