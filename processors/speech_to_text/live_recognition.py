"""A layer around any of Pipecat's recognisers that hear audio as it comes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from pipecat.frames.frames import Frame, VADUserStoppedSpeakingFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.utils.errors import ErrorCategory
from typing_extensions import override

from .recognition import Recognition


class LiveRecognition(Recognition):
    """Gives a service's new connection what the old one left unsettled, and tells if it is dead.

    The service must call its public events `on_disconnected` and `on_connected`; one that does not
    loses the audio a lost connection held. Reconnecting is the service's own, so a connection that
    is open but dead can only be told of: `with_fallback` then takes its audio elsewhere.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_held = False
        self.add_event_handler("on_disconnected", self._hold)
        self.add_event_handler("on_connected", self._go_on)

    @override
    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Send audio, or keep it while there is no connection.

        Args:
            audio: 16-bit mono PCM.
        """
        self.unsettled.take(audio, is_connected=not self._is_held)
        if self._is_held:
            return
        async for frame in self.ask_service(audio):
            yield frame
        if self.unsettled.is_overdue(audio):
            self.unsettled.watch.reset()
            await self.push_error(
                "the speech-to-text service says nothing to speech",
                category=ErrorCategory.CONNECTIVITY,
            )

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Expect the final words soon after the voice stops."""
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStoppedSpeakingFrame):
            self.unsettled.watch.on_finalize_sent()

    def _hold(self, _service: object) -> None:
        self._is_held = True

    async def _go_on(self, _service: object) -> None:
        if not self._is_held:
            return
        position = self.unsettled.start_stream()
        while audio := self.unsettled.kept.audio_after(position):
            position = self.unsettled.kept.end_bytes
            await self.process_generator(self.ask_service(audio))
        # No await may stand between the end of the loop and this line: live audio would slip by.
        self._is_held = False
        if self.unsettled.go_live():
            self.unsettled.watch.on_finalize_sent()
