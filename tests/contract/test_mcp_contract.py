"""Our MCP client against the protocol's reference server: another language, another author."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from tests.contract.mcp_everything import (
    everything_on_stdio,
    kill_everything,
    open_everything_on_http,
)
from tests.tools.mcp.mcp_offers import opened
from tools.errors import ArgumentsError, ToolError
from tools.mcp.config import McpServer
from tools.tool import Effect, Tool

_LIMIT_SECS = 10.0


@pytest.fixture(params=["stdio", "http"])
async def everything(request: pytest.FixtureRequest) -> AsyncIterator[dict[str, McpServer]]:
    if request.param == "stdio":
        yield everything_on_stdio()
        return
    async with open_everything_on_http() as servers:
        yield servers


@asynccontextmanager
async def _opened(servers: dict[str, McpServer]) -> AsyncGenerator[dict[str, Tool]]:
    """The tools under the names that the server gives them."""
    async with opened(servers) as found:
        yield {name.removeprefix("every__"): tool for name, tool in found.items()}


async def test_its_tools_say_what_they_do_and_answer(everything: dict[str, McpServer]) -> None:
    async with _opened(everything) as tools:
        assert tools["get-sum"].required == ["a", "b"]
        assert tools["get-sum"].effect is Effect.READ
        assert tools["gzip-file-as-resource"].effect is Effect.WRITE
        assert await tools["get-sum"](a=1, b=2) == "The sum of 1 and 2 is 3."
        weather = await tools["get-structured-content"](location="Chicago")
        assert isinstance(weather, dict) and weather["temperature"] == 36


async def test_a_picture_is_a_word_and_not_its_bytes(everything: dict[str, McpServer]) -> None:
    async with _opened(everything) as tools:
        text = str(await tools["get-tiny-image"]())
    assert text.startswith("Here's the image") and "(image)" in text
    assert len(text) < 200


async def test_what_it_refuses_is_told_and_the_next_call_works(
    everything: dict[str, McpServer],
) -> None:
    async with _opened(everything) as tools:
        with pytest.raises(ArgumentsError, match="a"):
            tools["get-sum"].validate({"a": "one", "b": 2})
        with pytest.raises(ToolError, match="Invalid resourceId"):
            await tools["get-resource-reference"](resourceType="Text", resourceId=-1)
        assert await tools["echo"](message="still here") == "Echo: still here"


async def test_a_long_call_given_up_leaves_the_connection_whole(
    everything: dict[str, McpServer],
) -> None:
    """It reports its progress meanwhile, which nobody asked for."""
    async with _opened(everything) as tools:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await tools["trigger-long-running-operation"](duration=30, steps=300)
        assert await tools["echo"](message="still here") == "Echo: still here"


async def test_a_server_killed_in_mid_call_keeps_nobody_waiting(
    everything: dict[str, McpServer],
) -> None:
    """Each call finds a server that was started anew, or an error, and neither late."""
    async with _opened(everything) as tools:
        long = tools["trigger-long-running-operation"](duration=2, steps=20)
        call = asyncio.ensure_future(long)
        await asyncio.sleep(0.3)
        kill_everything()
        for answer in (call, tools["echo"](message="hello?")):
            with suppress(ToolError):
                await asyncio.wait_for(answer, _LIMIT_SECS)
