"""What servers do to those who connect to them, and what the model and the caller get of it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from starlette.responses import Response

from tests.tools.mcp.mcp_offers import Offered, at, opened
from tests.tools.mcp.unkind_mcp import (
    Message,
    answer,
    described,
    open_silence,
    open_unkind_http,
    refusal,
    said,
)
from tests.tools.runtime.talk import calls, id_of, open_talk, words
from tools.errors import ToolError
from tools.mcp.config import McpServer, parse_servers
from tools.mcp.servers import open_mcp_tools
from tools.tool import tool

_ROOT = Path(__file__).parents[3]
_AT_ONCE_SECS = 5.0
"""On any machine; a server may take 30 s to connect."""
_STDIO_END_SECS = 12.0
"""A command that does not listen is asked twice, 2 s each, before it is killed; after 13 s it is
given up."""


def a_command(mode: str) -> dict[str, McpServer]:
    server = {
        "command": sys.executable,
        "args": ["-m", "tests.tools.mcp.unkind_mcp", mode],
        "env": {"PYTHONPATH": ":".join([str(_ROOT), *filter(None, sys.path)])},
    }
    return parse_servers(json.dumps({"near": server}))


async def _open_and_leave(servers: dict[str, McpServer]) -> tuple[float, float, Offered]:
    offered = Offered()
    begun_secs = time.monotonic()
    async with open_mcp_tools(servers, offer=offered.take):
        opened_secs = time.monotonic()
        await asyncio.sleep(0.2)  # it is under way
        leaving_secs = time.monotonic()
    return opened_secs - begun_secs, time.monotonic() - leaving_secs, offered


@pytest.mark.promise("Tools", "A server of tools that hangs holds up neither the call nor its end.")
async def test_a_server_that_accepts_and_is_silent_holds_up_nobody() -> None:
    async with open_silence() as url:
        open_secs, close_secs, offered = await _open_and_leave(at(url))
    assert open_secs < _AT_ONCE_SECS
    assert close_secs < _AT_ONCE_SECS
    assert offered.tools == {}


@pytest.mark.parametrize("method", ["server/discover", "initialize", "tools/list"])
async def test_a_server_that_hangs_on_the_way_holds_up_nobody(method: str) -> None:
    async with open_unkind_http() as unkind:
        unkind.hangs_at = method
        open_secs, close_secs, offered = await _open_and_leave(at(unkind.url))
    assert open_secs < _AT_ONCE_SECS
    assert close_secs < _AT_ONCE_SECS
    assert offered.tools == {}


@pytest.mark.parametrize("mode", ["silent", "hangs at list"])
async def test_a_command_that_hangs_holds_up_nobody_and_is_gone_afterwards(mode: str) -> None:
    open_secs, close_secs, offered = await _open_and_leave(a_command(mode))
    assert open_secs < _AT_ONCE_SECS
    assert close_secs < _STDIO_END_SECS
    assert offered.tools == {}
    assert not [child for child in psutil.Process().children() if mode in child.cmdline()]


@pytest.mark.parametrize("method", ["server/discover", "initialize", "tools/list"])
async def test_a_server_that_breaks_on_the_way_is_left_out(method: str) -> None:
    async with open_unkind_http() as unkind:
        unkind.pages = {"": ([described("look")], None)}
        unkind.breaks_at = method
        async with opened(at(unkind.url)) as tools:
            # Older servers know no discovery, and say so in many ways.
            assert set(tools) == ({"far__look"} if method == "server/discover" else set())


async def test_a_command_that_dies_at_its_list_is_left_out() -> None:
    async with opened(a_command("dies at list")) as tools:
        assert tools == {}


@pytest.mark.promise("Tools", "What a server of tools prints goes nowhere.")
async def test_a_command_that_prints_what_is_no_message_works_all_the_same(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with opened(a_command("noisy")) as tools:
        assert await tools["near__look"]() == "It is there."
    assert "a secret of the caller" not in "".join(capfd.readouterr())


async def test_a_paged_list_is_read_whole() -> None:
    async with open_unkind_http() as unkind:
        pages = [[described(f"t{page}-{n}") for n in range(20)] for page in range(4)]
        unkind.pages = {
            str(n or ""): (pages[n], str(n + 1) if n + 1 < len(pages) else None) for n in range(4)
        }
        async with opened(at(unkind.url)) as tools:
            assert len(tools) == 80


async def test_a_list_that_goes_in_circles_ends() -> None:
    async with open_unkind_http() as unkind:
        unkind.pages = {"": ([described("a")], "x"), "x": ([described("b")], "x")}
        async with opened(at(unkind.url)) as tools:
            assert set(tools) == {"far__a", "far__b"}
        assert unkind.listings == 2


async def test_a_list_without_an_end_ends() -> None:
    class Endless(dict[str, tuple[list[Message], str | None]]):
        def __missing__(self, cursor: str) -> tuple[list[Message], str | None]:
            return [described(f"t{cursor}")], f"{cursor}x"

    async with open_unkind_http() as unkind:
        unkind.pages = Endless()
        async with opened(at(unkind.url)) as tools:
            assert 1 < len(tools) <= 100


def _plain(body: str | bytes, media_type: str = "application/json", status: int = 200) -> Response:
    return Response(body, status_code=status, media_type=media_type)


def _ok(message: Message, result: object) -> Response:
    return _plain(json.dumps(answer(message, result)))


_PICTURE = {"type": "image", "data": "aGk=", "mimeType": "image/png"}

ANSWERS: dict[str, tuple[Callable[[Message], Response], str | None]] = {
    # What comes back, and what of it reaches the model; None is an honest failure.
    "broken JSON": (lambda _: _plain("{broken"), None),
    "no JSON-RPC": (lambda _: _plain('["what?"]'), None),
    "nothing": (lambda _: _plain(""), None),
    "the page of a proxy": (lambda _: _plain("<h1>Hi</h1>", "text/html"), None),
    "bad gateway": (lambda _: _plain("<h1>Bad</h1>", "text/html", 502), None),
    "accepted": (lambda _: _plain("", status=202), None),
    "a redirect": (lambda _: Response(status_code=307, headers={"location": "http://x.y/"}), None),
    "a refusal": (lambda m: _plain(json.dumps(refusal(m, -32602, "No such shelf."))), None),
    "wrong shape": (lambda m: _ok(m, {"content": "text"}), None),
    "wrong block": (lambda m: _ok(m, {"content": [{"type": "hologram"}]}), None),
    "a list": (lambda m: _ok(m, []), None),
    "an error": (lambda m: _ok(m, said("No milk today.", isError=True)), None),
    "a long error": (lambda m: _ok(m, said("x" * 5_000, isError=True)), None),
    "an error without words": (lambda m: _ok(m, {"content": [], "isError": True}), None),
    "a broken stream": (lambda _: _plain("data: {broken\n\n", "text/event-stream"), None),
    "a stream that ends": (lambda _: _plain(": ping\n\n", "text/event-stream"), None),
    "a picture": (lambda m: _ok(m, {"content": [_PICTURE]}), "(image)"),
    "a lot": (lambda m: _ok(m, said("x" * 1_500_000)), "xxx"),
    "empty": (lambda m: _ok(m, {"content": []}), "found nothing"),
    "words": (lambda m: _ok(m, said("Two bottles.")), "Two bottles."),
}


@tool()
async def mine() -> str:
    """Ours."""
    return "of our own"


@pytest.mark.promise(
    "Tools", "An answer of a server that cannot be read fails its own call and nothing else."
)
@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_of_any_kind_takes_only_its_own_call(name: str) -> None:
    respond, expected = ANSWERS[name]
    async with open_unkind_http() as unkind:
        unkind.pages = {"": ([described("odd"), described("good")], None)}
        unkind.calls = {"odd": respond, "good": lambda m: _ok(m, said("Good as gold."))}
        async with (
            opened(at(unkind.url, is_trusted=True)) as tools,
            open_talk([*tools.values(), mine]) as talk,
        ):
            reply = calls(("far__odd", {}), ("far__good", {}), ("mine", {}))
            again = calls(("far__good", {}))
            talk.model_says(reply, words("That is it."), again, words("Still there."))
            await talk.caller_says("Ask them all.")
            await talk.until_spoken("That is it.")
            odd, good, ours = (talk.result_of(id_of(reply, n)) for n in range(3))
            if expected is None:
                assert odd["status"] != "ok"
                assert 10 < len(odd["note"]) <= 300
            else:
                assert odd["status"] == "ok"
                assert expected in json.dumps(odd)
            assert (good["data"], ours["data"]) == ("Good as gold.", "of our own")
            await talk.caller_says("And again.")
            await talk.until_spoken("Still there.")
            assert talk.result_of(id_of(again))["data"] == "Good as gold."


@pytest.mark.promise("Tools", "A call that a server never answers ends in words.")
async def test_a_call_that_is_never_answered_ends_in_words() -> None:
    async with open_unkind_http() as unkind:
        unkind.pages = {"": ([described("slow")], None)}
        unkind.hangs_at = "tools/call"
        servers = at(unkind.url, timeout_secs=0.5, is_trusted=True)
        async with opened(servers) as tools, open_talk(tools.values()) as talk:
            reply = calls(("far__slow", {}))
            talk.model_says(reply, words("It took too long."))
            await talk.caller_says("Ask it.")
            await talk.until_spoken("It took too long.")
            assert talk.result_of(id_of(reply))["status"] == "timed_out"
            assert tools["far__slow"].timeout_secs == 0.5


async def test_a_server_that_was_away_is_found_again_by_the_next_call() -> None:
    async with open_unkind_http() as unkind:
        unkind.pages = {"": ([described("look")], None)}
        unkind.calls = {"look": lambda m: _ok(m, said("One."))}
        url, port = unkind.url, int(unkind.url.split(":")[2].partition("/")[0])
        offered = Offered()
        stack = open_mcp_tools(at(url), offer=offered.take)
        await stack.__aenter__()
        look = (await offered.by(1))["far__look"]
        assert await look() == "One."
    try:
        with pytest.raises(ToolError):
            await look()
        async with open_unkind_http(port) as again:
            again.pages = unkind.pages
            again.calls = {"look": lambda m: _ok(m, said("Two."))}
            assert await look() == "Two."
    finally:
        await stack.__aexit__(None, None, None)
