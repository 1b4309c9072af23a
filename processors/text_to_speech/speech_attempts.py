"""One text's speech from whoever makes it: in time, or asked for a second time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import numpy as np
from pipecat.frames.frames import Frame, TTSAudioRawFrame

from ..frames import SpokenWord, SpokenWordsFrame
from ..provider_requests import REQUEST_ERRORS, EmptyAnswerError, is_transient
from .speech_frames import AUDIBLE, SpeechFrames

PATIENCE_SECS = 2.0
"""Of the vendor's own server. Public first-byte times: p50 .4, p99 1.5 s."""

_SECOND_SHARE = 0.75
"""Of the patience, for the second attempt: the caller waits already."""

_MARGIN_SECS = 0.5
"""For the error to be told after the second attempt."""


class EndlessSpeechError(EmptyAnswerError):
    """There was more audio than a text can have; a voice that babbles does it again."""

    is_final = True


Sound = bytes | list[SpokenWord]
"""16-bit mono PCM cut anywhere, or when words in it are spoken: counted from its own start."""

Attempt = Callable[[int], AsyncGenerator[Sound]]
"""Asks for the speech once; the number counts from 1. Raises what it fails with."""


class SpeechAttempts:
    """Asks for speech; owned by the text-to-speech service.

    Args:
        patience_secs: What an attempt may take to its first audio, and then to any more of it when
            all that came can have been heard.
    """

    def __init__(self, *, patience_secs: float) -> None:
        self._attempts_secs = (patience_secs, _SECOND_SHARE * patience_secs)
        self._stall_secs = patience_secs

    @property
    def longest_silence_secs(self) -> float:
        """After this long without audio there was an error, or there will be no more."""
        return sum(self._attempts_secs) + _MARGIN_SECS

    async def speech(
        self,
        attempt: Attempt,
        *,
        sample_rate_hz: int,
        kept_silence_ms: int,
        longest_secs: float,
        attempts: int = 2,
    ) -> AsyncGenerator[Frame]:
        """Yield frames of audio, and the times of its words if they are told.

        Asks again while nothing has come and there is an attempt left.

        Raises:
            REQUEST_ERRORS: Both attempts failed, one did after audio was passed on, or there was
                more audio than `longest_secs`.
        """
        left_bytes = int(2 * sample_rate_hz * longest_secs)
        for number, first_audio_secs in enumerate(self._attempts_secs[:attempts], start=1):
            has_sound = False
            said = _Said(sample_rate_hz, kept_silence_ms)
            try:
                in_time = self._in_time(
                    attempt(number), first_audio_secs, sample_rate_hz=sample_rate_hz
                )
                async with aclosing(in_time) as sounds:
                    async for sound in sounds:
                        for frame in said.feed(sound):
                            has_sound = has_sound or is_sound(frame)
                            yield frame
                            left_bytes -= _length_bytes(frame)
                        if left_bytes < 0:
                            raise EndlessSpeechError("speech without an end")
                for frame in said.finish():
                    has_sound = has_sound or is_sound(frame)
                    yield frame
                if not has_sound:
                    raise EmptyAnswerError("no audio in the answer")
                return
            except REQUEST_ERRORS as error:
                is_last = number == min(attempts, len(self._attempts_secs))
                if has_sound or is_last or not is_transient(error):
                    raise

    async def _in_time(
        self, sounds: AsyncGenerator[Sound], first_audio_secs: float, *, sample_rate_hz: int
    ) -> AsyncGenerator[Sound]:
        """Yield what one attempt brings, as long as its audio keeps coming."""
        clock = asyncio.get_running_loop()
        deadline_secs = clock.time() + first_audio_secs
        audible_until_secs = 0.0
        async with aclosing(sounds):
            while True:
                async with asyncio.timeout_at(deadline_secs):
                    sound = await anext(sounds, None)
                if sound is None:
                    return
                yield sound
                if isinstance(sound, bytes) and sound:
                    now_secs = clock.time()
                    sound_secs = len(sound) / 2 / sample_rate_hz
                    audible_until_secs = max(audible_until_secs, now_secs) + sound_secs
                    # Pipecat takes a reply for finished that is silent for longer.
                    longest_secs = now_secs + sum(self._attempts_secs)
                    deadline_secs = min(audible_until_secs + self._stall_secs, longest_secs)


class _Said:
    """Makes frames of what one attempt brings; word times follow the silence that is cut."""

    def __init__(self, sample_rate_hz: int, kept_silence_ms: int) -> None:
        self._cutter = SpeechFrames(sample_rate_hz=sample_rate_hz, kept_silence_ms=kept_silence_ms)
        self._sample_rate_hz = sample_rate_hz
        self._words: list[SpokenWord] = []

    def feed(self, sound: Sound) -> list[Frame]:
        if isinstance(sound, bytes):
            audio = self._cutter.feed(sound)
        else:
            self._words += sound
            audio = []
        return [*self._timed(), *self._framed(audio)]

    def finish(self) -> list[Frame]:
        audio = self._framed(self._cutter.finish())
        return [*self._timed(), *audio]

    def _timed(self) -> list[Frame]:
        if not self._words or self._cutter.is_trimming:
            return []
        words, self._words = self._words, []
        cut_secs = self._cutter.trimmed_secs
        return [SpokenWordsFrame([SpokenWord(w.text, max(0, w.at_secs - cut_secs)) for w in words])]

    def _framed(self, audio: list[bytes]) -> list[Frame]:
        return [TTSAudioRawFrame(pcm, self._sample_rate_hz, 1) for pcm in audio]


def is_sound(frame: Frame) -> bool:
    """Return True for audio in which something is to be heard."""
    if not isinstance(frame, TTSAudioRawFrame):
        return False
    samples = np.frombuffer(frame.audio, "<i2")
    return bool(((samples >= AUDIBLE) | (samples <= -AUDIBLE)).any())


def _length_bytes(frame: Frame) -> int:
    return len(frame.audio) if isinstance(frame, TTSAudioRawFrame) else 0
