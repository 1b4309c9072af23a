"""Incoming LiveKit streams of one topic, read whole, one after the other, within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from livekit import rtc
from loguru import logger

# A sender with more than this unread has already got more attention than a person needs.
MAX_WAITING_STREAMS = 16

_Reader = rtc.TextStreamReader | rtc.ByteStreamReader


@dataclass
class Message:
    """One stream, or as much of it as has come."""

    sender: str
    mime_type: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    data: bytearray = field(default_factory=bytearray)
    """Grows until the stream ends; UTF-8 for a text stream."""
    is_too_long: bool = False
    """True if `data` is only the beginning: the rest is not read."""
    last_at_secs: float = 0.0
    """When the last of `data` came, by the event loop's clock."""


class Inbox:
    """Reads streams in the order they were opened and hands each one over as a message.

    Register before the room connects: LiveKit drops streams of topics nobody has registered for.

    Args:
        room: The bot's room, not yet connected.
        topic: The topic to read.
        accepts: Tells whether to read what the participant of this identity sends.
        on_message: Handles one whole message; the next is read when it returns.
        on_open: Told of a message whose data is about to come.
        max_bytes: Longer streams are cut and marked.
        timeout_secs: How long one stream may take from its first to its last byte.
    """

    def __init__(  # noqa: PLR0913 - bounds are part of the contract
        self,
        *,
        room: rtc.Room,
        topic: str,
        accepts: Callable[[str], bool],
        on_message: Callable[[Message], Awaitable[None]],
        max_bytes: int,
        timeout_secs: float,
        on_open: Callable[[Message], None] | None = None,
    ) -> None:
        self._room = room
        self._topic = topic
        self._accepts = accepts
        self._on_message = on_message
        self._on_open = on_open
        self._max_bytes = max_bytes
        self._timeout_secs = timeout_secs
        self._waiting: asyncio.Queue[tuple[_Reader, str]] = asyncio.Queue(MAX_WAITING_STREAMS)
        self._task: asyncio.Task[None] | None = None

    def register_text(self) -> None:
        """Take text streams."""
        self._room.register_text_stream_handler(self._topic, self._take)

    def register_bytes(self) -> None:
        """Take byte streams."""
        self._room.register_byte_stream_handler(self._topic, self._take)

    async def close(self) -> None:
        """Read no more; a stream half read is lost."""
        self._room.unregister_text_stream_handler(self._topic)
        self._room.unregister_byte_stream_handler(self._topic)
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        while not self._waiting.empty():
            self._waiting.get_nowait()[0].close()

    def _take(self, reader: _Reader, sender: str) -> None:
        if not self._accepts(sender) or self._waiting.full():
            logger.warning("A stream on {} was not read: sender or number not allowed", self._topic)
            # An open reader stays subscribed to all of LiveKit's events.
            reader.close()
            return
        self._waiting.put_nowait((reader, sender))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._read_all(), name=f"inbox {self._topic}")

    async def _read_all(self) -> None:
        while True:
            reader, sender = await self._waiting.get()
            message = Message(
                sender=sender,
                mime_type=reader.info.mime_type,
                attributes=reader.info.attributes or {},
            )
            if self._on_open is not None:
                self._on_open(message)
            if await self._read(reader, message):
                await self._on_message(message)

    async def _read(self, reader: _Reader, message: Message) -> bool:
        try:
            async with asyncio.timeout(self._timeout_secs):
                async for chunk in reader:
                    message.data += chunk.encode() if isinstance(chunk, str) else chunk
                    message.last_at_secs = asyncio.get_running_loop().time()
                    if len(message.data) > self._max_bytes:
                        message.is_too_long = True
                        del message.data[self._max_bytes :]
                        break
        except (rtc.StreamError, TimeoutError) as error:
            logger.warning("A stream on {} broke off: {}", self._topic, type(error).__name__)
            return False
        finally:
            reader.close()
        return True
