"""A stand-in for a model server that writes raw bytes: whatever a real one might, and worse.

It serves the voice as well, so that what the caller hears can be asked for.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
End = Literal["whole", "cut", "abort", "hang"]

_SPEECH = b"\x00\x20" * 2400
"""100 ms of something that is not silence, at 24 kHz."""


class UnkindServer:
    """Gives each completion the next answer; remembers what was asked and what was said."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.otherwise = refused(500, "nothing left to say")
        """The answer when those are used up."""
        self.rule: Callable[[dict[str, Any]], Answer | None] = lambda _: None
        """Looks at a request first; its answer, if it has one, is given."""
        self.endpoints: tuple[str, ...] = ("/completions",)
        """Of requests for a reply; a vendor's stand-in has others."""
        self.requests: list[dict[str, Any]] = []
        self.heads: list[str] = []
        """The first lines of each request for a reply, as they came."""
        self.spoken: list[str] = []
        """Texts whose speech was asked for, in their order."""
        self.unspeakable = ""
        """Texts with this in them are refused by the voice."""
        self.connections = self.open_connections = 0
        self.answered = 0
        """Requests of any kind."""
        self.base_url = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        self.connections += 1
        self.open_connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(
                    (
                        int(line.split(":")[1])
                        for line in head.lower().splitlines()
                        if line.startswith("content-length:")
                    ),
                    0,
                )
                body = json.loads(await reader.readexactly(length) or "{}")
                await self._answer(head, body, writer)
                self.answered += 1
        writer.close()

    async def _answer(self, head: str, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        path = head.split()[1]
        if path.endswith("/speech"):
            self.spoken.append(body["input"])
            is_mute = self.unspeakable and self.unspeakable in body["input"]
            speech = refused(400) if is_mute else plain(_SPEECH, content_type="audio/pcm")
            await speech(writer)
        elif path.endswith("/models"):
            await plain(b'{"data": []}')(writer)
        elif not path.partition("?")[0].endswith(self.endpoints):
            await refused(404, "nothing here")(writer)
        else:
            self.requests.append(body)
            self.heads.append(head)
            answer = self.rule(body)
            if answer is None:
                answer = self.answers.pop(0) if self.answers else self.otherwise
            await answer(writer)


@asynccontextmanager
async def open_unkind_server() -> AsyncGenerator[UnkindServer]:
    """Serve on a free port of the loopback interface."""
    unkind = UnkindServer()
    tasks: set[asyncio.Task[None]] = set()

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            # Python 3.11 writes an error into the log for each connection that is cancelled.
            with suppress(asyncio.CancelledError):
                await unkind.handle(reader, writer)
        finally:
            unkind.open_connections -= 1
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(on_connection, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    unkind.base_url = f"http://127.0.0.1:{port}/v1"
    try:
        yield unkind
    finally:
        server.close()
        for task in [*tasks]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def raw(*pieces: bytes, content_type: str = "text/event-stream", end: End = "whole") -> Answer:
    """Stream these bytes, each piece on its own."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(_head(200, content_type, {"transfer-encoding": "chunked"}))
        # An empty piece would be the end.
        for piece in filter(None, pieces):
            await writer.drain()
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            # Another turn of the loop, so that the reader gets this piece alone.
            await asyncio.sleep(0)
        await writer.drain()
        if end == "hang":
            await asyncio.Event().wait()
        if end == "abort":
            writer.transport.abort()
        elif end == "whole":
            writer.write(b"0\r\n\r\n")
        else:
            # Cleanly, but without saying that it is over.
            writer.close()

    return answer


def plain(
    body: bytes,
    *,
    status: int = 200,
    content_type: str = "application/json",
    headers: dict[str, str] | None = None,
) -> Answer:
    """Give a whole body at once."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        extra = {"content-length": str(len(body)), **(headers or {})}
        writer.write(_head(status, content_type, extra) + body)
        await writer.drain()

    return answer


def refused(
    status: int, message: str = "", *, headers: dict[str, str] | None = None, **error: Any
) -> Answer:
    """Refuse, in OpenAI's error shape."""
    body = {"error": {"message": message, "type": "error", "code": None, **error}}
    return plain(json.dumps(body).encode(), status=status, headers=headers)


def hangs() -> Answer:
    """Take the request and never answer."""

    async def answer(_: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    return answer


def closes() -> Answer:
    """Take the request and hang up."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    return answer


def late(answer: Answer, *, secs: float) -> Answer:
    """Answer after a while."""

    async def answer_late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(secs)
        await answer(writer)

    return answer_late


def slowly(*events: object, secs: float) -> Answer:
    """Stream events with a pause before each."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(_head(200, "text/event-stream", {"connection": "close"}))
        for event in events:
            await asyncio.sleep(secs)
            writer.write(_event(event, "\n"))
            await writer.drain()
        writer.write(_event("data: [DONE]", "\n"))
        writer.close()

    return answer


def chunk(delta: object = None, *, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """A chunk of a completion with this delta."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [choice],
        **more,
    }


def sse(*events: object, done: bool = True, end: End = "whole", newline: str = "\n") -> Answer:
    """Stream events: objects as JSON, strings as lines of their own, bytes as they are."""
    return raw(*(_event(event, newline) for event in (*events, *["data: [DONE]"] * done)), end=end)


def text(*words: str, finish: str | None = "stop", **options: Any) -> Answer:
    """Stream a reply in words, as OpenAI does."""
    said = [chunk({"content": word}) for word in words]
    last = [chunk({}, finish=finish)] if finish else []
    return sse(chunk({"role": "assistant", "content": ""}), *said, *last, **options)


def calls(*pieces: dict[str, Any], finish: str = "tool_calls") -> Answer:
    """Stream pieces of tool calls, each in a chunk of its own."""
    return sse(*(chunk({"tool_calls": [piece]}) for piece in pieces), chunk({}, finish=finish))


def call(
    name: str | None, arguments: object, *, index: int | None = 0, call_id: str | None = "a"
) -> dict[str, Any]:
    """A piece of a tool call."""
    function = {"arguments": arguments} | ({"name": name} if name is not None else {})
    piece: dict[str, Any] = {"type": "function", "function": function}
    if index is not None:
        piece["index"] = index
    if call_id is not None:
        piece["id"] = call_id
    return piece


def split(body: bytes, sizes: Sequence[int]) -> list[bytes]:
    """Cut bytes into pieces of these sizes and a rest."""
    pieces: list[bytes] = []
    for size in sizes:
        pieces.append(body[:size])
        body = body[size:]
    return [*pieces, body]


def wire(*events: object, newline: str = "\n") -> bytes:
    """The bytes of events."""
    return b"".join(_event(event, newline) for event in events)


def _event(event: object, newline: str) -> bytes:
    if isinstance(event, bytes):
        return event
    line = event if isinstance(event, str) else f"data: {json.dumps(event)}"
    return f"{line}{newline}{newline}".encode()


def _head(status: int, content_type: str, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} x", f"content-type: {content_type}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
