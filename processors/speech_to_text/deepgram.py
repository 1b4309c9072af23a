"""Deepgram speech-to-text that survives a lost connection without losing words."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from loguru import logger
from pipecat.frames.frames import (
    Frame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessorSetup
from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.utils.time import time_now_iso8601
from typing_extensions import override

from processors.frames import TranscriptSettledFrame
from processors.inline_audio import InlineAudio
from processors.speech_to_text.connection_failures import ConnectionFailures
from processors.speech_to_text.deepgram_connection import DeepgramConnection
from processors.speech_to_text.deepgram_results import Complaint, Result, read_message
from processors.speech_to_text.deepgram_socket import DeepgramSocket
from processors.speech_to_text.finalize_requests import FinalizeRequests
from processors.speech_to_text.replay_buffer import ReplayBuffer
from processors.speech_to_text.results_watch import ResultsWatch
from processors.turns.stretch import Stretch
from processors.turns.word_units import Numerals
from processors.turns.words_once import WordsOnce

REPLAY_SECS = 10.0
"""Audio kept for a new connection: longer than any utterance a caller would say twice."""

QUIET_REPLAY_SECS = 1.0
"""While nobody speaks, only what a voice detector may still be deciding about is kept."""

SILENT_SECS = 4.0
"""Deepgram sends interim results about every second of speech."""

ANSWER_SECS = 2.0
"""Deepgram answers Finalize in 30-350 ms; the p99 of public measurements is below 1 s."""

SILENT_CONNECTIONS = 2
"""In a row may say nothing to what is taken for speech, if the service has ever said anything: not
every sound holds words."""

AHEAD_SECS = 0.5
"""Of audio that was not sent yet. A result that claims to cover more, or only audio that is older
than any that is sent again, does not count as we do."""

FIRST_BACKOFF_SECS = 0.2
MAX_BACKOFF_SECS = 2.0


class DeepgramSpeechToText(InlineAudio, DeepgramConnection):
    """Pipecat's Deepgram service with a connection of our own.

    Adds: unsettled audio is sent again after a reconnect, short backoff, detection of connections
    that are open but dead, `TranscriptSettledFrame` when a Finalize brings no further words, each
    word once. One failure is a transient error; `give_up_secs` of them in a row make the service
    unusable.

    Args:
        api_key: Sent with every connection.
        base_url: Of another server that speaks Deepgram's protocol; empty for Deepgram's own.
        language: A BCP-47 tag, or "multi"; empty for English.
        numerals: That language's number words, which a recogniser may also write as digits.
        settings: As for Pipecat's service.
        give_up_secs: Without a useful connection before the service is unusable.
        ttfs_p99_secs: From the end of speech to its final transcript, 99th percentile.
    """

    def __init__(  # noqa: PLR0913 - what Pipecat's takes, and what differs
        self,
        *,
        api_key: str,
        base_url: str = "",
        language: str = "",
        numerals: Numerals | None = None,
        settings: DeepgramSTTService.Settings | None = None,
        give_up_secs: float = 8.0,
        ttfs_p99_secs: float = 0.35,
    ) -> None:
        settings = settings.copy() if settings else self.Settings()
        if language:
            settings.language = language
        super().__init__(
            api_key=api_key,
            base_url=base_url,
            settings=settings,
            failures=ConnectionFailures(
                give_up_secs=give_up_secs,
                first_backoff_secs=FIRST_BACKOFF_SECS,
                max_backoff_secs=MAX_BACKOFF_SECS,
            ),
            ttfs_p99_secs=ttfs_p99_secs,
        )
        self.words = WordsOnce(numerals=numerals)
        self._watch = ResultsWatch(silent_secs=SILENT_SECS, answer_secs=ANSWER_SECS)
        self._silent_connections = SILENT_CONNECTIONS
        self._bytes_per_sec = 0
        self._replay = ReplayBuffer(max_bytes=0)
        self._requests = FinalizeRequests(bytes_per_sec=0)

    @override
    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Size the buffers by the sample rate and connect."""
        self._bytes_per_sec = 2 * (self._init_sample_rate or setup.audio_in_sample_rate)
        self._replay = ReplayBuffer(max_bytes=int(REPLAY_SECS * self._bytes_per_sec))
        self._requests = FinalizeRequests(bytes_per_sec=self._bytes_per_sec)
        await super().setup(setup)

    @override
    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Send audio, or keep it while there is no connection; results come by themselves.

        Args:
            audio: 16-bit mono PCM.
        """
        self._replay.append(audio)
        is_waiting = self._finalize_requested or self._user_speaking
        if not is_waiting and self._connection:
            self._replay.keep_last(int(QUIET_REPLAY_SECS * self._bytes_per_sec))
        if self._connection:
            await self._connection.send_media(audio)
            await self._check_connection(self._connection, len(audio) / self._bytes_per_sec)
        yield None

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Ask for the final transcript when the voice stops, now or after a reconnect."""
        if isinstance(frame, VADUserStoppedSpeakingFrame):
            self._requests.on_request(self._replay.end_bytes)
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStoppedSpeakingFrame):
            if self._connection:
                self._watch.on_finalize_sent()
            else:
                self.request_finalize()

    async def _check_connection(self, connection: DeepgramSocket, audio_secs: float) -> None:
        is_overdue = self._watch.feed(audio_secs, is_speech=self._user_speaking)
        if is_overdue or connection.is_stuck:
            logger.warning("speech-to-text: no answer on an open connection, reconnecting")
            # What was heard may have had no words: no reason yet to call the service unusable.
            self._was_useful = self._silent_connections < SILENT_CONNECTIONS
            self._silent_connections += 1
            self._connection = None
            await connection.abort()

    @override
    async def _begin_stream(self, socket: DeepgramSocket) -> None:
        """Give a new connection what the old one did not settle, then live audio."""
        self._watch.reset()
        position = self._replay.start_stream()
        while audio := self._replay.audio_after(position):
            position = self._replay.end_bytes
            await socket.send_media(audio)
        # No await may stand between the end of the loop and this line: live audio would slip by.
        self._connection = socket
        self._requests.on_reconnect(is_resent=self._finalize_requested)
        if self._finalize_requested:
            await socket.send_finalize()
            self._watch.on_finalize_sent()

    @override
    async def _handle_message(self, raw: str | bytes) -> None:
        message = read_message(raw)
        if isinstance(message, Complaint):
            await self._tell(f"the speech-to-text service reported an error ({message.code})")
        elif message is not None:
            self._was_useful = True
            self._silent_connections = 0
            self._watch.on_result()
            if message.is_final:
                await self._handle_final(message)
            elif message.text:
                frame = InterimTranscriptionFrame(message.text, self._user_id, time_now_iso8601())
                self._note_stretch(frame, message)
                if self.words.admit(frame):
                    await self.push_frame(frame)

    async def _handle_final(self, result: Result) -> None:
        end_bytes = self._settle(result)
        is_answer = result.is_from_finalize and self._finalize_requested
        is_answer = is_answer and self._requests.is_latest(end_bytes)
        if is_answer:
            self.confirm_finalize()
            self._replay.settle(self._requests.position)
        frame = TranscriptionFrame(result.text, self._user_id, time_now_iso8601())
        self._note_stretch(frame, result)
        if self.words.admit(frame):
            await self.emit_stt_usage_metrics()
            await self.push_frame(frame)
        elif is_answer:
            # Its words came before, or there were none: nothing more follows.
            self._finalize_pending = False
            await self.stop_ttfb_metrics()
            await self._cancel_ttfb_timeout()
            await self.push_frame(TranscriptSettledFrame())

    def _settle(self, result: Result) -> int:
        """Forget the audio a final result covers; returns where it ends, 0 if it does not say."""
        if result.span_secs:
            return self._replay.settle_stream(self._bytes(result.span_secs[1]))
        if result.text and not self._user_speaking:
            self._replay.settle(self._requests.position)
        return 0

    def _note_stretch(self, frame: Frame, result: Result) -> None:
        """Note which part of the session's audio a result covers, if it can be true."""
        if result.span_secs is None:
            return
        start, end = (self._replay.position_of(self._bytes(secs)) for secs in result.span_secs)
        lag_secs = (self._replay.end_bytes - end) / self._bytes_per_sec
        if start < end and -AHEAD_SECS <= lag_secs <= REPLAY_SECS + ANSWER_SECS:
            stretch = Stretch(start / self._bytes_per_sec, end / self._bytes_per_sec, lag_secs)
            stretch.note_on(frame)

    def _bytes(self, secs: float) -> int:
        return int(secs * self._bytes_per_sec)
