"""A recogniser on a connection of our own: what no service's own connection can be made to do."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator

from loguru import logger
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    STTUpdateSettingsFrame,
    TranscriptionFrame,
    UserAudioRawFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.settings import STTSettings
from pipecat.utils.errors import ErrorCategory
from pipecat.utils.time import time_now_iso8601
from typing_extensions import override

from ..frames import EndOfTurnHeardFrame
from ..turns.word_units import Numerals
from .live_connection import LiveConnection
from .live_socket import LiveSocket
from .results import Complaint, Result

SILENT_CONNECTIONS = 2
"""In a row may say nothing to what is taken for speech, if the service has ever said anything: not
every sound holds words."""


DEAF_SECS = 20.0
"""Of speech without a word, on several connections: what a caller says in a minute."""


class LiveService(LiveConnection):
    """Sends the caller's audio and takes the results; a vendor's class reads the messages.

    Unsettled audio is sent again after a reconnect, connections that are open but dead are left,
    `TranscriptSettledFrame` tells when nothing more follows, each word comes once.
    """

    def __init__(
        self,
        *,
        settings: STTSettings,
        patience_secs: float | None,
        ttfs_p99_secs: float,
        numerals: Numerals | None = None,
    ) -> None:
        super().__init__(
            settings=settings,
            patience_secs=patience_secs,
            ttfs_p99_secs=ttfs_p99_secs,
            numerals=numerals,
        )
        self._silent_connections = SILENT_CONNECTIONS
        self._deaf_secs = min(patience_secs or DEAF_SECS, DEAF_SECS)
        self._unheard_secs = 0.0
        """Of speech since the last result, on connections that were left."""
        self._caller_id = ""

    @abstractmethod
    def read_message(self, raw: str | bytes) -> Result | Complaint | None:
        """Read a message; None for one that says nothing about words."""

    @override
    def can_generate_metrics(self) -> bool:
        """Time to the final words, and usage."""
        return True

    @override
    async def process_audio_frame(
        self, frame: InputAudioRawFrame, direction: FrameDirection
    ) -> None:
        """Remember whose audio it is."""
        self._caller_id = frame.user_id if isinstance(frame, UserAudioRawFrame) else ""
        await super().process_audio_frame(frame, direction)

    @override
    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Send audio, or keep it while there is no connection; results come by themselves.

        Args:
            audio: 16-bit mono PCM.
        """
        socket = self._socket
        self.unsettled.take(audio, is_connected=socket is not None)
        if socket:
            await socket.send_media(audio)
            if self.unsettled.is_overdue(audio) or socket.is_stuck:
                logger.warning("speech-to-text: no answer on an open connection, reconnecting")
                await self._note_silence()
                await self._leave(socket)
        yield None

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Ask for the final transcript when the voice stops, now or after a reconnect."""
        settings = self.settings.copy() if isinstance(frame, STTUpdateSettingsFrame) else None
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStoppedSpeakingFrame) and self._socket:
            await self._socket.send_finalize()
            self.unsettled.watch.on_finalize_sent()
        elif settings and settings != self.settings and self._socket:
            # They are told in the handshake.
            await self._leave(self._socket)

    @override
    async def _begin_stream(self, socket: LiveSocket) -> None:
        """Give a new connection what the old one did not settle, then live audio."""
        position = self.unsettled.start_stream()
        while audio := self.unsettled.kept.audio_after(position):
            position = self.unsettled.kept.end_bytes
            await socket.send_media(audio)
        # No await may stand between the end of the loop and this line: live audio would slip by.
        self._socket = socket
        if self.unsettled.go_live():
            await socket.send_finalize()
            self.unsettled.watch.on_finalize_sent()

    @override
    async def _handle_message(self, raw: str | bytes) -> None:
        message = self.read_message(raw)
        if isinstance(message, Complaint):
            # If it is serious, the end of the connection follows.
            problem = f"the speech-to-text service reported an error ({message.code})"
            await self.push_error(problem, category=ErrorCategory.UNKNOWN)
            self._is_key_refused = self._is_key_refused or message.is_refusal
            if self._is_key_refused and self._socket:
                await self._leave(self._socket)
        elif message is not None:
            self._was_useful = True
            self._silent_connections = 0
            self._unheard_secs = 0.0
            await self._trouble.end()
            self.unsettled.watch.on_result()
            await self._handle_result(message)

    async def _handle_result(self, result: Result) -> None:
        """Push the words, and behind them whether the turn is over; a withdrawal goes ahead."""
        if result.end_confidence == 0.0:
            await self._push_end_heard(result)
        await self._push_words(result)
        if result.end_confidence:
            await self._push_end_heard(result)

    async def _push_end_heard(self, result: Result) -> None:
        frame = EndOfTurnHeardFrame(result.end_confidence or 0.0)
        if stretch := self.unsettled.stretch_of(result):
            stretch.note_on(frame)
        await self.push_frame(frame)

    async def _push_words(self, result: Result) -> None:
        is_last = result.is_final and self.unsettled.settle(result)
        kind = TranscriptionFrame if result.is_final else InterimTranscriptionFrame
        frame = kind(result.text, self._caller_id, time_now_iso8601())
        if stretch := self.unsettled.stretch_of(result):
            stretch.note_on(frame)
        if isinstance(frame, InterimTranscriptionFrame):
            await self.push_interim(frame)
            return
        if result.text:
            await self.emit_stt_usage_metrics()
        await self.push_final(frame, is_last=is_last)

    async def _note_silence(self) -> None:
        """What was heard may have had no words: one silent connection makes nothing unusable."""
        self._was_useful = self._silent_connections < SILENT_CONNECTIONS
        self._silent_connections += 1
        self._unheard_secs += self.unsettled.watch.speech_secs
        if not self._was_useful:
            await self._trouble.begin()
        # However long its connections live, as those of a service that is deaf do.
        self._is_deaf = not self._was_useful and self._unheard_secs >= self._deaf_secs

    @property
    @override
    def _hears_again(self) -> bool:
        return not self._unheard_secs

    async def _leave(self, socket: LiveSocket) -> None:
        """Drop the connection; a new one is given what it has not settled."""
        self._socket = None
        await socket.abort()
