"""Hears one live stream: frames in, Deepgram messages out, in order.

The text of a pause is worked out ahead: a *draft* starts as soon as the caller falls silent, so
that the end of the utterance, or a `Finalize`, only has to publish it.
"""

from __future__ import annotations

import asyncio
import time

import numpy as np

from bot.local.audio_input import TARGET_HZ, AudioInput
from bot.local.decode_pool import DecodePool, Draft
from bot.local.drafts import Drafts
from bot.local.live_messages import Finality, HeardSpan, ListenQuery, LiveMessages
from bot.local.outbox import Message, Outbox, Send
from bot.local.segmenter import SAMPLES_PER_MS, Segment, Segmenter, SegmentEvent
from bot.local.silero import FRAME_SAMPLES, SpeechMeter
from processors.moonshine import NOTHING_HEARD, Transcript

# One draft in ten is in vain at 64 ms, one in five at 32; waiting longer only delays the rest.
_DRAFT_PAUSE_MS = 64
# Pauses shorter than this are inside words; Deepgram's default of 10 ms would cut at each of them.
_LEAST_ENDPOINTING_MS = 96
# Below this the recogniser guesses: "Yes", "S.".
_FIRST_INTERIM_MS = 500
_INTERIM_MS = 300
# Interims of one stream take at most an eighth of a core, however long the segment grows.
_INTERIM_PER_DECODE = 8.0


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
        self._meter = meter
        self._query = query
        self._messages = messages
        self._input = AudioInput(
            encoding=query.encoding, sample_rate_hz=query.sample_rate, channels=query.channels
        )
        endpointing_ms = query.endpointing
        if endpointing_ms is not None:
            endpointing_ms = max(endpointing_ms, _LEAST_ENDPOINTING_MS)
        self._segmenter = Segmenter(endpointing_ms=endpointing_ms, draft_pause_ms=_DRAFT_PAUSE_MS)
        self._samples = np.zeros(0, np.float32)
        self._outbox = Outbox()
        self._drafts = Drafts(pool)
        self._interim_at = 0
        self._interim_gap = _INTERIM_MS * SAMPLES_PER_MS
        self._last_said: tuple[int, Draft] | None = None
        """Where the last utterance ended and its text, until its end was told."""

    def feed(self, data: bytes) -> None:
        """Take encoded audio."""
        self._hear(self._input.push(data))

    def finalize(self) -> None:
        """Answer at once with what was heard so far, even if that is nothing."""
        is_over = self._segmenter.is_silent
        self._publish_segment(
            Finality(speech_final=is_over, from_finalize=True), goes_on=not is_over
        )

    def finish(self) -> None:
        """End the stream: what is still open becomes final, then `publish` returns."""
        self._hear(self._input.flush())
        if self._segmenter.segment is not None:
            self._publish_segment(Finality(speech_final=True), goes_on=False)
        self._outbox.put(self._messages.metadata(self._segmenter.position / TARGET_HZ))
        self._outbox.end()

    def drop(self) -> None:
        """Give up work that nobody will read."""
        self._drafts.drop()

    async def publish(self, send: Send) -> None:
        """Send messages in order until `finish`; cancelling loses those not yet sent."""
        await self._outbox.publish(send)

    def _hear(self, samples: np.ndarray) -> None:
        self._samples = np.concatenate((self._samples, samples))
        while len(self._samples) >= FRAME_SAMPLES:
            frame, self._samples = self._samples[:FRAME_SAMPLES], self._samples[FRAME_SAMPLES:]
            event = self._segmenter.push(frame, self._meter.probability(frame))
            if event is not None and self._segmenter.segment is not None:
                self._on_event(event, self._segmenter.segment)
            self._start_interim()
            self._end_utterance()

    def _on_event(self, event: SegmentEvent, segment: Segment) -> None:
        if event is SegmentEvent.STARTED:
            self._interim_at = segment.start
            self._last_said = None
            if self._query.vad_events:
                self._outbox.put(self._messages.speech_started(segment.start / TARGET_HZ))
        elif event is SegmentEvent.PAUSED:
            self._start_draft(segment, is_urgent=True)
        elif event is SegmentEvent.ENDED:
            speech_final = self._query.endpointing is not None
            self._publish_segment(Finality(speech_final=speech_final), goes_on=False)
        elif event is SegmentEvent.OVERLONG:
            self._publish_segment(Finality(), goes_on=True)

    def _start_interim(self) -> None:
        """Transcribe the growing segment now and then, never twice at a time."""
        segment = self._segmenter.segment
        if segment is None or self._segmenter.is_silent or not self._query.interim_results:
            return
        is_short = segment.voiced_samples < _FIRST_INTERIM_MS * SAMPLES_PER_MS
        is_early = self._segmenter.position - self._interim_at < self._interim_gap
        if not (self._drafts.is_busy or is_short or is_early):
            self._interim_at = self._segmenter.position
            self._start_draft(segment, is_urgent=False)

    def _start_draft(self, segment: Segment, *, is_urgent: bool) -> None:
        started_secs = time.monotonic()
        draft = self._drafts.start(segment, is_urgent=is_urgent)
        span = _span(segment)

        def on_done(_: asyncio.Task[Transcript | None]) -> None:
            taken = int((time.monotonic() - started_secs) * TARGET_HZ * _INTERIM_PER_DECODE)
            self._interim_gap = max(_INTERIM_MS * SAMPLES_PER_MS, taken)
            self._publish_interim(draft, span)

        draft.task.add_done_callback(on_done)

    def _publish_interim(self, draft: Draft, span: HeardSpan) -> None:
        """Publish a draft, unless its segment is closed or another draft has taken its place."""
        heard = draft.text_so_far
        if draft is not self._drafts.current or not self._query.interim_results:
            return
        if not draft.is_urgent:
            heard = _without_last_word(heard)
        if heard.text:
            self._outbox.put(self._messages.results(heard, span, finality=None))

    def _publish_segment(self, finality: Finality, *, goes_on: bool) -> None:
        segment = self._segmenter.take(goes_on=goes_on)
        self._interim_at = self._segmenter.position
        if segment is None:
            self._drafts.drop()
            if finality.speech_final or finality.from_finalize:
                nothing = _empty_span(self._segmenter.position)
                self._outbox.put(self._messages.results(NOTHING_HEARD, nothing, finality=finality))
            return
        draft = self._drafts.take(segment)
        self._last_said = (segment.voiced_until, draft)

        async def make() -> Message:
            heard = await draft.transcript()
            return self._messages.results(heard, _span(segment), finality=finality)

        self._outbox.put_later(make)

    def _end_utterance(self) -> None:
        gap_ms, said = self._query.utterance_end_ms, self._last_said
        if gap_ms is None or said is None or self._segmenter.segment is not None:
            return
        end, draft = said
        if self._segmenter.position - end < gap_ms * SAMPLES_PER_MS:
            return
        self._last_said = None

        async def make() -> Message | None:
            has_words = bool((await draft.transcript()).text)
            return self._messages.utterance_end(end / TARGET_HZ) if has_words else None

        self._outbox.put_later(make)


def _span(segment: Segment) -> HeardSpan:
    return HeardSpan(
        start_secs=segment.start / TARGET_HZ,
        end_secs=segment.end / TARGET_HZ,
        voiced_until_secs=segment.voiced_until / TARGET_HZ,
    )


def _empty_span(position: int) -> HeardSpan:
    at_secs = position / TARGET_HZ
    return HeardSpan(start_secs=at_secs, end_secs=at_secs, voiced_until_secs=at_secs)


def _without_last_word(heard: Transcript) -> Transcript:
    """Hold back the word still being spoken and the full stop it invites: both flicker."""
    text = heard.text.rpartition(" ")[0].rstrip(".,!?")
    return Transcript(text, heard.confidence)
