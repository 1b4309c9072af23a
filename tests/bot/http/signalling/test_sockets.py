"""A websocket of a stranger who sends and does not read."""

from __future__ import annotations

import asyncio

import pytest
from typing_extensions import override
from uvicorn import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState

from bot.http.signalling.sockets import BoundedSocket

_ASKS = (
    b"GET /rtc HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_NO_TEXT = b"\x81\x81\0\0\0\0\xff"
"""A message of one byte, which is none in UTF-8."""


class _Wire(asyncio.Transport):
    """A connection that goes nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.is_read = True
        self.is_over = False
        self.written = b""

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    @override
    def is_closing(self) -> bool:
        return self.is_over

    @override
    def abort(self) -> None:
        self.is_over = True

    @override
    def close(self) -> None:
        self.is_over = True

    @override
    def pause_reading(self) -> None:
        self.is_read = False

    @override
    def resume_reading(self) -> None:
        self.is_read = True


def _open() -> tuple[BoundedSocket, _Wire]:
    # uvicorn takes what can be called without arguments for what makes an app.
    async def app(scope: object, receive: object, send: object) -> None: ...

    config = Config(app, log_config=None)
    config.load()
    socket, wire = BoundedSocket(config, ServerState(), {}), _Wire()
    socket.connection_made(wire)
    return socket, wire


async def test_who_does_not_read_is_not_read() -> None:
    socket, wire = _open()
    socket.pause_writing()
    assert not wire.is_read
    socket.resume_writing()
    assert wire.is_read


async def test_a_message_is_taken_only_by_those_who_are_read() -> None:
    socket, wire = _open()
    socket.queue.put_nowait({"type": "websocket.receive", "text": "hello"})
    socket.read_paused = True
    socket.pause_writing()
    taking = asyncio.create_task(socket.receive())
    for _ in range(5):
        await asyncio.sleep(0)
    # Taking it would have what comes after it read, too.
    assert not taking.done()
    assert not wire.is_read
    socket.resume_writing()
    assert (await taking)["type"] == "websocket.receive"
    assert wire.is_read


async def test_a_message_that_waits_is_waited_for() -> None:
    socket, wire = _open()
    socket.read_paused = True
    socket.pause_writing()
    socket.resume_writing()
    assert not wire.is_read


@pytest.mark.parametrize("kind", ["websocket.send", "websocket.close"])
async def test_what_is_said_to_somebody_who_was_cut_off_is_no_slip_of_ours(kind: str) -> None:
    socket, _ = _open()
    # As after too large a message, or a ping that nobody has answered.
    socket.handshake_complete = socket.close_sent = True
    with pytest.raises(ClientDisconnected):
        await socket.send({"type": kind, "text": "news"})


@pytest.mark.parametrize(
    "frames",
    [_NO_TEXT, b"\x81\x01x", b"\x89\x80\0\0\0\0" * 1000, b"\xff" * 10],
    ids=["no text", "not masked", "pings", "no frame"],
)
async def test_who_speaks_before_the_answer_is_cut_off_and_fills_no_log(
    frames: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    socket, wire = _open()
    socket.data_received(_ASKS)
    socket.data_received(frames)
    assert (wire.is_over, wire.written) == (True, b"")
    assert not caplog.records


async def test_a_text_that_is_none_ends_it_and_fills_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    socket, wire = _open()
    socket.data_received(_ASKS)
    await socket.send({"type": "websocket.accept"})
    socket.data_received(_NO_TEXT)
    assert wire.is_over
    # 1007, "invalid frame payload data".
    assert wire.written.endswith(b"\x03\xefno text")
    assert not caplog.records
