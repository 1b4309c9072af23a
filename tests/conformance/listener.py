"""A participant that reads the room as LiveKit's own clients do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from livekit import rtc

from tests.waiting import until


@dataclass
class Caption:
    """One text stream on `lk.transcription`."""

    sender: str
    attributes: dict[str, str]
    text: str = ""
    is_closed: bool = False
    error: str = ""


@dataclass
class Seen:
    """What a participant has seen so far, in order."""

    captions: list[Caption] = field(default_factory=list[Caption])
    states: list[str] = field(default_factory=list[str])


class Listener:
    """Joins a room with a token.

    Args:
        url: LiveKit's address.
        token: Of this participant.
    """

    def __init__(self, *, url: str, token: str) -> None:
        self._url = url
        self._token = token
        self._readers: set[asyncio.Task[None]] = set()
        self.room = rtc.Room()
        self.seen = Seen()
        self._disconnected: asyncio.Future[int] = asyncio.Future()
        self.room.register_text_stream_handler("lk.transcription", self._take_caption)
        self.room.on("participant_attributes_changed", self._take_attributes)
        self.room.on("disconnected", self._disconnected.set_result)

    async def __aenter__(self) -> Self:
        await self.room.connect(self._url, self._token)
        return self

    async def __aexit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        await self.room.disconnect()
        if self._readers:
            await asyncio.wait(self._readers)

    @property
    def identity(self) -> str:
        return self.room.local_participant.identity

    @property
    def agent(self) -> rtc.RemoteParticipant | None:
        """The agent as LiveKit's hooks choose it."""
        for participant in self.room.remote_participants.values():
            is_agent = participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
            if is_agent and "lk.publish_on_behalf" not in participant.attributes:
                return participant
        return None

    async def disconnected(self, *, limit_secs: float = 10.0) -> int:
        """Wait to be put out; returns why, as `rtc.DisconnectReason`."""
        return await asyncio.wait_for(asyncio.shield(self._disconnected), limit_secs)

    def latest(self) -> dict[str, Caption]:
        """The newest caption of each segment, as hooks show them."""
        return {caption.attributes["lk.segment_id"]: caption for caption in self.seen.captions}

    async def until(self, is_true: Callable[[], bool], *, limit_secs: float = 10.0) -> None:
        """Wait for something to be seen."""

        async def ask() -> bool:
            return is_true()

        await until(ask, limit_secs=limit_secs)

    def _take_caption(self, reader: rtc.TextStreamReader, sender: str) -> None:
        task = asyncio.create_task(self._read_caption(reader, sender))
        self._readers.add(task)
        task.add_done_callback(self._readers.discard)

    async def _read_caption(self, reader: rtc.TextStreamReader, sender: str) -> None:
        caption = Caption(sender, dict(reader.info.attributes or {}))
        self.seen.captions.append(caption)
        try:
            async for chunk in reader:
                caption.text += chunk
        except rtc.StreamError as error:
            caption.error = error.description
        caption.attributes |= reader.info.attributes or {}
        caption.is_closed = True

    def _take_attributes(self, changed: dict[str, str], participant: rtc.Participant) -> None:
        is_agent = self.agent is not None and participant.identity == self.agent.identity
        if is_agent and (state := changed.get("lk.agent.state")):
            self.seen.states.append(state)
