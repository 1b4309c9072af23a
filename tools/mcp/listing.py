"""Makes what comes from an MCP server fit before the official client reads it.

It comes no faster than it can be looked at beside a call: whoever sends more waits. The client
refuses a page for one tool that the protocol does not allow; an argument schema without
`"type": "object"` is enough. Here such a tool is mended, or alone left out.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self, cast

from loguru import logger
from mcp.client import Transport

# What a transport's ends look like has no public name.
from mcp.client._transport import ReadStream, TransportStreams
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCResponse
from mcp_types.methods import validate_server_result
from mcp_types.version import LATEST_HANDSHAKE_VERSION
from pydantic import ValidationError

from tools.mcp.pace import Pace

# OpenAI takes 128 functions in a request, the bot's own among them.
MAX_TOOLS = 100

# Each is a task of the client's, and it asks for none of those that tell how far a call has come.
_MESSAGES_AT_ONCE = 200
_MESSAGES_PER_SEC = 50

_Item = SessionMessage | Exception


@asynccontextmanager
async def with_fit_lists(transport: Transport) -> AsyncGenerator[TransportStreams]:
    """Open a transport whose lists of tools can be read whole."""
    async with transport as (incoming, outgoing):
        yield _FitLists(incoming), outgoing


class _FitLists:
    """What comes in, with its lists made fit."""

    def __init__(self, incoming: ReadStream[_Item]) -> None:
        self._incoming = incoming
        self._pace = Pace(at_once=_MESSAGES_AT_ONCE, per_sec=_MESSAGES_PER_SEC)

    @property
    def last_context(self) -> object:
        """The sender's context, which the client asks for."""
        return getattr(self._incoming, "last_context", None)

    async def receive(self) -> _Item:
        """Return the next message."""
        return await self._next(self._incoming.receive())

    async def aclose(self) -> None:
        """Take no more."""
        await self._incoming.aclose()

    def __aiter__(self) -> Self:
        """Return the messages, one by one."""
        return self

    async def __anext__(self) -> _Item:
        """Return the next message."""
        return await self._next(anext(self._incoming))

    async def _next(self, coming: Awaitable[_Item]) -> _Item:
        item = await coming
        await self._pace.take()
        return _made_fit(item)

    async def __aenter__(self) -> Self:
        await self._incoming.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> bool | None:
        return await self._incoming.__aexit__(exc_type, exc_val, exc_tb)


def _made_fit(item: _Item) -> _Item:
    if isinstance(item, SessionMessage) and isinstance(item.message, JSONRPCResponse):
        result = item.message.result
        tools = result.get("tools")
        if isinstance(tools, list):
            # Before they are looked at: each takes its time, and somebody may be speaking. One more
            # shows that there were too many.
            del cast("list[object]", tools)[MAX_TOOLS + 1 :]
        if isinstance(tools, list) and not _are_fit(cast("list[object]", tools)):
            fit = [_fit_form(tool) for tool in cast("list[object]", tools)]
            result["tools"] = [tool for tool in fit if tool is not None]
            logger.warning("{} tools of an MCP server are no tools", fit.count(None))
    return item


def _fit_form(tool: object) -> object | None:
    """Return the tool, or what can be made of it; None if nothing can."""
    if _are_fit([tool]):
        return tool
    if not isinstance(tool, dict):
        return None
    given = cast("dict[str, Any]", tool)
    schema = given.get("inputSchema") or {}
    bare = {
        key: given[key] for key in ("name", "title", "description", "annotations") if given.get(key)
    }
    if isinstance(schema, dict):
        bare["inputSchema"] = {**cast("dict[str, Any]", schema), "type": "object"}
    return bare if _are_fit([bare]) else None


def _are_fit(tools: list[object]) -> bool:
    try:
        validate_server_result("tools/list", LATEST_HANDSHAKE_VERSION, {"tools": tools})
    except ValidationError:
        return False
    return True
