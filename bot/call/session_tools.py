"""The tools of one session: the ones that ship, the operator's own, and MCP servers'."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module

import httpx

from bot.call.person import bound_to_persons
from bot.call.tool_sources import mcp_servers, operator_tools
from bot.languages.choice import language_for
from bot.settings import Settings
from processors.tls import shared_tls_context
from tools import TOOLS
from tools.appointments import Appointments
from tools.calls.commands import CallEvent
from tools.calls.floor import Floor
from tools.language import ToolLanguage
from tools.runtime.runtime import ToolRuntime
from tools.tool import Tool

_HTTP_LIMIT_SECS = 10.0


@asynccontextmanager
async def open_session_tools(  # noqa: PLR0913 - what the tools of a call need
    settings: Settings,
    *,
    hang_up: Callable[[], Awaitable[None]],
    on_event: Callable[[CallEvent], None] | None = None,
    floor: Floor | None = None,
    session_key: str | None = None,
    before_effect: Callable[[], Awaitable[bool]] | None = None,
) -> AsyncGenerator[ToolRuntime]:
    """Make the runtime with its tools and clients; everything is closed after the block.

    The tools of MCP servers come when their servers have answered.
    """
    language = language_for(settings.language).tools
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            httpx.AsyncClient(timeout=_HTTP_LIMIT_SECS, verify=shared_tls_context())
        )
        runtime = ToolRuntime(
            # Of two tools that would do, the scripted brain calls the first: the operator's.
            tools=[*operator_tools(settings), *_of_the_house(settings, language)],
            resources={
                "http": http,
                "hang_up": hang_up,
                "appointments": Appointments(settings.appointments_file),
            },
            on_event=on_event,
            floor=floor,
            max_steps=settings.max_tool_steps,
            language=language,
            session_key=session_key,
            before_effect=before_effect,
        )
        if servers := mcp_servers(settings):
            from tools.mcp.servers import open_mcp_tools

            await stack.enter_async_context(open_mcp_tools(servers, offer=runtime.offer))
        stack.push_async_callback(runtime.aclose)
        yield runtime


def load_outside_tools(settings: Settings) -> None:
    """Import now what the tools of MCP servers need, where there are any."""
    if settings.mcp_servers is not None:
        import_module("tools.mcp.servers")


def _of_the_house(settings: Settings, language: ToolLanguage) -> list[Tool]:
    return [bound_to_persons(tool, settings) for tool in language.told_in(TOOLS)]
