"""A recogniser that follows a script: the same words, on a schedule, for every utterance.

Benchmarks use it to fix the recogniser's share of a delay. It listens to loudness only: an
utterance is audible sound, and its final comes a fixed time after the last audible sample.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np

from bot.local.audio_input import TARGET_HZ, AudioInput
from bot.local.faults import DelayMs, ListenScript
from bot.local.live_messages import Finality, HeardSpan, ListenQuery, LiveMessages
from bot.local.outbox import Outbox, Send
from processors.moonshine import NOTHING_HEARD, Transcript


class ScriptedListener:
    """Has the face of `LiveListener`; its times are of the wall, not of the stream."""

    def __init__(
        self,
        *,
        script: ListenScript,
        draw_secs: Callable[[DelayMs], float],
        query: ListenQuery,
        messages: LiveMessages,
    ) -> None:
        self._script = script
        self._draw_secs = draw_secs
        self._query = query
        self._messages = messages
        self._input = AudioInput(
            encoding=query.encoding, sample_rate_hz=query.sample_rate, channels=query.channels
        )
        self._outbox = Outbox()
        self._position = 0
        self._turn = 0
        self._start: int | None = None
        self._interims = 0
        self._final_timer: asyncio.TimerHandle | None = None
        self._final_secs = 0.0

    def feed(self, data: bytes) -> None:
        """Take encoded audio and look how loud it is."""
        samples = self._input.push(data)
        audible = np.flatnonzero(np.abs(samples) >= self._script.audible_level)
        begin = self._position
        self._position += len(samples)
        if not len(audible):
            return
        if self._start is None:
            self._begin_turn(begin + int(audible[0]))
        self._send_interims()
        silent_secs = (len(samples) - 1 - int(audible[-1])) / TARGET_HZ
        self._schedule_final(self._final_secs - silent_secs)

    def finalize(self) -> None:
        """Answer with nothing: the words come by the script's own endpointing."""
        self._put(NOTHING_HEARD, Finality(from_finalize=True))

    def finish(self) -> None:
        """End the stream; an utterance under way gets its words now."""
        if self._start is not None:
            self._send_final()
        self._outbox.put(self._messages.metadata(self._position / TARGET_HZ))
        self._outbox.end()

    def drop(self) -> None:
        """Stop the clock."""
        if self._final_timer is not None:
            self._final_timer.cancel()

    async def publish(self, send: Send) -> None:
        """Send messages until `finish`."""
        await self._outbox.publish(send)

    def _begin_turn(self, start: int) -> None:
        self._turn += 1
        self._start = start
        self._interims = 0
        self._final_secs = self._draw_secs(self._script.final_ms)
        if self._query.vad_events:
            self._outbox.put(self._messages.speech_started(start / TARGET_HZ))

    def _schedule_final(self, delay_secs: float) -> None:
        if self._final_timer is not None:
            self._final_timer.cancel()
        loop = asyncio.get_running_loop()
        self._final_timer = loop.call_later(max(delay_secs, 0.0), self._send_final)

    def _send_interims(self) -> None:
        gap_ms = self._script.interim_ms
        if gap_ms is None or self._start is None or not self._query.interim_results:
            return
        spoken_ms = (self._position - self._start) * 1_000 / TARGET_HZ
        due = int(spoken_ms / gap_ms)
        if due > self._interims:
            self._interims = due
            words = self._words()
            self._put(Transcript(" ".join(words[: min(due, len(words))]), 0.9), None)

    def _send_final(self) -> None:
        if self._final_timer is not None:
            self._final_timer.cancel()
        self._put(Transcript(" ".join(self._words()), 0.99), Finality(speech_final=True))
        self._start = None

    def _words(self) -> list[str]:
        return self._script.transcript.replace("{turn}", str(self._turn)).split()

    def _put(self, heard: Transcript, finality: Finality | None) -> None:
        end_secs = self._position / TARGET_HZ
        start_secs = end_secs if self._start is None else self._start / TARGET_HZ
        span = HeardSpan(start_secs=start_secs, end_secs=end_secs, voiced_until_secs=end_secs)
        self._outbox.put(self._messages.results(heard, span, finality=finality))
