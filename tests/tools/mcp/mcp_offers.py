"""Waits for the tools that MCP servers offer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tools.mcp.config import McpServer, parse_servers
from tools.mcp.servers import open_mcp_tools
from tools.tool import Tool

_LIMIT_SECS = 20.0


@dataclass
class Offered:
    """What the servers have offered so far."""

    tools: dict[str, Tool] = field(default_factory=dict[str, Tool])
    servers: int = 0

    def take(self, tools: list[Tool]) -> None:
        self.tools |= {tool.name: tool for tool in tools}
        self.servers += 1

    async def by(self, servers: int) -> dict[str, Tool]:
        """Wait until so many servers have offered theirs, or failed, and return all."""
        async with asyncio.timeout(_LIMIT_SECS):
            while self.servers < servers:  # noqa: ASYNC110 - a subprocess has no event
                await asyncio.sleep(0.01)
        return self.tools


@asynccontextmanager
async def opened(servers: dict[str, McpServer]) -> AsyncGenerator[dict[str, Tool]]:
    """The tools of all these servers, once each has answered or failed."""
    offered = Offered()
    async with open_mcp_tools(servers, offer=offered.take):
        yield await offered.by(len(servers))


def at(url: str, *, timeout_secs: float = 20.0, is_trusted: bool = False) -> dict[str, McpServer]:
    """One server over HTTP, called `far`."""
    far = {"url": url, "timeout_secs": timeout_secs, "trusted": is_trusted}
    return parse_servers(json.dumps({"far": far}))
