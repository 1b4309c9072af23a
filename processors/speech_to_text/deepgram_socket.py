"""One websocket to Deepgram's live endpoint, without compression.

The official SDK opens it with permessage-deflate and builds a typed object for every word; speech
audio does not compress, and only the sentence is needed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

CLOUD_URL = "wss://api.deepgram.com"

OPEN_SECS = 3.0
"""A handshake takes 2-3 round trips; longer than this, another attempt is the better bet."""

MAX_BACKLOG_BYTES = 500_000
"""More than a full replay (10 s of 16 kHz audio) that the network has not taken: it is stuck."""

MESSAGE_BYTES = 32_000
"""A replay is sent in pieces of at most a second."""


class DeepgramSocket:
    """The connection as Pipecat's Deepgram service uses it; sends never wait and never raise."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

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
        for start in range(0, len(audio), MESSAGE_BYTES):
            await self._send(audio[start : start + MESSAGE_BYTES])

    async def send_finalize(self, _message: object = None) -> None:
        """Ask for the final transcript of everything sent so far."""
        await self._send('{"type":"Finalize"}')

    async def send_keep_alive(self, _message: object = None) -> None:
        """Keep an idle connection open (Deepgram closes it after 10 s without audio)."""
        await self._send('{"type":"KeepAlive"}')

    async def send_close_stream(self, _message: object = None) -> None:
        """Say that no more audio follows."""
        await self._send('{"type":"CloseStream"}')

    async def abort(self) -> None:
        """Drop the connection without a closing handshake; `messages` then ends."""
        self._connection.transport.abort()

    async def _send(self, data: bytes | str) -> None:
        try:
            await self._connection.send(data)
        except ConnectionClosed:
            # The reader of `messages` meets the same end and handles it.
            return


@asynccontextmanager
async def open_deepgram_socket(
    *,
    base_url: str,
    api_key: str,
    query: Mapping[str, str | Sequence[str]],
) -> AsyncGenerator[DeepgramSocket]:
    """Connect to Deepgram's live endpoint.

    Args:
        base_url: http(s) or ws(s) address without path; empty for Deepgram's cloud.
        api_key: Sent in the Authorization header.
        query: Deepgram's query parameters.
    """
    url = _websocket_url(base_url) + "/v1/listen?" + urlencode(query, doseq=True)
    async with connect(
        url,
        additional_headers={"Authorization": f"Token {api_key}"},
        compression=None,
        open_timeout=OPEN_SECS,
        # A peer that is gone answers no closing handshake either.
        close_timeout=1.0,
        # `is_stuck` decides about backlog, so that a send never blocks the pipeline.
        write_limit=2 * MAX_BACKLOG_BYTES,
        max_size=2**20,
    ) as connection:
        yield DeepgramSocket(connection)


def transcript_of(message: Mapping[str, Any]) -> str:
    """Return the text of a Results message; empty if there is none."""
    try:
        text = message["channel"]["alternatives"][0]["transcript"]
    except (KeyError, IndexError, TypeError):
        return ""
    return text if isinstance(text, str) else ""


def _websocket_url(base_url: str) -> str:
    scheme, separator, rest = (base_url or CLOUD_URL).rstrip("/").partition("://")
    if not separator:
        return f"wss://{scheme}"
    return f"{'ws' if scheme in ('ws', 'http') else 'wss'}://{rest}"
