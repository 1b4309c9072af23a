"""Hears one live stream: frames in, Deepgram messages out, in order.

The text of a pause is worked out ahead: a *draft* starts as soon as the caller falls silent, so
that the end of the utterance, or a `Finalize`, only has to publish it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np

from bot.local.audio_input import TARGET_HZ, AudioInput
from bot.local.decode_pool import DecodePool, Draft
from bot.local.live_messages import HeardSpan, ListenQuery, LiveMessages
from bot.local.moonshine import NOTHING_HEARD, Transcript
from bot.local.segmenter import SAMPLES_PER_MS, Segment, Segmenter, SegmentEvent
from bot.local.silero import FRAME_SAMPLES, SpeechMeter

Send = Callable[[dict[str, Any]], Awaitable[None]]
_Build = Callable[[], Awaitable[dict[str, Any] | None]]

# Shorter pauses are mostly inside words; each draft dropped again costs a decode.
_DRAFT_PAUSE_MS = 96
# Below this the recogniser guesses: "Yes", "S.".
_FIRST_INTERIM_MS = 500
_INTERIM_MS = 300
# Interims of one stream take at most half a core, however long the segment grows.
_INTERIM_PER_DECODE = 2.0


class LiveListener:
    """One connection's ear. `feed` and `finalize` never wait; `publish` sends what they cause."""

    def __init__(
        self,
        *,
        pool: DecodePool,
        meter: SpeechMeter,
        query: ListenQuery,
        messages: LiveMessages,
    ) -> None:
        self._pool = pool
        self._meter = meter
        self._query = query
        self._messages = messages
        self._input = AudioInput(
            encoding=query.encoding, sample_rate_hz=query.sample_rate, channels=query.channels
        )
        self._segmenter = Segmenter(
            endpointing_ms=query.endpointing, draft_pause_ms=_DRAFT_PAUSE_MS
        )
        self._samples = np.zeros(0, np.float32)
        self._outbox: asyncio.Queue[_Build | None] = asyncio.Queue()
        self._draft: Draft | None = None
        self._interim_at = 0
        self._interim_gap = _INTERIM_MS * SAMPLES_PER_MS
        self._last_word_end: int | None = None

    def feed(self, data: bytes) -> None:
        """Take encoded audio."""
        self._hear(self._input.push(data))

    def finalize(self) -> None:
        """Answer at once with what was heard so far, even if that is nothing."""
        is_over = self._segmenter.is_silent
        self._publish_segment(goes_on=not is_over, speech_final=is_over, from_finalize=True)

    def finish(self) -> None:
        """End the stream: what is still open becomes final, then `publish` returns."""
        self._hear(self._input.flush())
        self._publish_segment(goes_on=False, speech_final=True)
        self._put(lambda: self._messages.metadata(self._segmenter.position / TARGET_HZ))
        self._outbox.put_nowait(None)

    def drop(self) -> None:
        """Give up work that nobody will read."""
        if self._draft is not None:
            self._draft.drop()

    async def publish(self, send: Send) -> None:
        """Send messages in order until `finish`; cancelling loses those not yet sent."""
        while (build := await self._outbox.get()) is not None:
            message = await build()
            if message is not None:
                await send(message)

    def _hear(self, samples: np.ndarray) -> None:
        self._samples = np.concatenate((self._samples, samples))
        while len(self._samples) >= FRAME_SAMPLES:
            frame, self._samples = self._samples[:FRAME_SAMPLES], self._samples[FRAME_SAMPLES:]
            self._on_event(self._segmenter.push(frame, self._meter.probability(frame)))
            self._start_interim()
            self._end_utterance()

    def _on_event(self, event: SegmentEvent | None) -> None:
        segment = self._segmenter.segment
        if event is None or segment is None:
            return
        if event is SegmentEvent.STARTED:
            self._interim_at = segment.start
            self._last_word_end = None
            if self._query.vad_events:
                at_secs = segment.start / TARGET_HZ
                self._put(lambda: self._messages.speech_started(at_secs))
        elif event is SegmentEvent.PAUSED and segment.voiced_samples:
            self._start_draft(segment, is_urgent=True)
        elif event is SegmentEvent.ENDED:
            self._publish_segment(goes_on=False, speech_final=self._query.endpointing is not None)
        elif event is SegmentEvent.OVERLONG:
            self._publish_segment(goes_on=True, speech_final=False)

    def _start_interim(self) -> None:
        """Transcribe the growing segment now and then, never twice at a time."""
        segment = self._segmenter.segment
        if segment is None or self._segmenter.is_silent or not self._query.interim_results:
            return
        is_busy = self._draft is not None and not self._draft.is_done
        is_short = segment.voiced_samples < _FIRST_INTERIM_MS * SAMPLES_PER_MS
        if is_busy or is_short or self._segmenter.position - self._interim_at < self._interim_gap:
            return
        self._interim_at = self._segmenter.position
        self._start_draft(segment, is_urgent=False)

    def _start_draft(self, segment: Segment, *, is_urgent: bool) -> None:
        if self._draft is not None:
            self._draft.drop()
        started_secs = time.monotonic()
        draft = self._pool.start(
            segment.audio(), covers_until=segment.voiced_until, is_urgent=is_urgent
        )
        self._draft = draft
        span = _span(segment)

        def publish_interim(task: asyncio.Task[Transcript | None]) -> None:
            taken = (time.monotonic() - started_secs) * TARGET_HZ
            self._interim_gap = max(_INTERIM_MS * SAMPLES_PER_MS, _INTERIM_PER_DECODE * taken)
            if self._draft is draft and not task.cancelled() and not task.exception():
                self._put_interim(task.result(), span, is_whole=is_urgent)

        if draft.task is not None:
            draft.task.add_done_callback(publish_interim)

    def _put_interim(self, heard: Transcript | None, span: HeardSpan, *, is_whole: bool) -> None:
        if heard is None or not self._query.interim_results:
            return
        if not is_whole:
            heard = _without_last_word(heard)
        if heard.text:
            self._put(lambda: self._messages.results(heard, span, is_final=False))

    def _publish_segment(
        self, *, goes_on: bool, speech_final: bool, from_finalize: bool = False
    ) -> None:
        segment = self._segmenter.take(goes_on=goes_on)
        draft, self._draft = self._draft, None
        self._interim_at = self._segmenter.position
        if segment is None:
            at_secs = self._segmenter.position / TARGET_HZ
            span = HeardSpan(start_secs=at_secs, end_secs=at_secs, voiced_until_secs=at_secs)
            if speech_final or from_finalize:
                self._put(
                    lambda: self._messages.results(
                        NOTHING_HEARD,
                        span,
                        is_final=True,
                        speech_final=speech_final,
                        from_finalize=from_finalize,
                    )
                )
            return
        if draft is None or draft.covers_until != segment.voiced_until or draft.is_dropped():
            if draft is not None:
                draft.drop()
            draft = self._pool.start(
                segment.audio(), covers_until=segment.voiced_until, is_urgent=True
            )
        ready = draft

        async def build() -> dict[str, Any]:
            heard = await ready.transcript()
            if heard.text:
                self._last_word_end = segment.voiced_until
            return self._messages.results(
                heard,
                _span(segment),
                is_final=True,
                speech_final=speech_final,
                from_finalize=from_finalize,
            )

        self._outbox.put_nowait(build)

    def _end_utterance(self) -> None:
        gap_ms, end = self._query.utterance_end_ms, self._last_word_end
        if gap_ms is None or end is None or self._segmenter.segment is not None:
            return
        if self._segmenter.position - end >= gap_ms * SAMPLES_PER_MS:
            self._last_word_end = None
            self._put(lambda: self._messages.utterance_end(end / TARGET_HZ))

    def _put(self, message: Callable[[], dict[str, Any]]) -> None:
        async def build() -> dict[str, Any]:
            return message()

        self._outbox.put_nowait(build)


def _span(segment: Segment) -> HeardSpan:
    return HeardSpan(
        start_secs=segment.start / TARGET_HZ,
        end_secs=segment.end / TARGET_HZ,
        voiced_until_secs=segment.voiced_until / TARGET_HZ,
    )


def _without_last_word(heard: Transcript) -> Transcript:
    """Hold back the word still being spoken and the full stop it invites: both flicker."""
    text = heard.text.rpartition(" ")[0].rstrip(".,!?")
    return Transcript(text, heard.confidence)
