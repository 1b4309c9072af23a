"""The caller's microphone into the pipeline, with one queue from the room to the first frame."""

from __future__ import annotations

import asyncio

from pipecat.frames.frames import (
    BotConnectedFrame,
    CancelFrame,
    EndFrame,
    InputAudioRawFrame,
    StartFrame,
    StopFrame,
    UserAudioRawFrame,
)
from pipecat.processors.frame_processor import FrameProcessorSetup
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_transport import BaseTransport, TransportParams
from typing_extensions import override

from ..inline_audio import InlineAudio
from .client import RoomClient


class RoomInput(InlineAudio, BaseInputTransport):
    """Pushes what the client hears, in the task that reads it.

    Pipecat's base would put it into a second queue, and a second task to empty it.
    """

    def __init__(
        self, client: RoomClient, params: TransportParams, *, transport: BaseTransport
    ) -> None:
        super().__init__(params)
        self._client = client
        self._transport = transport
        self._audio_filter = params.audio_in_filter
        self._is_connected = False
        self._is_stopped = False
        self._reader: asyncio.Task[None] | None = None
        self._is_open = asyncio.Event()
        self._is_open.set()

    def hold(self) -> None:
        """Hear nothing more for now; what is said meanwhile waits."""
        self._is_open.clear()

    def release(self) -> None:
        """Hear what has waited, and go on."""
        self._is_open.set()

    @override
    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Connect."""
        await super().setup(setup)
        await self._client.connect(setup.task_manager)
        self._is_connected = True
        await self.push_frame(BotConnectedFrame())

    @override
    async def start(self, frame: StartFrame) -> None:
        """Let audio in; what was said before the start has waited."""
        await super().start(frame)
        self._is_stopped = False
        if self._reader is None:
            self._reader = self.create_task(self._read(), "microphone")

    @override
    async def pause(self, frame: StopFrame) -> None:
        """Drop audio until the next start."""
        await super().pause(frame)
        self._is_stopped = True

    @override
    async def stop(self, frame: EndFrame) -> None:
        """Hear nothing more."""
        await super().stop(frame)
        await self._leave()

    @override
    async def cancel(self, frame: CancelFrame) -> None:
        """Hear nothing more."""
        await super().cancel(frame)
        await self._leave()

    @override
    async def cleanup(self) -> None:
        """Hear nothing more, also if no frame said so."""
        await super().cleanup()
        await self._leave()
        await self._transport.cleanup()

    @override
    async def push_audio_frame(self, frame: InputAudioRawFrame) -> None:
        """Push audio downstream at once, through the filter if there is one."""
        if self._is_stopped:
            return
        if self._audio_filter is not None:
            frame.audio = await self._audio_filter.filter(frame.audio)
            frame.num_frames = len(frame.audio) // (frame.num_channels * 2)
        # A filter may hold audio back.
        if frame.audio:
            await self.push_frame(frame)

    async def _leave(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            await self.cancel_task(reader)
        if self._is_connected:
            self._is_connected = False
            await self._client.disconnect()

    async def _read(self) -> None:
        async for frame, identity in self._client.caller_audio.frames():
            await self._is_open.wait()
            audio = bytes(frame.data)
            self._client.microphone.hear(audio)
            await self.push_audio_frame(
                UserAudioRawFrame(
                    user_id=identity,
                    audio=audio,
                    sample_rate=frame.sample_rate,
                    num_channels=frame.num_channels,
                )
            )
