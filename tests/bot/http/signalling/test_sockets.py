"""A websocket of a stranger who sends and does not read."""

from __future__ import annotations

import asyncio

import pytest
from typing_extensions import override
from uvicorn import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState

from bot.http.signalling.sockets import BoundedSocket


class _Wire(asyncio.Transport):
    """A connection that goes nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.is_read = True

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
