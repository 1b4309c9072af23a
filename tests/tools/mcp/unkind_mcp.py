"""MCP servers as unkind as those of the world: raw JSON-RPC, over HTTP and on standard streams.

`python -m tests.tools.mcp.unkind_mcp MODE` is the one on standard streams.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Message = dict[str, Any]


def described(name: str, **more: object) -> Message:
    """A tool as a server lists it; it only reads."""
    return {
        "name": name,
        "description": f"Does {name}.",
        "inputSchema": {"type": "object", "properties": {}},
        "annotations": {"readOnlyHint": True},
        **more,
    }


def answer(request: Message, result: object) -> Message:
    return {"jsonrpc": "2.0", "id": request["id"], "result": result}


def refusal(request: Message, code: int, message: str) -> Message:
    return {"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}}


def said(text: str, **more: object) -> Message:
    return {"content": [{"type": "text", "text": text}], **more}


def greeting(request: Message) -> Message | None:
    """Answer what begins every connection; None for anything else."""
    if request["method"] == "initialize":
        version = request["params"]["protocolVersion"]
        info = {"name": "unkind", "version": "1"}
        capabilities = {"tools": {}}
        return answer(
            request,
            {"protocolVersion": version, "capabilities": capabilities, "serverInfo": info},
        )
    if request["method"] == "server/discover":
        return refusal(request, -32601, "no such method")
    return None


class UnkindHttp:
    """A server over HTTP; what it lists and how it answers calls is set by the test."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[list[Message], str | None]] = {"": ([], None)}
        """By cursor: tools and the next cursor."""
        self.calls: dict[str, Callable[[Message], Response]] = {}
        self.hangs_at: str | None = None
        """The method it never answers."""
        self.breaks_at: str | None = None
        """The method at which it answers with an error of its own."""
        self.listings = 0
        self.headers: list[str] = []
        """The Authorization of each request."""
        self.url = ""
        self._gate = asyncio.Event()

    async def serve(self, request: Request) -> Response:
        if request.method != "POST":
            return Response(status_code=405)
        self.headers.append(request.headers.get("authorization", ""))
        message = json.loads(await request.body())
        method = message["method"]
        if method == self.hangs_at:
            await self._gate.wait()
        if method == self.breaks_at:
            return Response("<h1>Bad gateway</h1>", status_code=502, media_type="text/html")
        if "id" not in message:
            return Response(status_code=202)
        if (welcome := greeting(message)) is not None:
            return _json(welcome)
        if method == "tools/list":
            self.listings += 1
            tools, following = self.pages[message.get("params", {}).get("cursor") or ""]
            result: Message = {"tools": tools}
            return _json(answer(message, {**result, "nextCursor": following}))
        return self.calls[message["params"]["name"]](message)

    def let_go(self) -> None:
        self._gate.set()


def _json(message: object) -> Response:
    return Response(json.dumps(message), media_type="application/json")


@asynccontextmanager
async def open_unkind_http(port: int = 0) -> AsyncGenerator[UnkindHttp]:
    """Serve while the block runs."""
    unkind = UnkindHttp()
    app = Starlette(routes=[Route("/mcp", unkind.serve, methods=["GET", "POST", "DELETE"])])
    with socket.create_server(("127.0.0.1", port)) as listener:
        unkind.url = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        web = uvicorn.Server(
            uvicorn.Config(app, log_config=None, log_level="critical", timeout_graceful_shutdown=1)
        )
        serving = asyncio.create_task(web.serve(sockets=[listener]))
        try:
            yield unkind
        finally:
            unkind.let_go()
            web.should_exit = True
            await serving


@asynccontextmanager
async def open_silence() -> AsyncGenerator[str]:
    """Accept connections and never say a word while the block runs; yields the URL."""
    gate = asyncio.Event()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"
    finally:
        gate.set()
        server.close()
        await server.wait_closed()


def _run_on_standard_streams(mode: str) -> None:
    if mode == "silent":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue
        if mode == "noisy":
            sys.stderr.write("heard: a secret of the caller\n")
            sys.stdout.buffer.write(b"INFO got one \xff\xfe\n{broken\n\n")
        if message["method"] == "tools/list" and mode == "dies at list":
            os._exit(3)
        if message["method"] == "tools/list" and mode == "hangs at list":
            time.sleep(60)
        if (welcome := greeting(message)) is not None:
            _write(welcome)
        elif message["method"] == "tools/list":
            _write(answer(message, {"tools": [described("look")]}))
        else:
            _write({"jsonrpc": "2.0", "id": 999_999, "result": said("somebody else's")})
            _write(answer(message, said("It is there.")))


def _write(message: Message) -> None:
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    _run_on_standard_streams(sys.argv[1])
