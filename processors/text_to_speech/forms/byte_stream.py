"""The bytes of an answer as they arrive, with a look ahead."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator


class ByteStream:
    """Reads chunks of any size; what was looked at is still there to be read.

    An empty chunk is read as one: whoever decodes as it comes gives the turn back to the listener.
    """

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._ahead = b""
        self._has_ended = False

    async def peek(self, count: int) -> bytes:
        """Return all that has arrived, at least `count` bytes unless the stream ends before."""
        while len(self._ahead) < count and not self._has_ended:
            chunk = await anext(self._chunks, None)
            self._has_ended = chunk is None
            self._ahead += chunk or b""
        return self._ahead

    async def peek_more(self) -> bytes | None:
        """Return all that has arrived, more than before; None if that was all."""
        seen = len(self._ahead)
        ahead = await self.peek(seen + 1)
        return ahead if len(ahead) > seen else None

    def skip(self, count: int) -> None:
        """Drop bytes that were looked at."""
        self._ahead = self._ahead[count:]

    def put_back(self, data: bytes) -> None:
        """Have bytes read once more."""
        self._ahead = data + self._ahead

    async def read(self) -> bytes | None:
        """Return what has arrived, waiting for a chunk if need be; None at the end."""
        if not self._ahead and not self._has_ended:
            chunk = await anext(self._chunks, None)
            self._has_ended = chunk is None
            return chunk
        data, self._ahead = self._ahead, b""
        return data or None

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        """Yield all that is left, in pieces of one byte at least."""
        while (data := await self.read()) is not None:
            if data:
                yield data
