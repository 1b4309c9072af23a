"""A bot without models: the parts that face the room, driven by frames a test chooses."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self, cast

from livekit import rtc
from livekit.api import AccessToken, VideoGrants
from pipecat.frames.frames import Frame
from pipecat.observers.base_observer import FramePushed
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.utils.text.base_text_aggregator import TextType

from bot.call.audience import build_audience
from bot.livekit.server import LiveKitServer
from bot.rooms.watch.worker_mark import JOB_ATTRIBUTE
from processors.agent_protocol.chat import Refusal
from processors.agent_protocol.observer import ConversationObserver
from processors.agent_protocol.session_feed import SessionFeed
from processors.frames import HeardTextFrame
from processors.room.pre_connect_audio import PreConnectAudio

_NOBODY = cast(FrameProcessor, None)
RATE_HZ = 24_000


class StageBot:
    """Joins one room as an agent.

    Args:
        server: The LiveKit server.
        room_name: The room.
        caller_identity: Who the caller is.
        on_tool_answer: Takes the answer to a question about a tool.
    """

    identity = "agent-stage"

    def __init__(
        self,
        *,
        server: LiveKitServer,
        room_name: str,
        caller_identity: str,
        on_tool_answer: Callable[[str, bool], Awaitable[bool]] | None = None,
    ) -> None:
        self._server = server
        self._room_name = room_name
        self.room = rtc.Room()
        self.source = rtc.AudioSource(RATE_HZ, 1)
        self.texts: asyncio.Queue[str] = asyncio.Queue()
        self.refusals: asyncio.Queue[Refusal] = asyncio.Queue()
        self.feed = SessionFeed(room=self.room)
        self.audience = build_audience(
            room=self.room,
            feed=self.feed,
            caller_identity=lambda: caller_identity,
            on_text=self.texts.put,
            on_refused=self.refusals.put,
            agent_name="parley",
            tool_names=["weather"],
            on_tool_answer=on_tool_answer or _no_question,
        )
        self.pre_connect_audio = PreConnectAudio(
            room=self.room, accepts=lambda identity: identity == caller_identity
        )
        self._observer = ConversationObserver(audience=self.audience)

    async def __aenter__(self) -> Self:
        key, secret = self._server.api_key, self._server.api_secret.get_secret_value()
        grants = VideoGrants(
            room_join=True, room=self._room_name, agent=True, can_update_own_metadata=True
        )
        token = (
            AccessToken(key, secret)
            .with_identity(self.identity)
            .with_kind("agent")
            .with_grants(grants)
            .with_attributes(
                {
                    "lk.agent.state": "initializing",
                    JOB_ATTRIBUTE: f"AJ_{secrets.token_hex(6)}",
                }
            )
        )
        await self.room.connect(self._server.url, token.to_jwt())
        track = rtc.LocalAudioTrack.create_audio_track("voice", self.source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self.room.local_participant.publish_track(track, options)
        return self

    async def __aexit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        await self.audience.close(reason="goodbye")
        await self.pre_connect_audio.close()
        await self.room.disconnect()

    async def show(self, *frames: Frame) -> None:
        """Let the room see what these frames mean."""
        for frame in frames:
            await self._observer.on_push_frame(
                FramePushed(_NOBODY, _NOBODY, frame, FrameDirection.DOWNSTREAM, 0)
            )

    async def say(self, words: str) -> None:
        """Let the caller hear `words`."""
        await self.show(HeardTextFrame(words, text_type=TextType.WORD))


def caller_words(cls: Any, text: str) -> Frame:
    """Return a transcript frame of the class given."""
    return cls(text=text, user_id="caller", timestamp="")


async def _no_question(_: str, __: bool) -> bool:
    return False
