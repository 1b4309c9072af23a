"""The caller's microphone into the pipeline, with one queue from the room to the first frame."""

from __future__ import annotations

from livekit import rtc
from pipecat.frames.frames import InputAudioRawFrame, UserAudioRawFrame
from pipecat.transports.livekit.transport import LiveKitInputTransport

from processors.inline_audio import InlineAudio


class RoomInput(InlineAudio, LiveKitInputTransport):
    """LiveKit's input without its second queue, its resampler and its mixer.

    `RoomClient` has the room deliver mono audio at the pipeline's rate, and one caller only.
    """

    async def push_audio_frame(self, frame: InputAudioRawFrame) -> None:
        """Push audio downstream at once: no filter is set, so nothing is left to do with it."""
        if not self._paused:
            await self.push_frame(frame)

    def _create_audio_task(self) -> None:
        """Start no second task: `push_audio_frame` needs none."""

    async def _audio_in_task_handler(self) -> None:
        async for event, identity in self._client.get_next_audio_frame():
            frame: rtc.AudioFrame = event.frame
            audio = UserAudioRawFrame(
                user_id=identity,
                audio=bytes(frame.data),
                sample_rate=frame.sample_rate,
                num_channels=frame.num_channels,
            )
            await self.push_audio_frame(audio)
