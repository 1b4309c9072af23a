"""Servers on loopback that say nothing, the wrong thing, or nothing but TLS; and names for them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from bot.doctor.names import Place
from tests.bot.lan.certificates import Pair

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
NAME = "voice.example.test"


async def at_loopback(name: str) -> list[str]:
    """Every name leads to this machine."""
    del name
    return ["127.0.0.1"]


async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take what comes and never answer, until the other side is gone."""
    del writer
    while await reader.read(4096):
        pass


async def speaks_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer in plain HTTP whatever comes."""
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


def refuses_by_tls(alert: int) -> Talk:
    """Speak TLS (RFC 8446, 6), and say no more than why not."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(bytes([0x15, 3, 3, 0, 2, 2, alert]))
        await writer.drain()
        await reader.read()

    return talk


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close at once."""
    del reader
    writer.transport.abort()


def answers(status: int, body: str = "", *headers: str) -> Talk:
    """Give the one answer to every request."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = [f"HTTP/1.1 {status} Some", f"Content-Length: {len(body)}", "Connection: close"]
        writer.write("\r\n".join((*head, *headers, "", body)).encode())
        await writer.drain()

    return talk


def tls_of(pair: Pair) -> ssl.SSLContext:
    """Return what a server with a certificate needs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


@asynccontextmanager
async def open_server(talk: Talk, *, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Place]:
    """Serve while the block runs."""
    open_now: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_now.add(task)
        try:
            await talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()
            open_now.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield Place(host=NAME, port=port, addresses=["127.0.0.1"])
    finally:
        server.close()
        for task in open_now:
            task.cancel()
        await asyncio.gather(*open_now, return_exceptions=True)
