"""The wire of LiveKit's session protocol: one byte stream per protobuf message."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import uuid4

from google.protobuf.message import DecodeError
from livekit import rtc
from livekit.protocol.agent_pb import agent_session as pb
from loguru import logger

from ..allowance import Act, CallerAllowance
from ..room.inbox import Inbox, Message
from .sender_mark import sender_mark
from .session_items import timestamp

TOPIC = "lk.agent.session"

_MAX_REQUEST_BYTES = 64 * 1024
_READ_TIMEOUT_SECS = 5.0
_SEND_TIMEOUT_SECS = 5.0
_CLOSE_TIMEOUT_SECS = 1.0
# Some minutes of events. They are for debugging, so a network that does not keep up loses some.
_MAX_UNSENT = 256
_MAX_UNSENT_BYTES = 2 * 1024 * 1024


class SessionChannel:
    """Sends messages in order from a task of its own.

    Args:
        room: The bot's room, not yet connected.
        clock_secs: Wall-clock time.
    """

    def __init__(self, *, room: rtc.Room, clock_secs: Callable[[], float] = time.time) -> None:
        self._room = room
        self._clock_secs = clock_secs
        self._unsent: asyncio.Queue[tuple[bytes, str | None]] = asyncio.Queue(_MAX_UNSENT)
        self._unsent_bytes = 0
        self._sender: asyncio.Task[None] | None = None
        self._is_closed = False
        self._has_warned = False

    def tell(self, event: pb.AgentSessionEvent) -> None:
        """Send an event to all, soon."""
        event.created_at.CopyFrom(timestamp(self._clock_secs()))
        self._send(pb.AgentSessionMessage(event=event), to=None)

    def respond(self, response: pb.SessionResponse, to: str) -> None:
        """Send a response to one participant, soon."""
        self._send(pb.AgentSessionMessage(response=response), to=to)

    def _send(self, message: pb.AgentSessionMessage, *, to: str | None) -> None:
        if self._is_closed or not self._room.isconnected():
            return
        data = message.SerializeToString()
        if self._unsent.full() or self._unsent_bytes + len(data) > _MAX_UNSENT_BYTES:
            self._warn("too many unsent messages")
            return
        self._unsent_bytes += len(data)
        self._unsent.put_nowait((data, to))
        if self._sender is None:
            self._sender = asyncio.create_task(self._send_all(), name="session channel")

    async def close(self) -> None:
        """Send what is left, for a moment at most."""
        self._is_closed = True
        if self._sender is None:
            return
        drained = asyncio.ensure_future(self._unsent.join())
        await asyncio.wait([drained], timeout=_CLOSE_TIMEOUT_SECS)
        for task in (drained, self._sender):
            task.cancel()
        await asyncio.wait([drained, self._sender])

    async def _send_all(self) -> None:
        while True:
            data, to = await self._unsent.get()
            try:
                async with asyncio.timeout(_SEND_TIMEOUT_SECS):
                    await self._room.local_participant.send_bytes(
                        data,
                        name=f"AS_{uuid4().hex[:12]}",
                        topic=TOPIC,
                        destination_identities=[to] if to else None,
                        attributes=sender_mark(self._room),
                    )
            except (ConnectionError, TimeoutError) as error:
                self._warn(type(error).__name__)
            finally:
                self._unsent_bytes -= len(data)
                self._unsent.task_done()

    def _warn(self, reason: str) -> None:
        if not self._has_warned:
            logger.warning("Session messages are lost: {}", reason)
        self._has_warned = True


class RequestInbox:
    """Hands on what the caller sends on the channel, if it is a request.

    Args:
        room: The bot's room, not yet connected.
        caller_identity: Returns who the caller is; what others send is not read.
        allowance: Of the caller.
        on_request: Handles one request and the identity that sent it.
    """

    def __init__(
        self,
        *,
        room: rtc.Room,
        caller_identity: Callable[[], str | None],
        allowance: CallerAllowance,
        on_request: Callable[[pb.SessionRequest, str], Awaitable[None]],
    ) -> None:
        self._on_request = on_request
        self._inbox = Inbox(
            room=room,
            topic=TOPIC,
            accepts=lambda sender: sender == caller_identity(),
            allows=partial(allowance.takes, Act.MESSAGE),
            on_message=self._receive,
            max_bytes=_MAX_REQUEST_BYTES,
            timeout_secs=_READ_TIMEOUT_SECS,
        )
        self._inbox.register_bytes()

    async def close(self) -> None:
        """Receive no more."""
        await self._inbox.close()

    async def _receive(self, message: Message) -> None:
        if message.is_too_long:
            return
        try:
            parsed = pb.AgentSessionMessage.FromString(bytes(message.data))
        except DecodeError:
            logger.warning("A session message could not be parsed")
            return
        if parsed.HasField("request"):
            await self._on_request(parsed.request, message.sender)
