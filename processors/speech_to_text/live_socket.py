"""One websocket to a recogniser: sends never wait and never raise, and audio is not compressed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

OPEN_SECS = 3.0
"""A handshake takes 2-3 round trips; longer than this, another attempt is the better bet."""

MAX_BACKLOG_BYTES = 500_000
"""More than a full replay (10 s of 16 kHz audio) that the network has not taken: it is stuck."""

MESSAGE_BYTES = 32_000
"""A replay is sent in pieces of at most a second at 16 kHz."""


class LiveSocket:
    """A connection; a vendor's says in class attributes which texts mean what."""

    FINALIZE = ""
    """Ask for the final transcript of everything sent so far."""
    KEEP_ALIVE = ""
    """Keep an idle connection open."""
    CLOSE = ""
    """No more audio follows."""

    def __init__(self, connection: ClientConnection, *, message_bytes: int = MESSAGE_BYTES) -> None:
        self._connection = connection
        self._message_bytes = message_bytes

    @property
    def is_stuck(self) -> bool:
        """True if the other side has stopped taking what we send."""
        return self._connection.transport.get_write_buffer_size() > MAX_BACKLOG_BYTES

    async def messages(self) -> AsyncIterator[str | bytes]:
        """Yield every message of the service until the connection ends.

        Raises:
            ConnectionClosed: The connection ended in any way but a normal close.
        """
        async for message in self._connection:
            yield message

    async def send_media(self, audio: bytes) -> None:
        """Send 16-bit mono PCM of any length."""
        for start in range(0, len(audio), self._message_bytes):
            await self._send(audio[start : start + self._message_bytes])

    async def send_finalize(self) -> None:
        """Ask for the final transcript of everything sent so far."""
        await self._send(self.FINALIZE)

    async def send_keep_alive(self) -> None:
        """Keep an idle connection open."""
        await self._send(self.KEEP_ALIVE)

    async def send_close_stream(self) -> None:
        """Say that no more audio follows."""
        await self._send(self.CLOSE)

    async def abort(self) -> None:
        """Drop the connection without a closing handshake; `messages` then ends."""
        self._connection.transport.abort()

    async def _send(self, data: bytes | str) -> None:
        if not data:
            return
        try:
            await self._connection.send(data)
        except ConnectionClosed:
            # The reader of `messages` meets the same end and handles it.
            return


Socket = TypeVar("Socket", bound=LiveSocket)


@asynccontextmanager
async def open_live_socket(
    kind: Callable[[ClientConnection], Socket],
    *,
    address: str,
    query: Mapping[str, str | Sequence[str]],
    headers: Mapping[str, str],
) -> AsyncGenerator[Socket]:
    """Connect.

    Args:
        kind: The vendor's, or what makes one.
        address: http(s) or ws(s) address with its path.
        query: A list is repeated.
        headers: Of the handshake.
    """
    async with connect(
        websocket_url(address) + "?" + urlencode(query, doseq=True),
        additional_headers=headers,
        # Speech does not compress.
        compression=None,
        open_timeout=OPEN_SECS,
        # A peer that is gone answers no closing handshake either.
        close_timeout=1.0,
        # `is_stuck` decides about backlog, so that a send never blocks the pipeline.
        write_limit=2 * MAX_BACKLOG_BYTES,
        max_size=2**20,
    ) as connection:
        yield kind(connection)


def websocket_url(address: str) -> str:
    """Return an address as one of a websocket; one without a scheme is taken for a safe one."""
    scheme, separator, rest = address.partition("://")
    if not separator:
        return f"wss://{scheme}"
    return f"{'ws' if scheme in ('ws', 'http') else 'wss'}://{rest}"
