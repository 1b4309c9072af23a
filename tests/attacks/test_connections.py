"""Connections that never finish, that are too many, and bodies of those who may not send any."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.http.connections import ConnectionLimits
from bot.setting_checks import checked_networks
from tests.attacks.http_server import BRIEF, HEALTH, Wire, request, served

_LONG = 1024 * 1024
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="loopback addresses other than the first are Linux's"
)


async def says_nothing(_: Wire) -> None:
    return


async def sends_half_a_request_line(wire: Wire) -> None:
    wire.send(b"GET /api/hea")


async def sends_half_a_header(wire: Wire) -> None:
    wire.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")


async def drips_a_header(wire: Wire) -> None:
    wire.send(b"GET / HTTP/1.1\r\nX: ")
    for _ in range(15):
        wire.send(b"x")
        await asyncio.sleep(0.1)


async def sends_half_a_body(wire: Wire) -> None:
    wire.send(request("POST", "/api/sessions", b"{}", Content_Length="100", keep=True))


async def sends_half_a_chunk(wire: Wire) -> None:
    head = request("POST", "/api/sessions", Transfer_Encoding="chunked", keep=True)
    wire.send(head + b"10\r\n{")


async def drips_a_body_nobody_reads(wire: Wire) -> None:
    wire.send(request("GET", "/api/health", b"", Content_Length="100000", keep=True))
    for _ in range(15):
        wire.send(b"x")
        await asyncio.sleep(0.1)


async def asks_once_and_drips_the_next(wire: Wire) -> None:
    wire.send(request("GET", "/api/health", keep=True))
    await drips_a_header(wire)


async def never_reads(wire: Wire) -> None:
    wire.writer.transport.pause_reading()  # pyright: ignore[reportAttributeAccessIssue]
    for _ in range(200):
        wire.send(request("GET", "/big.js", keep=True))
    # Whoever does not read learns of the end by writing alone.
    for _ in range(40):
        wire.send(b" ")
        await asyncio.sleep(0.1)


@pytest.mark.promise(
    "Limits", "A connection that does not finish is closed, whatever it is waiting with."
)
@pytest.mark.parametrize(
    "opening",
    [
        *(says_nothing, sends_half_a_request_line, sends_half_a_header, drips_a_header),
        *(sends_half_a_body, sends_half_a_chunk, drips_a_body_nobody_reads),
        *(asks_once_and_drips_the_next, never_reads),
    ],
)
async def test_connection_that_does_not_finish_is_closed(
    opening: Callable[[Wire], Awaitable[None]], tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text("<p>Hello</p>")
    (tmp_path / "big.js").write_bytes(b"x" * 800_000)
    async with served(page_dir=tmp_path) as server:
        wire = await server.connect()
        dripping = asyncio.ensure_future(opening(wire))
        assert await wire.is_closed()
        await dripping


async def test_answer_that_is_read_steadily_may_take_its_time(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>Hello</p>")
    async with served(page_dir=tmp_path, limits=ConnectionLimits(request_secs=0.5)) as server:
        wire = await server.connect()
        for _ in range(4):
            wire.send(request("GET", "/", keep=True))
            assert await wire.status() == 200
            await wire.reader.readexactly(len("<p>Hello</p>"))
            await asyncio.sleep(0.3)


@pytest.mark.promise("Limits", "One address may hold only so many connections.")
async def test_one_address_takes_no_connections_from_others() -> None:
    async with served(ConnectionLimits(per_network=8)) as server:
        wires = [await server.connect() for _ in range(40)]
        closed = await asyncio.gather(*(wire.is_closed(0.5) for wire in wires))
        assert closed.count(False) == 8
        assert await server.ask(HEALTH, "127.0.0.2") == 200


@pytest.mark.promise("Limits", "One address may hold only so many connections.")
async def test_connections_of_a_trusted_proxy_are_many_callers() -> None:
    limits = ConnectionLimits(per_network=2, trusted_proxies=checked_networks("127.0.0.0/8"))
    async with served(limits) as server:
        wires = [await server.connect() for _ in range(20)]
        closed = await asyncio.gather(*(wire.is_closed(0.3) for wire in wires))
        assert not any(closed)


@pytest.mark.promise("Limits", "However many wait with their requests, one that asks is answered.")
async def test_whoever_asks_comes_before_those_who_wait() -> None:
    async with served(ConnectionLimits(in_all=20, per_network=10)) as server:
        for host in range(2, 12):
            for _ in range(10):
                wire = await server.connect(f"127.0.0.{host}")
                wire.send(b"GET / HTTP/1.1\r\nX: ")
        for host in (2, 12, 13):
            assert await server.ask(HEALTH, f"127.0.0.{host}") == 200


@pytest.mark.promise("Limits", "LiveKit's webhook takes no body of anybody else.")
@pytest.mark.parametrize("token", ["", "Bearer x.y.z", "caller"])
async def test_webhook_answers_strangers_before_their_body(token: str) -> None:
    async with served() as server:
        if token == "caller":
            answer = await server.api.http.post("/api/sessions")
            token = f"Bearer {answer.json()['participant_token']}"
        wire = await server.connect()
        path, length = "/api/livekit/webhook", str(_LONG)
        wire.send(request("POST", path, b"", keep=True, Authorization=token, Content_Length=length))
        assert await wire.status(0.8) == 401


@pytest.mark.promise("Limits", "Who has started too much is refused before the body is read.")
@pytest.mark.parametrize("path", ["/api/sessions", "/api/token", "/api/connection-details"])
@pytest.mark.parametrize("key", [{}, {"Idempotency_Key": "another-one"}])
async def test_refused_start_is_answered_before_its_body(path: str, key: dict[str, str]) -> None:
    async with served(starts_per_minute=1) as server:
        assert await server.ask(request("POST", "/api/sessions", b"{}")) == 201
        wire = await server.connect()
        head: dict[str, Any] = {"Content_Length": "16000", **key}
        wire.send(request("POST", path, b"", keep=True, **head))
        assert await wire.status(0.8) == 429


@pytest.mark.parametrize("path", ["/", "/api/health", "/api/sessions", "/nope"])
async def test_asking_for_a_websocket_is_an_ordinary_request(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(BRIEF) as server:
        upgrade = {"Upgrade": "websocket", "Sec_WebSocket_Version": "13"}
        asked = {
            **upgrade,
            "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Connection": "Upgrade",
        }
        plain = await server.ask(request("GET", path))
        assert await server.ask(request("GET", path, **asked)) == plain
    assert caplog.records == []


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"x" * 70_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /api/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /%00%ff/../api HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
async def test_rubbish_is_refused_quietly(rubbish: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async with served() as server:
        wire = await server.connect()
        wire.send(rubbish)
        assert 400 <= await wire.status() < 500 or await wire.is_closed()
        assert await server.ask(HEALTH) == 200
    assert caplog.records == []
