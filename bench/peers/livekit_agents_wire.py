"""livekit-agents' `AgentSession` on doubled audio; runs in the bench's own environment."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from livekit import rtc
from livekit.agents import Agent, AgentSession, io, utils
from livekit.agents.voice.room_io._output import (
    _ParticipantAudioOutput,  # pyright: ignore[reportPrivateUsage]
)
from livekit.plugins import deepgram, openai  # pyright: ignore[reportMissingImports]
from typing_extensions import override

from bench.wire import VirtualStream
from bench.wire_room import WireRoom

_INPUT_HZ, _INPUT_FRAME_MS = 24_000, 50
"""Its own defaults for a room."""
_OUTPUT_HZ = 24_000


class _WireInput(io.AudioInput):
    """The microphone, as its room input delivers it."""

    def __init__(self) -> None:
        super().__init__(label="wire")
        self._stream = VirtualStream(None, _INPUT_HZ, frame_size_ms=_INPUT_FRAME_MS)

    @override
    async def __anext__(self) -> rtc.AudioFrame:
        return (await anext(self._stream)).frame


@asynccontextmanager
async def open_session(standin_port: int) -> AsyncGenerator[None]:
    """Run a session with every default while the block runs."""
    async with utils.http_context.open(), _running_session(f"127.0.0.1:{standin_port}"):
        yield


@asynccontextmanager
async def _running_session(host: str) -> AsyncGenerator[None]:
    session: AgentSession[Any] = AgentSession(
        stt=deepgram.STT(api_key="bench", base_url=f"ws://{host}/v1/listen"),
        llm=openai.LLM(api_key="bench", base_url=f"http://{host}/v1"),
        tts=openai.TTS(api_key="bench", base_url=f"http://{host}/v1", response_format="pcm"),
    )
    output = _ParticipantAudioOutput(
        WireRoom(),  # pyright: ignore[reportArgumentType]
        sample_rate=_OUTPUT_HZ,
        num_channels=1,
        track_publish_options=rtc.TrackPublishOptions(),
    )
    await output.start()
    session.input.audio = _WireInput()
    session.output.audio = output
    await session.start(agent=Agent(instructions="You are a helpful assistant."))
    await session.generate_reply(instructions="Greet the user and offer your assistance.")
    yield
    await session.aclose()
    await output.aclose()
