"""A TCP relay in front of one provider: it can be cut, stall, and be gone for a while."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

_CHUNK_BYTES = 65_536
_KEPT_BYTES = 1 << 20
_LAST_BYTES_SECS = 0.2


class Line:
    """Relays connections to a port of this machine. Made by `open_line`."""

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self.sent = bytearray()
        """What was sent to the provider last."""
        self._target_port = target_port
        self._flows = asyncio.Event()
        self._flows.set()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen, at the same port as before."""
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Reset every open connection."""
        for writer in self._open:
            writer.transport.abort()

    def stall(self) -> None:
        """Take connections and bytes, and pass nothing on."""
        self._flows.clear()

    def flow(self) -> None:
        """Pass on what has come meanwhile, and go on."""
        self._flows.set()

    async def leave(self) -> None:
        """Refuse connections until the next `start`."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()
        await asyncio.sleep(0)

    async def close(self) -> None:
        """End everything."""
        await self.leave()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._open.add(writer)
        try:
            # Python 3.11 writes an error into the log for each connection that is cancelled.
            with suppress(OSError, asyncio.CancelledError):
                await self._join(reader, writer)
        finally:
            self._open.discard(writer)
            self._tasks.discard(task)
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target_port)
        self._open.add(back)
        ways = [
            asyncio.create_task(self._pass_on(reader, back, self._keep)),
            asyncio.create_task(self._pass_on(there, writer, lambda _: None)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._open.discard(back)
            back.transport.abort()

    def _keep(self, data: bytes) -> None:
        self.sent += data
        del self.sent[:-_KEPT_BYTES]

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        note: Callable[[bytes], None],
    ) -> None:
        while data := await reader.read(_CHUNK_BYTES):
            note(data)
            await self._flows.wait()
            writer.write(data)
            await writer.drain()
        # What is under way arrives before the end does.
        writer.write_eof()
        await asyncio.sleep(_LAST_BYTES_SECS)


@asynccontextmanager
async def open_line(target_port: int) -> AsyncGenerator[Line]:
    """Relay while the block runs."""
    line = Line(target_port)
    await line.start()
    try:
        yield line
    finally:
        await line.close()
