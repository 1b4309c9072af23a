"""TLS and plain HTTP on one port, and whoever says neither."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from bot.http.lan import doorway
from bot.http.listener import bind
from bot.http.server import open_http_server
from bot.lan.authority import open_authority
from bot.lan.leaf import keep_leaf


async def _say_scheme(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(f"{scope['scheme']} {scope['client'][0]}")(scope, receive, send)


@dataclass
class House:
    port: int
    trust: ssl.SSLContext
    writers: list[asyncio.StreamWriter] = field(default_factory=list[asyncio.StreamWriter])

    async def ask(self, scheme: str, verify: ssl.SSLContext | None = None) -> str:
        async with httpx.AsyncClient(verify=verify or self.trust, trust_env=False) as http:
            return (await http.get(f"{scheme}://127.0.0.1:{self.port}/")).text

    async def knock(self, data: bytes = b"") -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        self.writers.append(writer)
        return reader


@asynccontextmanager
async def open_house(folder: Path) -> AsyncGenerator[House]:
    authority = open_authority(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(keep_leaf(folder, authority=authority, names=["127.0.0.1"]))
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        async with open_http_server(_say_scheme, listener=listener, tls=lambda: tls):
            house = House(port, ssl.create_default_context(cadata=authority.pem.decode()))
            yield house
    for writer in house.writers:
        writer.transport.abort()


async def _is_closed(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(10.0):
            await reader.read()
    except ConnectionError:
        return True
    return True


@pytest.mark.parametrize("scheme", ["https", "http"])
async def test_each_is_answered_in_its_own_way(tmp_path: Path, scheme: str) -> None:
    async with open_house(tmp_path) as house:
        assert await house.ask(scheme) == f"{scheme} 127.0.0.1"


async def test_who_does_not_trust_us_harms_nobody(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        with pytest.raises(httpx.ConnectError):
            await house.ask("https", ssl.create_default_context())
        assert await house.ask("https") == "https 127.0.0.1"


@pytest.mark.parametrize("data", [b"", b"\x16", b"\x16\x03\x01\x02\x00" + b"\xff" * 600])
async def test_who_says_nothing_useful_is_put_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    monkeypatch.setattr(doorway, "_FIRST_BYTE_SECS", 0.2)
    monkeypatch.setattr(doorway, "_HANDSHAKE_SECS", 0.2)
    async with open_house(tmp_path) as house:
        assert await _is_closed(await house.knock(data))
        assert await house.ask("https") == "https 127.0.0.1"


async def test_one_network_holds_so_many_that_say_nothing(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        silent = [await house.knock() for _ in range(32)]
        assert await _is_closed(await house.knock())
        assert not any(reader.at_eof() for reader in silent)


async def test_the_silent_do_not_hold_up_the_end(tmp_path: Path) -> None:
    async with asyncio.timeout(8.0):
        async with open_house(tmp_path) as house:
            reader = await house.knock()
            await house.ask("http")
        assert await _is_closed(reader)
