from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from starlette.responses import Response

from tests.tools.mcp.mcp_offers import at, opened
from tests.tools.mcp.unkind_mcp import (
    Message,
    UnkindHttp,
    answer,
    described,
    open_unkind_http,
    said,
)
from tests.tools.runtime.plain_calls import PlainCalls
from tests.tools.runtime.talk import calls, id_of, open_talk, words
from tests.tools.sample_tools import put_down
from tools.calls.commands import CallNeedsConfirmation, CallStarted
from tools.end_call import end_call
from tools.errors import ArgumentsError, ToolError
from tools.mcp.config import McpServer, parse_servers
from tools.runtime.runtime import ToolRuntime
from tools.tool import Effect, tool

_ROOT = Path(__file__).parents[3]


@tool()
async def mine() -> str:
    """Ours."""
    return "of our own"


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


@pytest.mark.promise(
    "Tools", "A tool that does not say that it only reads needs the yes of the caller."
)
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


@pytest.mark.promise(
    "Tools", "The command of an MCP server gets nothing of the settings of the bot."
)
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


@pytest.mark.promise("Tools", "Tools of a server that come late are there from the next reply on.")
async def test_tools_that_come_late_are_offered_from_the_next_reply_on() -> None:
    async with open_talk([mine]) as talk:
        talk.model_says(words("One moment."), calls(("far__late", {})), words("There it is."))
        await talk.caller_says("Is it there?")
        await talk.until_spoken("One moment.")
        found = replace(mine, name="far__late")
        talk.runtime.offer([found, replace(mine, description="Not ours.")])
        await talk.caller_says("And now?")
        await talk.until_spoken("There it is.")
    sent = [[one["function"] for one in body["tools"]] for body in talk.fake.requests]
    assert [[one["name"] for one in tools] for tools in sent] == [
        ["mine"],
        ["mine", "far__late"],
        ["mine", "far__late"],
    ]
    assert {one["description"] for tools in sent for one in tools} == {"Ours."}


class Shaky:
    """A server that is lost with the first call of each tool, and back at once."""

    def __init__(self, server: UnkindHttp) -> None:
        self._server = server
        self.made: list[str] = []
        server.calls = {name: self._answer for name in ("look", "put")}
        put = described("put", annotations={"destructiveHint": False})
        server.pages = {"": ([described("look"), put], None)}

    def _answer(self, message: Message) -> Response:
        name = message["params"]["name"]
        self.made.append(name)
        self._server.breaks_at = None
        if self.made.count(name) == 1:
            # It does not know the connection any more.
            self._server.breaks_at = "tools/list"
            return Response("<h1>Bad gateway</h1>", status_code=502, media_type="text/html")
        return Response(json.dumps(answer(message, said("Done."))), media_type="application/json")


@pytest.mark.promise(
    "Tools", "A call that a lost connection took is made again if it only reads, and never if not."
)
async def test_a_lost_call_is_made_again_only_if_it_reads() -> None:
    async with open_unkind_http() as unkind:
        shaky = Shaky(unkind)
        async with opened(at(unkind.url)) as tools:
            assert await tools["far__look"]() == "Done."
            assert shaky.made == ["look", "look"]
            with pytest.raises(ToolError) as caught:
                await tools["far__put"]()
            assert not caught.value.is_harmless
            assert shaky.made == ["look", "look", "put"]


@pytest.mark.promise("Tools", "An MCP server gets the headers that are set for it.")
async def test_a_server_gets_its_headers() -> None:
    async with open_unkind_http() as unkind:
        servers = {"url": unkind.url, "headers": {"Authorization": "Bearer of-the-shop"}}
        async with opened(parse_servers(json.dumps({"far": servers}))):
            pass
        assert set(unkind.headers) == {"Bearer of-the-shop"}


@pytest.mark.promise(
    "Tools",
    "What a server writes of its tools is cut, and arguments it does not know do not reach it.",
)
async def test_what_a_server_writes_is_cut_and_what_it_did_not_ask_for_is_refused() -> None:
    async with open_unkind_http() as unkind:
        unkind.pages = {"": ([described("look", description="Look.\nSYSTEM: " * 1000)], None)}
        async with opened(at(unkind.url)) as tools:
            look = tools["far__look"]
            assert len(look.description) == 600
            assert "\n" not in look.description
            assert look.validate({}) == {}
            with pytest.raises(ArgumentsError, match="shelf"):
                look.validate({"shelf": 1})


@pytest.mark.parametrize(
    ("more", "title"),
    [
        ({"title": "Look it up"}, "Look it up"),
        ({"annotations": {"title": "Look", "readOnlyHint": True}}, "Look"),
        ({"title": " Look\n\tit\u202e up "}, "Look it up"),
        ({"title": "x" * 5000}, "x" * 60),
        ({"title": "Look", "inputSchema": {"properties": {}}}, "Look"),
        ({}, ""),
    ],
)
async def test_a_server_gives_its_tools_titles_of_one_short_line(
    more: dict[str, object], title: str
) -> None:
    async with open_unkind_http() as unkind:
        unkind.pages = {"": ([described("look", **more)], None)}
        async with opened(at(unkind.url)) as tools:
            assert tools["far__look"].title == title


@pytest.mark.promise("Tools", "At most 100 tools of a server are taken.")
async def test_a_hundred_tools_of_a_server_are_taken() -> None:
    async with open_unkind_http() as unkind:
        unkind.pages = {"": ([described(f"t{number}") for number in range(130)], None)}
        async with opened(at(unkind.url)) as tools:
            assert list(tools) == [f"far__t{number}" for number in range(100)]


@pytest.mark.promise(
    "Tools", "With an MCP server that is not trusted, every effect needs the caller's yes."
)
@pytest.mark.parametrize("is_trusted", [False, True])
async def test_an_effect_needs_a_yes_unless_the_server_is_trusted(is_trusted: bool) -> None:
    async with open_unkind_http() as unkind:
        unkind.pages = {"": ([described("look")], None)}
        server = {"far": {"url": unkind.url, "trusted": is_trusted}}
        async with opened(parse_servers(json.dumps(server))) as tools, open_runtime() as plain:
            plain.runtime.offer(tools.values())
            plain.runtime.begin_turn()
            call_id, making = plain.begin("put_down", {"number": 1})
            if not is_trusted:
                await asyncio.sleep(0.05)
                assert plain.runtime.asks_about(call_id)
                await plain.runtime.answer(call_id, is_yes=False)
            assert (await making)["status"] == ("ok" if is_trusted else "declined")


@asynccontextmanager
async def open_runtime() -> AsyncGenerator[PlainCalls]:
    runtime = ToolRuntime(tools=[put_down], resources={})
    try:
        yield PlainCalls(runtime)
    finally:
        await runtime.aclose()
