"""How long each part of a turn took, as the metrics of LiveKit's session protocol."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from livekit.protocol.agent_pb import agent_session as pb
from pipecat.metrics.metrics import MetricsData, TTFBMetricsData
from typing_extensions import override

from ..floor import Floor
from .events import ConversationListener, Stage
from .session_items import timestamp


class TurnMetrics(ConversationListener):
    """Times one turn after the other; each report covers what happened since the last one.

    Args:
        floor: Who is speaking, as of the event being told.
        clock_secs: Wall-clock time.
    """

    def __init__(self, *, floor: Floor, clock_secs: Callable[[], float] = time.time) -> None:
        self._floor = floor
        self._clock_secs = clock_secs
        self._caller_started_secs: float | None = None
        self._speech_ended_secs: float | None = None
        self._transcribed_secs: float | None = None
        self._turn_ended_secs: float | None = None
        self._awaits_answer = False
        self._first_token_secs: float | None = None
        self._first_audio_secs: float | None = None
        self._audible_secs: float | None = None
        self._silent_secs: float | None = None
        self._latency_secs: float | None = None

    @override
    def caller_started(self) -> None:
        """Begin a turn."""
        self._caller_started_secs = self._clock_secs()
        self._turn_ended_secs = None

    @override
    def caller_fell_silent(self, silence_secs: float) -> None:
        """Take the beginning of the silence for the end of the speech."""
        self._speech_ended_secs = self._clock_secs() - silence_secs

    @override
    def caller_words(self, text: str, *, is_final: bool) -> None:
        """Time the transcript."""
        if is_final and text.strip():
            self._transcribed_secs = self._clock_secs()

    @override
    def caller_stopped(self, *, has_words: bool) -> None:
        """Time the decision that the turn is over."""
        self._turn_ended_secs = self._clock_secs()
        self._awaits_answer = has_words

    @override
    def playout_started(self) -> None:
        """Time the answer, at the ear."""
        self._audible_secs = self._clock_secs()
        self._silent_secs = None
        if self._awaits_answer and self._speech_ended_secs is not None:
            self._latency_secs = self._audible_secs - self._speech_ended_secs
        self._awaits_answer = False

    @override
    def playout_stopped(self, *, is_interrupted: bool) -> None:
        """Time the end of the answer."""
        self._silent_secs = self._clock_secs()

    @override
    def interrupted(self) -> None:
        """Forget the figures of an answer nobody heard."""
        if not self._floor.is_bot_speaking:
            self._first_token_secs = self._first_audio_secs = None

    @override
    def measured(self, stage: Stage, data: Sequence[MetricsData]) -> None:
        """Keep what the services say of the answer being made.

        While it plays they already make what comes after its beginning. Of several completions
        (tried again, or with tools between them) the last one counts, as it is the one heard.
        """
        for item in data:
            if not isinstance(item, TTFBMetricsData) or self._floor.is_bot_speaking:
                continue
            if stage is Stage.LANGUAGE_MODEL:
                self._first_token_secs = item.value
            elif stage is Stage.TEXT_TO_SPEECH and self._first_audio_secs is None:
                self._first_audio_secs = item.value

    def caller_report(self) -> pb.MetricsReport:
        """Return the figures of the caller's turn; a typed one has none."""
        report = pb.MetricsReport()
        if self._caller_started_secs is None or self._speech_ended_secs is None:
            return report
        ended_secs = self._turn_ended_secs or self._clock_secs()
        report.started_speaking_at.CopyFrom(timestamp(self._caller_started_secs))
        report.stopped_speaking_at.CopyFrom(timestamp(self._speech_ended_secs))
        report.end_of_turn_delay = max(ended_secs - self._speech_ended_secs, 0.0)
        if self._transcribed_secs is not None:
            delay_secs = self._transcribed_secs - self._speech_ended_secs
            report.transcription_delay = max(delay_secs, 0.0)
        # `_speech_ended_secs` stays: the answer's latency counts from it.
        self._caller_started_secs = self._transcribed_secs = None
        return report

    def bot_report(self) -> pb.MetricsReport:
        """Return the figures of the bot's turn."""
        report = pb.MetricsReport()
        if self._audible_secs is not None:
            report.started_speaking_at.CopyFrom(timestamp(self._audible_secs))
            report.stopped_speaking_at.CopyFrom(timestamp(self._silent_secs or self._clock_secs()))
        if self._first_token_secs is not None:
            report.llm_node_ttft = self._first_token_secs
        if self._first_audio_secs is not None:
            report.tts_node_ttfb = self._first_audio_secs
        if self._latency_secs is not None:
            report.e2e_latency = self._latency_secs
        self._audible_secs = self._silent_secs = self._latency_secs = None
        self._first_token_secs = self._first_audio_secs = None
        return report
