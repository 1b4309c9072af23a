"""Keeps the texts that a Pipecat service is speaking apart from the replies they belong to.

Pipecat's service speaks into audio contexts by id. It is given an id of its own for each text, and
what it hands to that id comes here; Pipecat itself knows the reply's alone, which our layer fills.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.tts_service import TTSService
from pipecat.utils.context.word_timestamp_tracker import WordTimestamp
from pipecat.utils.errors import ErrorCategory
from typing_extensions import override

from ..frames import SpokenWordsFrame
from .reply_texts import announced, said
from .service_speech import ServiceSpeech

_SILENT = "completed with no audio"
"""Pipecat's own word on a reply of which nothing came."""


@dataclass
class SpeechFailedFrame(ErrorFrame):
    """A text was not spoken, or the voice is given up; no error of one attempt.

    It leaves the voice as a plain error: observers know frames by their type.
    """

    def as_plain(self) -> ErrorFrame:
        """Return what others are told."""
        return ErrorFrame(self.error, exception=self.exception, category=self.category)


class ServiceContexts(TTSService):
    """Stands between a service and Pipecat's audio contexts; the lower half of `Speaking`."""

    makes_contexts = False
    """Whether the service makes its audio contexts, as Pipecat's do that push no start frame."""

    def __init__(self, **service: Any) -> None:
        self._speeches: dict[str, ServiceSpeech] = {}
        self._made: set[str] = set()
        self._reply_id: str | None = None
        self._has_failed = False
        self._last_piece = ""
        super().__init__(**service)

    @property
    def is_speaking(self) -> bool:
        """Whether the service is making speech."""
        return bool(self._speeches)

    def is_text(self, context_id: str) -> bool:
        """Return True for the id of a text being made, False for that of a reply."""
        return context_id in self._speeches

    def text_of(self, context_id: str | None) -> str | None:
        """Return the text being made of this id; the last one, for a vendor that sends none."""
        context_id = context_id or next(reversed(self._speeches), None)
        return context_id if context_id in self._speeches else None

    def is_of_service(self, error: ErrorFrame) -> bool:
        """Return True for an error of the vendor's service, False for one of this layer's."""
        is_own = isinstance(error, SpeechFailedFrame) or _SILENT in error.error
        return not is_own and error.category is not ErrorCategory.APPLICATION

    @contextmanager
    def service_context(self, service_id: str, speech: ServiceSpeech) -> Generator[str]:
        """Have what the service makes for this id go to `speech`."""
        self._speeches[service_id] = speech
        if not self.makes_contexts:
            self._made.add(service_id)
        try:
            yield service_id
        finally:
            del self._speeches[service_id]
            self._made.discard(service_id)

    @contextmanager
    def speaking_in(self, reply_id: str) -> Generator[None]:
        """Speak one text into the audio context of a reply, which nobody else ends meanwhile."""
        self._reply_id = reply_id
        self._last_piece = ""
        try:
            yield
        finally:
            self._reply_id = None

    async def begin_piece(self, reply_id: str, text: str, *, line: TTSSpeakFrame | None) -> None:
        """Speak a text, or a piece of a long line of our own.

        Pipecat announces and reports the line once: each later piece is announced here, each one
        that was spoken is reported by the next, and the last one by Pipecat.
        """
        if line and self._last_piece:
            if not self._has_failed:
                spoken = said(self._last_piece, reply_id)
                spoken.append_to_context = line.append_to_context
                await super().append_to_audio_context(reply_id, spoken)
            await self.announce(reply_id, text)
        self._last_piece = text if line else ""
        self._has_failed = False

    async def append_speech(self, reply_id: str, frame: Frame) -> None:
        """Put a frame of a text's speech into its reply; an error says that it was not spoken."""
        if isinstance(frame, TTSAudioRawFrame | SpokenWordsFrame):
            frame.context_id = reply_id
        elif isinstance(frame, SpeechFailedFrame):
            self._has_failed = True
        await super().append_to_audio_context(reply_id, frame)

    async def append_line(
        self, reply_id: str, text: str, frames: Sequence[Frame], *, then: str
    ) -> None:
        """Say a line of our own within a reply; `then` is announced anew, as it follows."""
        await self.announce(reply_id, text)
        for frame in frames:
            await self.append_speech(reply_id, frame)
        await super().append_to_audio_context(reply_id, said(text, reply_id))
        if then:
            await self.announce(reply_id, then)

    async def announce(self, reply_id: str, text: str) -> None:
        """Say within a reply what the audio that follows is of."""
        await super().append_to_audio_context(reply_id, announced(text, reply_id))

    async def count_usage(self, text: str) -> None:
        """Count a text that is spoken."""
        await super().start_tts_usage_metrics(text)

    @override
    async def start_tts_usage_metrics(self, text: str) -> None:
        """A service counts each attempt; `count_usage` counts a text once."""

    @override
    async def append_to_audio_context(
        self, context_id: str | None, frame: Frame | WordTimestamp | None
    ) -> None:
        """Take what the service made; Pipecat's own, but for text that was not spoken, passes."""
        speech = self._speeches.get(context_id or "")
        if speech is not None:
            speech.take(frame)
            return
        if isinstance(frame, TTSTextFrame):
            if self._has_failed:
                return
            frame.text = self._last_piece or frame.text
        await super().append_to_audio_context(context_id, frame)

    @override
    async def create_audio_context(self, context_id: str) -> None:
        """Note that the service has made the context of a text; make that of a reply."""
        if context_id in self._speeches:
            self._made.add(context_id)
        else:
            await super().create_audio_context(context_id)

    @override
    async def remove_audio_context(self, context_id: str | None) -> None:
        """End a text; a reply that is being spoken is not over for a lost connection."""
        speech = self._speeches.get(context_id or "")
        if speech is not None:
            speech.take(None)
        elif context_id is None or context_id != self._reply_id:
            await super().remove_audio_context(context_id)

    @override
    def audio_context_available(self, context_id: str) -> bool:
        """Return True for texts being spoken and for replies."""
        return context_id in self._made or super().audio_context_available(context_id)

    @override
    def get_active_audio_context_id(self) -> str | None:
        """Return the text's id, for a vendor that does not send it back."""
        return next(reversed(self._speeches), None) or super().get_active_audio_context_id()

    @override
    def create_context_id(self) -> str:
        """Return the reply's id; it stays the same when a connection is replaced meanwhile."""
        return self._reply_id or super().create_context_id()

    @override
    async def on_turn_context_created(self, context_id: str) -> None:
        """The vendor knows no replies."""

    @override
    async def on_turn_context_completed(self) -> None:
        """End a reply, past the service: the vendor knows no replies."""
        await TTSService.on_turn_context_completed(self)

    @override
    async def on_audio_context_interrupted(self, context_id: str) -> None:
        """Tell the vendor of a text that is not wanted any more."""
        if context_id in self._speeches:
            await super().on_audio_context_interrupted(context_id)

    @override
    async def on_audio_context_completed(self, context_id: str) -> None:
        """Tell the vendor of a text that it has spoken."""
        if context_id in self._speeches:
            await super().on_audio_context_completed(context_id)

    @override
    async def flush_audio(self, context_id: str | None = None) -> None:
        """Have the vendor speak a text now. Pipecat asks so at the end of a reply: that ends it."""
        if context_id is None or context_id in self._speeches:
            await super().flush_audio(context_id)
            return
        await super().append_to_audio_context(context_id, TTSStoppedFrame(context_id=context_id))
        await super().remove_audio_context(context_id)

    @override
    async def push_error_frame(
        self, error: ErrorFrame, force_treat_as_permanent: bool = False
    ) -> None:
        """An error of a service that is making speech is that of its attempt."""
        if not (self._speeches and self.is_of_service(error)):
            told = error.as_plain() if isinstance(error, SpeechFailedFrame) else error
            await super().push_error_frame(told, force_treat_as_permanent)
            return
        for speech in self._speeches.values():
            speech.fail(error)

    @override
    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Keep a service's word on where a text of it begins and ends."""
        if not (isinstance(frame, TTSStartedFrame | TTSStoppedFrame) and self._is_of_text(frame)):
            await super().push_frame(frame, direction)

    def _is_of_text(self, frame: TTSStartedFrame | TTSStoppedFrame) -> bool:
        """Return True for a frame that tells of a text, not of a reply."""
        context_id = frame.context_id
        return context_id is not None and not super().audio_context_available(context_id)
