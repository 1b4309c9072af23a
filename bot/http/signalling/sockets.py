"""uvicorn's websocket, with bounds for what a stranger sends."""

from __future__ import annotations

from typing import Any

from typing_extensions import override
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

MOST_BYTES = 256 * 1024
"""Of one message of a caller: descriptions of a session have some 10 kB."""
_FRAMES_PER_SEC, _MOST_FRAMES = 50.0, 500.0
"""Of those that are no message: pings, pongs, and what a message is cut into. A message of the
above in pieces of 4 kB has 64."""


class BoundedSocket(WebSocketsSansIOProtocol):
    """Reads nothing from those who do not read: their pings would be answered into memory."""

    _frames_left = _MOST_FRAMES
    _counted_at = 0.0

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

    @override
    async def send(self, message: Any) -> None:
        """Send it, unless uvicorn has ended this by itself: it would take that for a slip of ours.

        Raises:
            ClientDisconnected: there is nobody to send to.
        """
        await self.writable.wait()
        if self.close_sent:
            raise ClientDisconnected
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            # It is refused. Else each refusal would have a line in the log, as a slip of ours.
            self.handshake_complete = True

    @override
    def data_received(self, data: bytes) -> None:
        """Take bytes, but none before the answer, for which a caller has to wait (RFC 6455, 4.1).

        What is wrong with frames would end in an error of uvicorn's, and in the log.
        """
        if self.handshake_initiated and not self.handshake_complete:
            self.transport.abort()
            return
        super().data_received(data)

    @override
    def send_receive_event_to_app(self) -> None:
        """Pass a message on, unless it is no text: uvicorn would have each of them in the log."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.conn.fail(CloseCode.INVALID_DATA, "no text")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    @override
    def handle_ping(self) -> None:
        """Answer it, within bounds."""
        if self._may_go_on():
            super().handle_ping()

    @override
    def handle_pong(self, event: Frame) -> None:
        """Take it, within bounds."""
        if self._may_go_on():
            super().handle_pong(event)

    @override
    def handle_cont(self, event: Frame) -> None:
        """Take a piece of a message, within bounds."""
        if self._may_go_on():
            super().handle_cont(event)

    def _may_go_on(self) -> bool:
        """Count a frame; end a connection that has too many."""
        if self.close_sent:
            return False
        now = self.loop.time()
        more = (now - self._counted_at) * _FRAMES_PER_SEC
        self._frames_left = min(self._frames_left + more, _MOST_FRAMES) - 1
        self._counted_at = now
        if self._frames_left >= 0:
            return True
        self.conn.fail(CloseCode.POLICY_VIOLATION, "too many frames")
        self.handle_parser_exception()
        return False
