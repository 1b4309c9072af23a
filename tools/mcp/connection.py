"""One connection to an MCP server, in a task of its own; made anew when it was lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from ssl import SSLContext
from typing import Any

import httpx2
from loguru import logger
from mcp import Client
from mcp.client import Transport
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult
from mcp.types import Tool as McpTool
from pydantic import SecretStr
from typing_extensions import override

from tools.errors import ToolError
from tools.mcp.answer_size import MAX_ANSWER_BYTES, MAX_PARTS, parts_of
from tools.mcp.command import run_command
from tools.mcp.config import McpServer
from tools.mcp.listing import MAX_TOOLS, with_fit_lists

CONNECT_SECS = 30.0
"""Nobody waits for it; a command that is fetched first (npx, uvx) needs its time."""
RECONNECT_SECS = 15.0
"""The caller waits for it; a server that does not know the newest protocol first lets 10 s pass."""
_CLOSE_SECS = 5.0
_KILL_SECS = 8.0
"""A command has 2 s to end by itself, 2 s after SIGTERM, 2 s after SIGKILL."""
_CHECK_SECS = 2.0
_MAX_PAGES = 50
# The protocol's own limits for HTTP: a stream may be quiet for long.
_HTTP_LIMITS = httpx2.Timeout(30.0, read=300.0)


class McpConnection:
    """Connects, keeps the connection and closes it.

    The client lives in a task of its own because its task group, when the server dies, cancels the
    task it was opened in; that must not be the session's.

    Args:
        name: Of the server, for the log.
        server: Where it is.
        tls: For HTTPS; True builds a context, which takes a while.
    """

    def __init__(self, name: str, server: McpServer, *, tls: SSLContext | bool = True) -> None:
        self.name = name
        self.server = server
        self._tls = tls
        self._client: Client | None = None
        self._tools: list[McpTool] | None = None
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()

    async def open(self) -> list[McpTool]:
        """Connect and return the server's tools; none, with a warning, if that fails."""
        if not await self._connect(within_secs=CONNECT_SECS):
            logger.warning("MCP server {} is left out: it cannot be reached", self.name)
        return self._tools or []

    async def call(
        self, name: str, arguments: dict[str, Any], *, may_repeat: bool
    ) -> CallToolResult:
        """Call a tool; on a connection that was lost, after one attempt to connect again.

        Args:
            name: Of the tool, as the server has it.
            arguments: For it.
            may_repeat: Twice is as good as once: then a call that a lost connection took with it
                is made again.

        Raises:
            ToolError: code "server_gone" if the server cannot be reached.
            MCPError: the server refused, or its answer cannot be read. An answer of the wrong shape
                raises something else.
        """
        client = await self._connected()
        try:
            return await client.call_tool(name, arguments)
        except Exception:
            if await self._is_well(client):
                raise
            # A server that was started anew does not know this connection.
            await self._disconnect(client)
            if not may_repeat:
                raise
        return await (await self._connected()).call_tool(name, arguments)

    async def aclose(self) -> None:
        """Disconnect, and end the server if it is a command."""
        await self._disconnect(self._client)

    async def _connected(self) -> Client:
        async with self._connecting:
            if self._client is None:
                await self._connect(within_secs=RECONNECT_SECS)
            if self._client is None:
                raise ToolError("server_gone", "The service behind this cannot be reached.")
            return self._client

    async def _is_well(self, client: Client) -> bool:
        try:
            async with asyncio.timeout(_CHECK_SECS):
                await client.list_tools(cache_mode="bypass")
        except Exception:  # noqa: BLE001 - a broken server may fail in any way
            return False
        return client is self._client

    async def _connect(self, *, within_secs: float) -> bool:
        await self._disconnect(self._client)
        ready, self._closing = asyncio.Event(), asyncio.Event()
        serving = self._serve(ready, self._closing)
        self._task = asyncio.create_task(serving, name=f"mcp-{self.name}")
        waiting = asyncio.create_task(ready.wait())
        try:
            await asyncio.wait(
                {waiting, self._task}, timeout=within_secs, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            waiting.cancel()
        if not ready.is_set():
            await self._disconnect(None)
        return ready.is_set()

    async def _disconnect(self, client: Client | None) -> None:
        """Leave politely what was opened; what never was is dropped at once."""
        if client is not self._client:
            return  # somebody else has connected anew meanwhile
        task, self._task, self._client = self._task, None, None
        if task is None:
            return
        if client is not None:
            self._closing.set()
            await asyncio.wait({task}, timeout=_CLOSE_SECS)
        task.cancel()
        await asyncio.wait({task}, timeout=_KILL_SECS)

    async def _serve(self, ready: asyncio.Event, closing: asyncio.Event) -> None:
        client = None
        try:
            async with AsyncExitStack() as stack:
                transport = await self._transport(stack)
                client = await stack.enter_async_context(Client(with_fit_lists(transport)))
                if self._tools is None:
                    self._tools = await _all_tools(client)
                self._client = client
                ready.set()
                await closing.wait()
        except Exception as error:  # noqa: BLE001 - a broken server may fail in any way, in groups
            logger.warning("MCP server {} failed: {}", self.name, type(error).__name__)
        finally:
            if self._client is client:
                self._client = None

    async def _transport(self, stack: AsyncExitStack) -> Transport:
        server = self.server
        if server.command:
            return run_command(server.command, server.args, _revealed(server.env))
        http = await stack.enter_async_context(
            httpx2.AsyncClient(
                headers={"Accept-Encoding": "identity", **_revealed(server.headers)},
                timeout=_HTTP_LIMITS,
                verify=self._tls,
                event_hooks={"response": [_bound]},
            )
        )
        return streamable_http_client(server.url, http_client=http)


async def _bound(response: httpx2.Response) -> None:
    """Let an answer end with an error when it is too long to be one."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise httpx2.ReadError("the answer is compressed, which nobody asked for")
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = _BoundedStream(response.stream)


class _BoundedStream(httpx2.AsyncByteStream):
    """What a server sends for one request."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        bytes_left, parts_left = MAX_ANSWER_BYTES, MAX_PARTS
        async for chunk in self._stream:
            bytes_left -= len(chunk)
            parts_left -= parts_of(chunk)
            if min(bytes_left, parts_left) < 0:
                raise httpx2.ReadError("the answer is too long")
            yield chunk

    @override
    async def aclose(self) -> None:
        await self._stream.aclose()


async def _all_tools(client: Client) -> list[McpTool]:
    """Read the whole list, page by page; a server whose pages go in circles is read once."""
    tools: list[McpTool] = []
    cursor: str | None = None
    seen: set[str] = set()
    while len(seen) < _MAX_PAGES:
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        cursor = page.next_cursor
        if not cursor or cursor in seen or len(tools) > MAX_TOOLS:
            break
        seen.add(cursor)
    return tools


def _revealed(secrets: Mapping[str, SecretStr]) -> dict[str, str]:
    return {name: secret.get_secret_value() for name, secret in secrets.items()}
