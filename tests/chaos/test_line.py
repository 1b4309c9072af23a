"""The line in front of a provider: it flows, stalls, is cut, and is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import pytest

from tests.chaos.line import Line, open_line

_SOON_SECS = 10.0


@asynccontextmanager
async def line_to_echo() -> AsyncGenerator[Line]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(100):
                writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, open_line(server.sockets[0].getsockname()[1]) as line:
        yield line


async def read(reader: asyncio.StreamReader, count: int) -> bytes:
    return await asyncio.wait_for(reader.readexactly(count), _SOON_SECS)


async def test_what_is_sent_while_it_stalls_comes_when_it_flows_again() -> None:
    async with line_to_echo() as line:
        reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
        writer.write(b"one")
        assert await read(reader, 3) == b"one"
        line.stall()
        writer.write(b"two")
        reading = asyncio.create_task(read(reader, 3))
        await asyncio.sleep(0)
        assert not reading.done()
        line.flow()
        assert await reading == b"two"
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), _SOON_SECS) == b""
        writer.close()


async def test_a_cut_resets_what_is_open_and_nothing_else() -> None:
    async with line_to_echo() as line:
        reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
        writer.write(b"one")
        await read(reader, 3)
        line.cut()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await read(reader, 1)
        writer.transport.abort()
        reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
        writer.write(b"two")
        assert await read(reader, 3) == b"two"
        writer.close()


async def test_who_is_gone_refuses_until_it_is_back_at_the_same_port() -> None:
    async with line_to_echo() as line:
        await line.leave()
        with pytest.raises(ConnectionError):
            await asyncio.open_connection("127.0.0.1", line.port)
        port = line.port
        await line.start()
        assert line.port == port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"one")
        assert await read(reader, 3) == b"one"
        writer.close()
