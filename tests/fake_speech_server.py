"""An unkind speech server on the loopback interface: raw HTTP, any body, cut anywhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any


class Ending(Enum):
    """How an answer ends."""

    WHOLE = auto()
    HANG = auto()
    """All was sent, the end of it is not."""
    RESET = auto()
    """The connection is torn down."""


@dataclass(frozen=True)
class SpeechAnswer:
    """One answer of the server."""

    body: bytes = b""
    content_type: str = "audio/pcm"
    status: int = 200
    headers: str = ""
    chunk_bytes: int = 65_536
    """Sent at once; each chunk is a packet and an HTTP chunk of its own."""
    delay_secs: float = 0.0
    """Before the head of the answer."""
    head_secs: float = 0.0
    """Between its head and its body."""
    chunk_secs: float = 0.0
    """Between two chunks."""
    ending: Ending = Ending.WHOLE


class FakeSpeechServer:
    """Answers each request as `answer` says for its body; remembers what was asked."""

    def __init__(self) -> None:
        self.answer: Callable[[dict[str, Any]], SpeechAnswer] = lambda _: SpeechAnswer()
        self.requests: list[dict[str, Any]] = []
        self.base_url = ""

    @property
    def texts(self) -> list[str]:
        """What was to be spoken, in the order it was asked for."""
        return [request["input"] for request in self.requests]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer every request of a connection."""
        try:
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        sizes = [line for line in head.lower().split("\r\n") if line.startswith("content-length:")]
        body = await reader.readexactly(int(sizes[0].partition(":")[2])) if sizes else b""
        if not head.startswith("POST"):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
            return True
        self.requests.append(json.loads(body))
        answer = self.answer(self.requests[-1])
        await asyncio.sleep(answer.delay_secs)
        writer.write(
            f"HTTP/1.1 {answer.status} Some\r\ncontent-type: {answer.content_type}\r\n"
            f"{answer.headers}transfer-encoding: chunked\r\n\r\n".encode()
        )
        await writer.drain()
        await asyncio.sleep(answer.head_secs)
        for start in range(0, len(answer.body), answer.chunk_bytes):
            await asyncio.sleep(answer.chunk_secs if start else 0)
            chunk = answer.body[start : start + answer.chunk_bytes]
            writer.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            await writer.drain()
        if answer.ending is Ending.HANG:
            await asyncio.Event().wait()
        if answer.ending is Ending.RESET:
            writer.transport.abort()
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


@asynccontextmanager
async def open_fake_speech_server() -> AsyncGenerator[FakeSpeechServer]:
    """Serve on a free port until the block ends."""
    fake = FakeSpeechServer()
    connections: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(fake.serve(reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    fake.base_url = f"http://{host}:{port}/v1"
    try:
        yield fake
    finally:
        server.close()
        for task in [*connections]:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
