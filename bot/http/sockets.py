"""uvicorn's websocket, with bounds for what a stranger sends."""

from __future__ import annotations

from typing import Any

from typing_extensions import override
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

MOST_BYTES = 256 * 1024
"""Of one message of a caller: descriptions of a session have some 10 kB."""


class BoundedSocket(WebSocketsSansIOProtocol):
    """Reads nothing from those who do not read: their pings would be answered into memory."""

    @override
    def pause_writing(self) -> None:
        """Stop reading, too."""
        super().pause_writing()
        self.transport.pause_reading()

    @override
    def resume_writing(self) -> None:
        """Read on, unless a message still waits to be taken."""
        super().resume_writing()
        if not self.read_paused:
            self.transport.resume_reading()

    @override
    async def receive(self) -> Any:
        """Return the next message; taking one would resume the reading."""
        await self.writable.wait()
        return await super().receive()
