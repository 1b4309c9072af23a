"""One tool that the protocol does not allow costs itself at most, never its server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.tools.mcp.mcp_offers import at, opened
from tests.tools.mcp.unkind_mcp import Message, described, open_unkind_http
from tests.virtual_time import run_in_virtual_time
from tools.mcp.listing import with_fit_lists

_FINE = described("fine")


def odd(**more: object) -> Message:
    return {**described("odd"), **more}


@pytest.mark.promise(
    "Tools", "A tool that breaks the protocol costs itself at most, never its server."
)
@pytest.mark.parametrize(
    "tool",
    [
        odd(inputSchema={"properties": {"a": {}}}),
        odd(inputSchema={}),
        odd(inputSchema=None),
        odd(inputSchema={"type": ["object", "null"]}),
        odd(outputSchema={"type": "string"}),
        odd(icons=[{"src": 1}]),
        odd(description=None),
        {"name": "odd"},
    ],
)
async def test_a_tool_in_an_odd_form_is_offered_too(tool: Message) -> None:
    async with open_unkind_http() as server:
        server.pages = {"": ([tool, _FINE], None)}
        async with opened(at(server.url)) as tools:
            assert tools.keys() == {"far__odd", "far__fine"}


@pytest.mark.promise(
    "Tools", "A tool that breaks the protocol costs itself at most, never its server."
)
@pytest.mark.parametrize(
    "tool",
    [
        odd(inputSchema={"type": "object", "properties": True}),
        odd(inputSchema={"type": "object", "required": "a"}),
        odd(inputSchema="none"),
        odd(name=None),
        odd(name={"a": 1}),
        "odd",
        None,
    ],
)
async def test_what_is_no_tool_alone_is_left_out(tool: Message) -> None:
    async with open_unkind_http() as server:
        server.pages = {"": ([tool, _FINE], None)}
        async with opened(at(server.url)) as tools:
            assert tools.keys() == {"far__fine"}


@pytest.mark.promise(
    "Tools", "A server of tools that floods its line takes neither memory nor time of the call."
)
def test_whoever_says_much_waits() -> None:
    class Chatty:
        async def receive(self) -> Exception:
            return ValueError("no message")

        async def __anext__(self) -> Exception:
            return ValueError("no message")

        def __aiter__(self) -> Chatty:
            return self

    async def hear_much() -> float:
        @asynccontextmanager
        async def transport() -> AsyncGenerator[Any]:
            yield Chatty(), None

        begun_secs = asyncio.get_running_loop().time()
        async with with_fit_lists(transport()) as (incoming, _):
            for _ in range(500):
                await incoming.receive()
            async with asyncio.timeout(3_600):
                for _ in range(500):
                    await anext(incoming)
        return asyncio.get_running_loop().time() - begun_secs

    assert run_in_virtual_time(hear_much()) > 10.0
