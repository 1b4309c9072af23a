"""A place between two processors where somebody else decides what goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pipecat.frames.frames import Frame, InputAudioRawFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from typing_extensions import override

OnFrame = Callable[[Frame, FrameDirection], Awaitable[None]]


class Seam(FrameProcessor):
    """Gives each frame to its owner, who pushes it on, here or elsewhere, or not at all.

    Args:
        on_frame: Of the owner.
    """

    def __init__(self, on_frame: OnFrame) -> None:
        super().__init__(enable_direct_mode=True)
        self._on_frame = on_frame

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Ask the owner."""
        await super().process_frame(frame, direction)
        await self._on_frame(frame, direction)

    @override
    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Push audio without a word to observers, as `InlineAudio` does."""
        if isinstance(frame, InputAudioRawFrame) and self.next:
            await self.next.queue_frame(frame, direction)
        else:
            await super().push_frame(frame, direction)
