"""One text's speech from whoever makes it: in time, or asked for a second time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import numpy as np
from pipecat.frames.frames import Frame, TTSAudioRawFrame

from ..frames import SpokenWord, SpokenWordsFrame
from ..provider_requests import REQUEST_ERRORS, EmptyAnswerError, is_transient
from ..refusals import ServiceRefusals
from ..retry_after import retry_after_secs
from .speech_frames import AUDIBLE, SpeechFrames
from .unsaid_ends import UnsaidEnds

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
        gives_all: See `Speaking`.
    """

    def __init__(self, *, patience_secs: float, gives_all: bool) -> None:
        self._attempts_secs = (patience_secs, _SECOND_SHARE * patience_secs)
        self._stall_secs = patience_secs
        self._unsaid_ends = UnsaidEnds(gives_all=gives_all)
        self._refusals = ServiceRefusals()

    @property
    def is_sure_of_end(self) -> bool:
        """Whether the last text that was spoken to its end is known to be whole."""
        return self._unsaid_ends.is_sure

    @property
    def longest_silence_secs(self) -> float:
        """After this long without audio there was an error, or there will be no more."""
        return sum(self._attempts_secs) + _MARGIN_SECS

    async def speech(  # noqa: PLR0913 - what is asked for, and within what
        self,
        attempt: Attempt,
        *,
        text: str,
        sample_rate_hz: int,
        kept_silence_ms: int,
        longest_secs: float,
        attempts: int = 2,
    ) -> AsyncGenerator[Frame]:
        """Yield frames of audio, and the times of its words if they are told.

        Asks again while nothing has come, there is an attempt left, and the server does not want to
        be left alone.

        Raises:
            REQUEST_ERRORS: Both attempts failed, one did after audio was passed on, or there was
                more audio than `longest_secs`.
        """
        for number, first_audio_secs in enumerate(self._attempts_secs[:attempts], start=1):
            is_last = number == min(attempts, len(self._attempts_secs))
            said = _Said(sample_rate_hz, kept_silence_ms)
            try:
                spoken = self._spoken(attempt(number), first_audio_secs, said)
                async with aclosing(spoken) as frames:
                    async for frame in frames:
                        yield frame
                        if said.given_secs > longest_secs:
                            raise EndlessSpeechError("speech without an end")
                self._unsaid_ends.note_said()
            except REQUEST_ERRORS as error:
                failure = self._refusals.judged(error)
                if not self._goes_on(text, said, failure, is_last=is_last):
                    raise failure  # noqa: B904 - it is the error, or names it as its cause
                if said.has_sound:
                    return
                continue
            for frame in said.finish():
                yield frame
            if said.has_sound:
                return
            if is_last:
                raise EmptyAnswerError("no audio in the answer")

    def _goes_on(self, text: str, said: _Said, error: Exception, *, is_last: bool) -> bool:
        """Tell whether a failure is none, or may be followed by another attempt."""
        if said.has_sound:
            is_silent = isinstance(error, TimeoutError)
            return is_silent and self._unsaid_ends.is_one(
                text, words=said.words, made_secs=said.made_secs
            )
        return is_transient(error) and not is_last and not retry_after_secs(error)

    async def _spoken(
        self, sounds: AsyncGenerator[Sound], first_audio_secs: float, said: _Said
    ) -> AsyncGenerator[Frame]:
        in_time = self._in_time(sounds, first_audio_secs, sample_rate_hz=said.sample_rate_hz)
        async with aclosing(in_time):
            async for sound in in_time:
                for frame in said.feed(sound):
                    yield frame
                if said.has_sound:
                    self._refusals.note_served()

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
        self.sample_rate_hz = sample_rate_hz
        self._untimed: list[SpokenWord] = []
        self.words: list[SpokenWord] = []
        """As the vendor has told of them, with the silence that was cut."""
        self.made_secs = 0.0
        """Of audio, with that silence."""
        self.given_secs = 0.0
        """Of audio in the frames."""
        self.has_sound = False

    def feed(self, sound: Sound) -> list[Frame]:
        if isinstance(sound, bytes):
            self.made_secs += self._secs(sound)
            audio = self._cutter.feed(sound)
        else:
            self.words += sound
            self._untimed += sound
            audio = []
        return [*self._timed(), *self._framed(audio)]

    def finish(self) -> list[Frame]:
        audio = self._framed(self._cutter.finish())
        return [*self._timed(), *audio]

    def _timed(self) -> list[Frame]:
        if not self._untimed or self._cutter.is_trimming:
            return []
        words, self._untimed = self._untimed, []
        cut_secs = self._cutter.trimmed_secs
        return [SpokenWordsFrame([SpokenWord(w.text, max(0, w.at_secs - cut_secs)) for w in words])]

    def _framed(self, audio: list[bytes]) -> list[Frame]:
        frames: list[Frame] = []
        for pcm in audio:
            frames.append(TTSAudioRawFrame(pcm, self.sample_rate_hz, 1))
            self.given_secs += self._secs(pcm)
            self.has_sound = self.has_sound or is_sound(frames[-1])
        return frames

    def _secs(self, audio: bytes) -> float:
        return len(audio) / (2 * self.sample_rate_hz)


def is_sound(frame: Frame) -> bool:
    """Return True for audio in which something is to be heard."""
    if not isinstance(frame, TTSAudioRawFrame):
        return False
    samples = np.frombuffer(frame.audio, "<i2")
    return bool(((samples >= AUDIBLE) | (samples <= -AUDIBLE)).any())
