"""One connection to an MCP server, in a task of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack

from loguru import logger
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client import Transport
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.types import Tool as McpTool
from pydantic import SecretStr

from tools.mcp_config import McpServer

CONNECT_SECS = 10.0
_CLOSE_SECS = 5.0


class McpConnection:
    """Connects, keeps the connection and closes it.

    The client lives in a task of its own because its task group, when the server dies, cancels the
    task it was opened in; that must not be the session's.

    Args:
        name: Of the server, for the log.
        server: Where it is.
    """

    def __init__(self, name: str, server: McpServer) -> None:
        self.name = name
        self.server = server
        self.client: Client | None = None
        """The connected client; None before and after."""
        self.tools: list[McpTool] = []
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> bool:
        """Connect and list the tools; returns False, with a warning in the log, if that fails."""
        ready = asyncio.Event()
        self._task = asyncio.create_task(self._serve(ready), name=f"mcp-{self.name}")
        waiting = asyncio.create_task(ready.wait())
        try:
            await asyncio.wait(
                {waiting, self._task}, timeout=CONNECT_SECS, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            waiting.cancel()
        if not ready.is_set():
            logger.warning("MCP server {} is left out: it cannot be reached", self.name)
            await self.aclose()
        return ready.is_set()

    async def aclose(self) -> None:
        """Disconnect, and end the server if it is a command."""
        self._closing.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=_CLOSE_SECS)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _serve(self, ready: asyncio.Event) -> None:
        try:
            async with AsyncExitStack() as stack:
                transport = await self._transport(stack)
                client = await stack.enter_async_context(Client(transport))
                self.tools = (await client.list_tools()).tools
                self.client = client
                ready.set()
                await self._closing.wait()
        except Exception as error:  # noqa: BLE001 - a broken server may fail in any way, in groups
            logger.warning("MCP server {} failed: {}", self.name, type(error).__name__)
        finally:
            self.client = None

    async def _transport(self, stack: AsyncExitStack) -> Transport:
        server = self.server
        if server.command:
            # What it prints may hold what the caller said.
            nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: ASYNC230, SIM115 - on the stack
            stack.callback(nowhere.close)
            parameters = StdioServerParameters(
                command=server.command, args=list(server.args), env=_revealed(server.env)
            )
            return stdio_client(parameters, errlog=nowhere)
        http = await stack.enter_async_context(
            create_mcp_http_client(headers=_revealed(server.headers))
        )
        return streamable_http_client(server.url, http_client=http)


def _revealed(secrets: Mapping[str, SecretStr]) -> dict[str, str]:
    return {name: secret.get_secret_value() for name, secret in secrets.items()}
