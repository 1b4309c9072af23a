"""An incoming LiveKit stream made of given chunks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace

from livekit import rtc


class FakeReader:
    """Yields its chunks, then ends, breaks off or goes on for ever."""

    def __init__(
        self,
        *chunks: str | bytes,
        mime_type: str = "text/plain",
        attributes: dict[str, str] | None = None,
        is_broken: bool = False,
        is_endless: bool = False,
        size: int = 0,
    ) -> None:
        self.info = SimpleNamespace(mime_type=mime_type, attributes=attributes, size=size)
        self._chunks: Sequence[str | bytes] = chunks
        self._next = 0
        self._is_broken = is_broken
        self._is_endless = is_endless
        self.is_closed = False

    def __aiter__(self) -> FakeReader:
        return self

    async def __anext__(self) -> str | bytes:
        await asyncio.sleep(0)
        if self._next < len(self._chunks):
            self._next += 1
            return self._chunks[self._next - 1]
        if self._is_broken:
            raise rtc.StreamError("the sender left")
        if self._is_endless:
            await asyncio.Event().wait()
        raise StopAsyncIteration

    def close(self) -> None:
        self.is_closed = True
