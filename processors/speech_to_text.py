"""Deepgram speech-to-text that survives a lost connection without losing words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from loguru import logger
from pipecat.frames.frames import (
    Frame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessorSetup
from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.utils.errors import ErrorCategory
from pipecat.utils.time import time_now_iso8601
from websockets.exceptions import InvalidStatus, WebSocketException

from processors.deepgram_socket import DeepgramSocket, open_deepgram_socket, transcript_of
from processors.finalize_requests import FinalizeRequests
from processors.frames import TranscriptSettledFrame
from processors.inline_audio import InlineAudio
from processors.replay_buffer import ReplayBuffer
from processors.results_watch import ResultsWatch

REPLAY_SECS = 10.0
"""Audio kept for a new connection: longer than any utterance a caller would say twice."""

QUIET_REPLAY_SECS = 1.0
"""While nobody speaks, only what a voice detector may still be deciding about is kept."""

SILENT_SECS = 4.0
"""Deepgram sends interim results about every second of speech."""

ANSWER_SECS = 2.0
"""Deepgram answers Finalize in 30-350 ms; the p99 of public measurements is below 1 s."""

STABLE_SECS = 5.0
"""A connection that lived this long was a working one; the next failure starts counting anew."""

FIRST_BACKOFF_SECS = 0.2
MAX_BACKOFF_SECS = 2.0


class DeepgramSpeechToText(InlineAudio, DeepgramSTTService):
    """Pipecat's Deepgram service with a connection of our own.

    Adds: unsettled audio is sent again after a reconnect, short backoff, detection of connections
    that are open but dead, `TranscriptSettledFrame` when a Finalize brings no further words. One
    failure is a transient error; `give_up_secs` of them in a row make the service unusable.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str = "",
        settings: DeepgramSTTService.Settings | None = None,
        give_up_secs: float = 8.0,
        ttfs_p99_secs: float = 0.35,
    ) -> None:
        super().__init__(
            api_key=api_key, base_url=base_url, settings=settings, ttfs_p99_latency=ttfs_p99_secs
        )
        self._api_key = api_key
        self._base_url = base_url
        self._give_up_secs = give_up_secs
        self._connection: DeepgramSocket | None = None
        self._watch = ResultsWatch(silent_secs=SILENT_SECS, answer_secs=ANSWER_SECS)
        self._bytes_per_sec = 0
        self._has_result = False
        self._replay = ReplayBuffer(max_bytes=0)
        self._requests = FinalizeRequests(bytes_per_sec=0)

    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Size the buffers by the sample rate and connect."""
        self._bytes_per_sec = 2 * (self._init_sample_rate or setup.audio_in_sample_rate)
        self._replay = ReplayBuffer(max_bytes=int(REPLAY_SECS * self._bytes_per_sec))
        self._requests = FinalizeRequests(bytes_per_sec=self._bytes_per_sec)
        await super().setup(setup)

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
            self._connection = None
            await connection.abort()

    async def _connection_handler(self) -> None:
        """Connect, listen, and connect again, until cancelled or beyond hope."""
        backoff_secs = FIRST_BACKOFF_SECS
        clock = asyncio.get_running_loop()
        failing_since: float | None = None
        try:
            while True:
                started = clock.time()
                problem, error = await self._serve_connection()
                if isinstance(error, InvalidStatus) and _is_refusal(error):
                    await self._report(problem, error, is_permanent=True)
                    return
                now = clock.time()
                was_useful = self._has_result or now - started >= STABLE_SECS
                if failing_since is None or was_useful:
                    failing_since, backoff_secs = now, FIRST_BACKOFF_SECS
                is_hopeless = now - failing_since >= self._give_up_secs
                await self._report(problem, error, is_permanent=is_hopeless)
                if is_hopeless:
                    return
                await asyncio.sleep(backoff_secs)
                backoff_secs = min(2 * backoff_secs, MAX_BACKOFF_SECS)
        finally:
            # Whoever waits for the service to connect must not wait for ever.
            self._connection_settled.set()

    async def _serve_connection(self) -> tuple[str, Exception | None]:
        """Run one connection to its end; returns what ended it."""
        keep_alive: asyncio.Task[None] | None = None
        try:
            async with open_deepgram_socket(
                base_url=self._base_url,
                api_key=self._api_key,
                query=self._build_connect_kwargs(),
            ) as socket:
                await self._begin_stream(socket)
                self._connection_settled.set()
                keep_alive = self.create_task(self._keepalive_handler(), "keep_alive")
                async for message in socket.messages():
                    await self._handle_message(message)
            return "the speech-to-text service closed the connection", None
        except InvalidStatus as error:
            status = error.response.status_code
            return f"the speech-to-text service refused the connection (HTTP {status})", error
        except (OSError, TimeoutError, WebSocketException, ValueError) as error:
            return f"the connection to the speech-to-text service failed ({_name(error)})", error
        finally:
            self._connection = None
            if keep_alive:
                await self.cancel_task(keep_alive)

    async def _begin_stream(self, socket: DeepgramSocket) -> None:
        """Give a new connection what the old one did not settle, then live audio."""
        self._watch.reset()
        self._has_result = False
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

    async def _handle_message(self, message: dict[str, Any]) -> None:
        if message.get("type") != "Results":
            return
        self._has_result = True
        self._watch.on_result()
        text = transcript_of(message)
        if message.get("is_final"):
            await self._handle_final(text, message)
        elif text:
            frame = InterimTranscriptionFrame(text, self._user_id, time_now_iso8601())
            end_bytes = self._stream_bytes(message)
            if end_bytes is not None:
                self._note_lag(frame, self._replay.position_of(end_bytes))
            await self.push_frame(frame)

    async def _handle_final(self, text: str, message: dict[str, Any]) -> None:
        stream_bytes = self._stream_bytes(message)
        # What it covers may be forgotten.
        end = 0 if stream_bytes is None else self._replay.settle_stream(stream_bytes)
        is_answer = bool(message.get("from_finalize")) and self._finalize_requested
        is_answer = is_answer and self._requests.is_latest(end)
        if is_answer:
            self.confirm_finalize()
            self._replay.settle(self._requests.position)
        if text:
            await self.emit_stt_usage_metrics()
            frame = TranscriptionFrame(text, self._user_id, time_now_iso8601())
            self._note_lag(frame, end)
            await self.push_frame(frame)
        elif is_answer:
            # Its words came with an earlier final, or there were none: nothing more follows.
            self._finalize_pending = False
            await self.stop_ttfb_metrics()
            await self._cancel_ttfb_timeout()
            await self.push_frame(TranscriptSettledFrame())

    def _stream_bytes(self, message: dict[str, Any]) -> int | None:
        """Return how much of the connection's audio a result covers, if it says so."""
        start, duration = message.get("start"), message.get("duration")
        if not (isinstance(start, int | float) and isinstance(duration, int | float)):
            return None
        return int((start + duration) * self._bytes_per_sec)

    def _note_lag(self, frame: Frame, end_bytes: int) -> None:
        """Note how long ago the audio ended that a frame's words cover: `TurnEnd` asks."""
        frame.metadata["lag_secs"] = (self._replay.end_bytes - end_bytes) / self._bytes_per_sec

    async def _report(
        self, problem: str, error: Exception | None, *, is_permanent: bool = False
    ) -> None:
        is_refusal = isinstance(error, InvalidStatus)
        await self.push_error(
            error_msg=problem,
            exception=error,
            category=None if is_refusal else ErrorCategory.CONNECTIVITY,
            force_treat_as_permanent=is_permanent,
        )


def _is_refusal(error: InvalidStatus) -> bool:
    """True if asking again cannot help: a bad key or a bad request, not an overload."""
    status = error.response.status_code
    return 400 <= status < 500 and status not in (408, 429)


def _name(error: Exception) -> str:
    return type(error).__name__
