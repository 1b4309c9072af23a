from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import uvicorn

from tests.tools.mcp.mcp_offers import opened
from tests.tools.runtime.talk import calls, id_of, open_talk, words
from tools.calls.commands import CallNeedsConfirmation, CallStarted
from tools.end_call import end_call
from tools.errors import ArgumentsError, ToolError
from tools.mcp.config import McpServer, parse_servers
from tools.tool import Effect

_ROOT = Path(__file__).parents[3]


def _stdio(*, trusted: bool = False) -> dict[str, McpServer]:
    server = {
        "command": sys.executable,
        "args": ["-m", "tests.tools.mcp.mcp_sample"],
        "env": {"PYTHONPATH": ":".join([str(_ROOT), *filter(None, sys.path)])},
        "trusted": trusted,
    }
    return parse_servers(json.dumps({"sample": server}))


@asynccontextmanager
async def _open_http() -> AsyncGenerator[dict[str, McpServer]]:
    from tests.tools.mcp.mcp_sample import server

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        app = server.streamable_http_app()
        web = uvicorn.Server(uvicorn.Config(app, log_config=None, log_level="error"))
        serving = asyncio.create_task(web.serve(sockets=[listener]))
        try:
            url = f"http://127.0.0.1:{port}/mcp"
            yield parse_servers(json.dumps({"mcpServers": {"sample": {"url": url}}}))
        finally:
            web.should_exit = True
            await serving


async def test_the_tools_of_a_command_are_there_and_work() -> None:
    async with opened(_stdio()) as tools:
        assert tools["sample__add"].required == ["left", "right"]
        assert await tools["sample__add"](left=1, right=2) == {"result": 3}
        place = tools["sample__describe"].properties["place"]
        assert place["properties"]["city"]["type"] == "string"


async def test_the_tools_of_a_url_are_there_and_work() -> None:
    async with _open_http() as servers, opened(servers) as found:
        assert await found["sample__add"](left=1, right=2) == {"result": 3}


async def test_what_a_server_does_not_call_harmless_needs_a_yes() -> None:
    async with opened(_stdio()) as found:
        effects = {tool.name: tool.effect for tool in found.values()}
    assert effects["sample__add"] is Effect.READ
    assert effects["sample__note"] is Effect.WRITE
    assert effects["sample__delete_all"] is Effect.IRREVERSIBLE


async def test_wrong_arguments_do_not_reach_the_server() -> None:
    async with opened(_stdio()) as found:
        with pytest.raises(ArgumentsError, match="left"):
            found["sample__add"].validate({"left": "one", "right": 2})


async def test_the_bots_own_environment_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEKIT_API_SECRET", "very secret")
    async with opened(_stdio()) as found:
        names = await found["sample__environment"]()
    assert isinstance(names, dict)
    assert "LIVEKIT_API_SECRET" not in names["result"]


async def test_a_failing_tool_is_told() -> None:
    async with opened(_stdio()) as found:
        with pytest.raises(ToolError) as caught:
            await found["sample__fail"]()
    assert caught.value.code == "tool_failed"
    assert not caught.value.is_harmless


async def test_a_server_that_dies_in_a_call_is_started_again_for_the_next() -> None:
    async with opened(_stdio()) as tools:
        with pytest.raises(ToolError):
            await asyncio.wait_for(tools["sample__die"](), 20.0)
        assert await tools["sample__add"](left=1, right=2) == {"result": 3}


async def test_a_server_that_cannot_be_reached_is_left_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/mcp"
    servers = parse_servers(
        json.dumps({"gone": {"url": url}, "none": {"command": "no-such-command-here"}})
    )
    async with opened({**servers, **_stdio()}) as found:
        assert {tool.name.partition("__")[0] for tool in found.values()} == {"sample"}


async def test_a_description_that_gives_orders_causes_no_effect() -> None:
    hung_up: list[bool] = []

    async def hang_up() -> None:
        hung_up.append(True)

    async with AsyncExitStack() as stack:
        found = await stack.enter_async_context(opened(_stdio()))
        talk = await stack.enter_async_context(
            open_talk([*found.values(), end_call], resources={"hang_up": hang_up})
        )
        # A model that obeys the description at once: it deletes, and hangs up.
        reply = calls(("sample__delete_all", {}), ("end_call", {"goodbye": "Bye!"}))
        talk.model_says(reply, words("All right."))
        await talk.caller_says("Describe Rome.")
        await talk.until_spoken("Shall I really do this: sample delete all?")
        await asyncio.sleep(0.4)
        await talk.caller_says("No!")
        await talk.until_spoken("Shall I end the call now?")
        await asyncio.sleep(0.4)
        await talk.caller_says("No!")
        await talk.until_spoken("All right.")
        assert not any(isinstance(event, CallStarted) for event in talk.events)
        assert sum(isinstance(event, CallNeedsConfirmation) for event in talk.events) == 2
        assert talk.result_of(id_of(reply, 1))["status"] == "declined"
    assert hung_up == []
