"""LiveKit's signalling through the runner: every way in which either side misbehaves."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bot.http.listener import bind
from bot.http.origins import Origins
from bot.http.server import open_http_server
from bot.http.signalling.passage import SignallingLimits
from bot.http.signalling.signalling import SOCKET_PATHS, VALIDATE_PATHS, Signalling
from bot.http.signalling.sockets import MOST_BYTES
from bot.http.visitors import Visitors
from bot.lan.authority import open_authority
from bot.lan.leaf import keep_leaf
from tests.bot.http.fake_livekit import FakeLiveKit, fake_livekit

_ENDLESS = b"x" * 60_000


@dataclass
class Line:
    """A runner between a caller and LiveKit."""

    livekit: FakeLiveKit
    base: str
    trust: ssl.SSLContext
    stack: AsyncExitStack

    async def call(self, path: str = "/rtc/v1?access_token=t", **options: Any) -> ClientConnection:
        """Connect as a page does."""
        options = {"ping_interval": None, "proxy": None, "compression": None, **options}
        opened = connect(f"wss{self.base}{path}", ssl=self.trust, **options)
        return await self.stack.enter_async_context(opened)

    async def refusal(self, path: str, **options: Any) -> tuple[int, str]:
        """Return with what a connection is refused."""
        with pytest.raises(InvalidStatus) as refused:
            await self.call(path, **options)
        answer = refused.value.response
        return answer.status_code, (answer.body or b"").decode()

    async def get(self, path: str, method: str = "GET", **options: Any) -> httpx.Response:
        """Ask by plain HTTP over TLS."""
        async with httpx.AsyncClient(verify=self.trust, trust_env=False) as http:
            return await http.request(method, f"https{self.base}{path}", **options)


@asynccontextmanager
async def open_line(
    folder: Path, clock: Callable[[], float] = time.monotonic, **limits: Any
) -> AsyncGenerator[Line]:
    authority = open_authority(folder)
    leaf = keep_leaf(folder, authority=authority, names=["127.0.0.1"])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(leaf)
    async with fake_livekit() as livekit:
        app = Signalling(
            livekit_url=livekit.url,
            origins=Origins(host="127.0.0.1", public_url="", allowed=()),
            visitors=Visitors(trusted_proxies=(), is_exposed=True),
            limits=SignallingLimits(**limits),
            clock=clock,
        )
        with bind("127.0.0.1", 0) as listener:
            port = listener.getsockname()[1]
            opened = open_http_server(app, listener=listener, tls=lambda: tls)
            async with opened, AsyncExitStack() as stack:
                trust = ssl.create_default_context(cadata=authority.pem.decode())
                yield Line(livekit, f"://127.0.0.1:{port}", trust, stack)


async def _end_of(connection: ClientConnection) -> tuple[int | None, str | None]:
    """Read until it ends; returns how."""
    async with asyncio.timeout(15.0):
        try:
            async for _ in connection:
                pass
        except ConnectionClosed:
            pass
    return connection.close_code, connection.close_reason


async def _end_at_livekit(line: Line) -> None:
    async with asyncio.timeout(10.0):
        while not line.livekit.ends:  # noqa: ASYNC110 - another task's list
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("path", SOCKET_PATHS)
@pytest.mark.parametrize("message", ["text", b"bytes", b"x" * MOST_BYTES])
async def test_messages_go_both_ways_as_they_are(
    tmp_path: Path, path: str, message: str | bytes
) -> None:
    async with open_line(tmp_path) as line:
        connection = await line.call(f"{path}?access_token=a.b-c&reconnect=1")
        await connection.send(message)
        assert await connection.recv() == message
        assert line.livekit.only_path() == f"{path}?access_token=a.b-c&reconnect=1"


async def test_livekit_learns_who_asks_and_nothing_more(tmp_path: Path) -> None:
    async with open_line(tmp_path) as line:
        headers = {
            "Authorization": "Bearer t",
            "X-Forwarded-For": "6.6.6.6",
            "Cookie": "parley_access=secret",
        }
        await line.call(additional_headers=headers, user_agent_header="Phone/1")
        (request,) = line.livekit.asked
        assert request.headers["Authorization"] == "Bearer t"
        assert request.headers["User-Agent"] == "Phone/1"
        assert request.headers.get_all("X-Forwarded-For") == ["127.0.0.1"]
        assert "Cookie" not in request.headers


@pytest.mark.parametrize("name", ["User-Agent", "Authorization"])
async def test_words_in_no_alphabet_of_headers_stop_nobody(tmp_path: Path, name: str) -> None:
    async with open_line(tmp_path) as line:
        answer = await line.get("/rtc/validate", headers={name: "Fön/1".encode()})
        assert (answer.status_code, answer.text) == (200, "success")
        await line.call(additional_headers={name: "Fön/1"}, user_agent_header=None)
        assert not [one for one in line.livekit.asked if "F" in one.headers.get(name, "")]


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1001, "bye"), (4001, "own words")])
async def test_livekits_end_is_the_callers(tmp_path: Path, code: int, reason: str) -> None:
    async def end(connection: ServerConnection) -> None:
        await connection.close(code, reason)

    async with open_line(tmp_path) as line:
        line.livekit.behaviour = end
        assert await _end_of(await line.call()) == (code, reason)


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1001, "going"), (4002, "own words")])
async def test_the_callers_end_is_livekits(tmp_path: Path, code: int, reason: str) -> None:
    async with open_line(tmp_path) as line:
        await (await line.call()).close(code, reason)
        await _end_at_livekit(line)
        assert line.livekit.ends == [(code, reason)]


async def test_a_caller_who_vanishes_is_gone_for_livekit(tmp_path: Path) -> None:
    async with open_line(tmp_path) as line:
        (await line.call()).transport.abort()
        await _end_at_livekit(line)
        assert line.livekit.ends == [(1006, "")]


async def test_a_livekit_that_vanishes_is_told(tmp_path: Path) -> None:
    async def vanish(connection: ServerConnection) -> None:
        await connection.recv()
        connection.transport.abort()

    async with open_line(tmp_path) as line:
        line.livekit.behaviour = vanish
        connection = await line.call()
        await connection.send("hello")
        assert await _end_of(connection) == (1011, "LiveKit is gone")


async def test_a_refusal_comes_through(tmp_path: Path) -> None:
    async with open_line(tmp_path) as line:
        line.livekit.refusal = (HTTPStatus.UNAUTHORIZED, "invalid token")
        assert await line.refusal("/rtc/v1?access_token=x") == (401, "invalid token")
        answer = await line.get("/rtc/v1/validate?access_token=x")
        assert (answer.status_code, answer.text) == (401, "invalid token")


async def test_a_livekit_that_hangs_or_is_not_there_is_told(tmp_path: Path) -> None:
    async with open_line(tmp_path, open_secs=0.3) as line:
        line.livekit.hangs_at_start = True
        assert (await line.refusal("/rtc"))[0] == 502
        assert (await line.get("/rtc/validate")).status_code == 502


async def test_a_flood_of_livekit_waits_for_a_caller_who_does_not_read(tmp_path: Path) -> None:
    sent = 0

    async def flood(connection: ServerConnection) -> None:
        nonlocal sent
        while True:
            await connection.send(_ENDLESS)
            sent += len(_ENDLESS)

    async with open_line(tmp_path, stall_secs=0.5) as line:
        line.livekit.behaviour = flood
        connection = await line.call(max_queue=1)
        async with asyncio.timeout(20.0):
            while not line.livekit.ends:  # noqa: ASYNC110 - another task's list
                await asyncio.sleep(0.01)
        # What the kernel's buffers hold, and a little.
        assert sent < 40_000_000
        assert (await _end_of(connection))[0] == 1006


async def test_a_livekit_that_does_not_read_ends_a_callers_flood(tmp_path: Path) -> None:
    async def be_deaf(connection: ServerConnection) -> None:
        connection.transport.pause_reading()
        await connection.wait_closed()

    async with open_line(tmp_path, burst=1e9, stall_secs=0.5) as line:
        line.livekit.behaviour = be_deaf
        connection = await line.call()
        ended = asyncio.create_task(_end_of(connection))
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(20.0):
                while True:
                    await connection.send(_ENDLESS)
        assert await ended == (1013, "LiveKit does not read")


async def test_too_many_messages_end_it(tmp_path: Path) -> None:
    async with open_line(tmp_path, burst=20, messages_per_sec=1) as line:
        connection = await line.call()
        for _ in range(25):
            await connection.send("again")
        assert await _end_of(connection) == (1008, "too many messages")


async def test_too_large_a_message_ends_it(tmp_path: Path) -> None:
    async with open_line(tmp_path) as line:
        connection = await line.call()
        await connection.send(b"x" * (MOST_BYTES + 1))
        assert (await _end_of(connection))[0] == 1009


async def _ping(connection: ClientConnection) -> None:
    for _ in range(3000):
        await connection.ping()


async def _pong(connection: ClientConnection) -> None:
    for _ in range(3000):
        await connection.pong()


async def _cut_up(connection: ClientConnection) -> None:
    await connection.send(b"" for _ in range(3000))


@pytest.mark.parametrize("flood", [_ping, _pong, _cut_up])
async def test_too_many_frames_that_are_no_message_end_it(
    tmp_path: Path, flood: Callable[[ClientConnection], Awaitable[None]]
) -> None:
    async with open_line(tmp_path) as line:
        connection = await line.call()
        await connection.ping()
        await connection.send(b"x" * 4096 for _ in range(60))
        assert await connection.recv() == b"x" * 4096 * 60
        with suppress(ConnectionClosed):
            await flood(connection)
        assert await _end_of(connection) == (1008, "too many frames")


async def test_strangers_who_are_refused_fill_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_line(tmp_path) as line:
        line.livekit.refusal = (HTTPStatus.UNAUTHORIZED, "invalid token")
        refusals = [
            await line.refusal("/rtc"),
            await line.refusal("/nowhere"),
            await line.refusal("/rtc", additional_headers={"Origin": "https://evil.example"}),
        ]
        assert [status for status, _ in refusals] == [401, 404, 403]
    assert not [one for one in caplog.records if one.name.startswith("uvicorn")]


async def test_an_address_has_so_many_and_no_more(tmp_path: Path) -> None:
    async with open_line(tmp_path, per_network=2) as line:
        first = await line.call()
        await line.call()
        assert (await line.refusal("/rtc"))[0] == 429
        await first.close()
        await _end_at_livekit(line)
        await line.call()


async def test_so_many_may_be_opened_in_a_minute(tmp_path: Path) -> None:
    async with open_line(tmp_path, clock=lambda: 0.0) as line:
        line.livekit.refusal = (HTTPStatus.UNAUTHORIZED, "invalid token")
        asked = [(await line.get("/rtc/validate")).status_code for _ in range(62)]
        assert asked == [401] * 60 + [429] * 2
        assert (await line.refusal("/rtc"))[0] == 429


@pytest.mark.parametrize(
    "path",
    [
        *("/agent", "/", "/rtc/", "/rtc/v2", "/rtc/v1/", "/rtc/validate", "/rtcx", "/RTC"),
        *("/rtc/../agent", "/rtc/%2e%2e/agent", "//agent", "/twirp/livekit.RoomService/ListRooms"),
    ],
)
async def test_nothing_else_of_livekit_is_reached(tmp_path: Path, path: str) -> None:
    async with open_line(tmp_path) as line:
        assert (await line.refusal(path))[0] == 404
        if path not in VALIDATE_PATHS:
            assert (await line.get(path)).status_code == 404
        assert line.livekit.asked == [] or path in VALIDATE_PATHS


@pytest.mark.parametrize("path", VALIDATE_PATHS)
async def test_a_page_may_ask_why_it_was_refused(tmp_path: Path, path: str) -> None:
    async with open_line(tmp_path) as line:
        assert (await line.get(f"{path}?access_token=x")).text == "success"
        assert line.livekit.only_path() == f"{path}?access_token=x"
        assert (await line.get(path, "POST")).status_code == 405


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}, {"Origin": "null"}]
)
async def test_other_sites_get_nothing(tmp_path: Path, headers: dict[str, str]) -> None:
    async with open_line(tmp_path) as line:
        if "Host" in headers:
            async with httpx.AsyncClient(verify=line.trust, trust_env=False) as http:
                answer = await http.get(f"https{line.base}/rtc/validate", headers=headers)
            assert answer.status_code == 403
        else:
            assert (await line.refusal("/rtc", additional_headers=headers))[0] == 403
        assert line.livekit.asked == []
