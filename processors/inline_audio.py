"""The caller's audio from one processor to the next by a plain call."""

from __future__ import annotations

from typing import Any

from pipecat.frames.frames import CancelFrame, Frame, InputAudioRawFrame, StartFrame
from pipecat.observers.base_observer import FramePushed
from pipecat.processors.frame_processor import FrameCallback, FrameDirection, FrameProcessor
from typing_extensions import override


class InlineAudio(FrameProcessor):
    """Mixed into a processor on the microphone's way, ahead of its Pipecat class.

    Pipecat queues every frame at every processor and wakes a task for it. Here audio is processed
    in the task that pushes it: together with `ObservedPipeline`, a fifth less work for a session's
    event loop in a talk. Audio overtakes other frames that still wait in a queue, never other
    audio. Observers are told of it as of any frame.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_started = False
        self._is_held = False
        self._is_cancelled = False
        self._waiting_ids = set[int]()
        """Of audio in Pipecat's queue, and in the hands of the task that empties it."""

    @override
    async def queue_frame(
        self,
        frame: Frame,
        direction: FrameDirection = FrameDirection.DOWNSTREAM,
        callback: FrameCallback | None = None,
    ) -> None:
        """Process audio before this returns; queue all else, and audio until the StartFrame."""
        if not isinstance(frame, InputAudioRawFrame):
            await super().queue_frame(frame, direction, callback)
        elif self._is_started and not self._is_held and not self._waiting_ids:
            await self._process_audio(frame, direction)
        else:
            self._waiting_ids.add(frame.id)
            await super().queue_frame(frame, direction, callback)

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take audio at once as soon as the processor has started and none waits any more."""
        if isinstance(frame, CancelFrame):
            self._is_cancelled = True
        try:
            await super().process_frame(frame, direction)
        finally:
            self._waiting_ids.discard(frame.id)
        if isinstance(frame, StartFrame):
            self._is_started = True

    @override
    async def pause_processing_system_frames(self) -> None:
        """Hold audio as well."""
        self._is_held = True
        await super().pause_processing_system_frames()

    @override
    async def resume_processing_system_frames(self) -> None:
        """Take audio again, behind what waits."""
        self._is_held = False
        await super().resume_processing_system_frames()

    @override
    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Push audio by a plain call, past the handlers of Pipecat's push events."""
        if isinstance(frame, InputAudioRawFrame) and self.next:
            await self._tell_of_audio(frame, direction, to=self.next)
            await self.next.queue_frame(frame, direction)
        else:
            await super().push_frame(frame, direction)

    async def _tell_of_audio(
        self, frame: Frame, direction: FrameDirection, *, to: FrameProcessor
    ) -> None:
        observer = self.processor_setup.observer
        if observer is not None:
            await observer.on_push_frame(
                FramePushed(
                    source=self,
                    destination=to,
                    frame=frame,
                    direction=direction,
                    timestamp=self.get_clock().get_time(),
                )
            )

    async def _process_audio(self, frame: Frame, direction: FrameDirection) -> None:
        if self._is_cancelled:
            return
        try:
            await self.process_frame(frame, direction)
        except Exception as error:  # noqa: BLE001 - as Pipecat does for every frame
            # One bad frame does not end the microphone.
            await self.push_error(f"Error processing audio: {error}", exception=error)
