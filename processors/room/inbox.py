"""Incoming LiveKit streams of one topic, read whole and side by side, within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from livekit import rtc
from loguru import logger

from ..allowance import DEAF_SECS, PATIENCE, PATIENCE_WITH_OTHERS, Bucket

MAX_OPEN_STREAMS = 16
"""A sender with as many unread has already got more attention than a person needs."""
ORDER_SECS = 0.5
"""As long does what is read whole wait for what was opened before it. Lines that are sent one after
the other end so, but for a packet that is lost and sent again."""


def _always() -> bool:
    return True


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


@dataclass(eq=False)
class _Stream:
    """One stream on its way from its first byte to whoever handles it."""

    reader: _Reader
    message: Message
    is_read: bool = False
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is handled, or never will be."""


class Inbox:
    """Reads streams as they are opened and hands each one over as a message, one at a time.

    They come in the order in which they were opened, but a slow one does not hold the others up.
    When many are refused it listens to the topic no more for a moment: LiveKit then drops streams
    natively, where an unread one is unpacked all the same and passed to this process.
    Register before the room connects: LiveKit drops streams of topics nobody has registered for.

    Args:
        room: The bot's room, not yet connected.
        topic: The topic to read.
        accepts: Tells whether to read what the participant of this identity sends.
        allows: Counts one more stream of theirs; returns whether it may be read.
        on_message: Handles one whole message; the next is handed over when it returns.
        on_open: Told of a message whose data is about to come.
        max_bytes: Longer streams are cut and marked; those that say so at once are not read at all.
        timeout_secs: How long one stream may take from its first to its last byte.
        max_open: More streams than that are not read at the same time, nor later.
    """

    def __init__(  # noqa: PLR0913 - bounds are part of the contract
        self,
        *,
        room: rtc.Room,
        topic: str,
        accepts: Callable[[str], bool],
        allows: Callable[[], bool] = _always,
        on_message: Callable[[Message], Awaitable[None]],
        max_bytes: int,
        timeout_secs: float,
        max_open: int = MAX_OPEN_STREAMS,
        on_open: Callable[[Message], None] | None = None,
    ) -> None:
        self._room = room
        self._topic = topic
        self._accepts = accepts
        self._allows = allows
        self._on_message = on_message
        self._on_open = on_open
        self._max_bytes = max_bytes
        self._timeout_secs = timeout_secs
        self._max_open = max_open
        self._open: dict[asyncio.Task[None], _Stream] = {}
        """In the order in which they were opened."""
        self._register: Callable[[], None] | None = None
        self._patience = Bucket(PATIENCE, clock_secs=_loop_secs)
        self._patience_with_others = Bucket(PATIENCE_WITH_OTHERS, clock_secs=_loop_secs)
        self._deaf: asyncio.TimerHandle | None = None
        self._handing = asyncio.Lock()
        self._has_warned = False

    def register_text(self) -> None:
        """Take text streams."""
        self._listen(partial(self._room.register_text_stream_handler, self._topic, self._take))

    def register_bytes(self) -> None:
        """Take byte streams."""
        self._listen(partial(self._room.register_byte_stream_handler, self._topic, self._take))

    async def close(self) -> None:
        """Read no more; a stream half read is lost."""
        if self._deaf is not None:
            self._deaf.cancel()
        self._unregister()
        open_streams = dict(self._open)
        for task, stream in open_streams.items():
            stream.reader.close()
            task.cancel()
        if open_streams:
            await asyncio.wait(open_streams)

    def _take(self, reader: _Reader, sender: str) -> None:
        is_expected = self._accepts(sender)
        if not is_expected or len(self._open) >= self._max_open or not self._allows():
            self._warn("was not read: sender, number or rate not allowed")
            # An open reader stays subscribed to all of LiveKit's events.
            reader.close()
            self._lose_patience(self._patience if is_expected else self._patience_with_others)
            return
        message = Message(
            sender=sender,
            mime_type=reader.info.mime_type,
            attributes=reader.info.attributes or {},
            is_too_long=(reader.info.size or 0) > self._max_bytes,
        )
        if message.is_too_long:
            reader.close()
            self._lose_patience(self._patience)
        if self._on_open is not None:
            self._on_open(message)
        stream = _Stream(reader, message)
        before = tuple(self._open.values())
        task = asyncio.create_task(self._take_in(stream, before), name=f"inbox {self._topic}")
        self._open[task] = stream
        task.add_done_callback(self._let_go)

    async def _take_in(self, stream: _Stream, before: Sequence[_Stream]) -> None:
        if not await self._read(stream):
            return
        stream.is_read = True
        with suppress(TimeoutError):
            async with asyncio.timeout(ORDER_SECS):
                for one in before:
                    await one.is_over.wait()
        for one in before:
            if one.is_read:
                await one.is_over.wait()
        async with self._handing:
            await self._on_message(stream.message)
        self._has_warned = False

    async def _read(self, stream: _Stream) -> bool:
        reader, message = stream.reader, stream.message
        try:
            if message.is_too_long:
                return True
            async with asyncio.timeout(self._timeout_secs):
                async for chunk in reader:
                    message.last_at_secs = _loop_secs()
                    if not self._add(message, chunk):
                        self._lose_patience(self._patience)
                        break
        except (rtc.StreamError, TimeoutError) as error:
            self._warn(f"broke off: {type(error).__name__}")
            return False
        finally:
            reader.close()
        return True

    def _add(self, message: Message, chunk: str | bytes) -> bool:
        """Take in a piece, or as much of it as may be; returns whether more may come."""
        left_bytes = self._max_bytes - len(message.data)
        # No more than can matter: one piece may hold far more than the whole message may.
        piece = chunk[: left_bytes + 1]
        data = piece.encode() if isinstance(piece, str) else piece
        message.data += data[:left_bytes]
        message.is_too_long = len(data) > left_bytes
        return not message.is_too_long

    def _listen(self, register: Callable[[], None]) -> None:
        self._deaf, self._register = None, register
        register()

    def _unregister(self) -> None:
        self._room.unregister_text_stream_handler(self._topic)
        self._room.unregister_byte_stream_handler(self._topic)

    def _lose_patience(self, patience: Bucket) -> None:
        if patience.takes() or self._deaf is not None or self._register is None:
            return
        self._unregister()
        loop = asyncio.get_running_loop()
        self._deaf = loop.call_later(DEAF_SECS, self._listen, self._register)

    def _let_go(self, task: asyncio.Task[None]) -> None:
        self._open.pop(task).is_over.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            # Only the type: the message may be what somebody said.
            logger.error("A message on {} failed: {}", self._topic, type(error).__name__)

    def _warn(self, what: str) -> None:
        """Say it once until a message is taken again: nobody fills the log by sending."""
        if not self._has_warned:
            logger.warning("A stream on {} {}", self._topic, what)
        self._has_warned = True


def _loop_secs() -> float:
    return asyncio.get_running_loop().time()
