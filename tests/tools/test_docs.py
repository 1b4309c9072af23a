"""The example in docs/tools.md is loaded, called and held to what the page promises."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.tools.runtime.talk import calls, id_of, open_talk, words
from tools.calls import admission, dead_air, questions
from tools.loading import load_tools
from tools.mcp import connection
from tools.mcp.config import parse_servers
from tools.result import MAX_RESULT_BYTES, MAX_RESULT_CHARS
from tools.tool import Tool

_PAGE = (Path(__file__).parents[2] / "docs" / "tools.md").read_text(encoding="utf-8")


def _example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", _PAGE, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def shop(tmp_path: Path) -> list[Tool]:
    file = tmp_path / "shop.py"
    file.write_text(_example("python"), encoding="utf-8")
    return load_tools([tmp_path])


async def test_the_example_is_called_and_asks_before_it_orders(shop: list[Tool]) -> None:
    orders: list[str] = []
    async with open_talk(shop, resources={"orders": orders}) as talk:
        stock, order = (
            calls(("check_stock", {"item": "apples"})),
            calls(("order", {"item": "apples", "pieces": 3})),
        )
        talk.model_says(stock, words("Twelve apples."), order, words("They are coming."))
        await talk.caller_says("Have you got apples?")
        await talk.until_spoken("Twelve apples.")
        assert talk.result_of(id_of(stock))["data"] == {"item": "apples", "pieces": 12}
        await talk.caller_says("Order three.")
        await talk.until_spoken("Shall I order 3 apples?")
        assert orders == []
        await talk.runtime.answer(id_of(order), is_yes=True)
        await talk.until_spoken("They are coming.")
        assert len(orders) == 1


async def test_the_example_fails_honestly(shop: list[Tool]) -> None:
    async with open_talk(shop, resources={"orders": []}) as talk:
        reply = calls(("check_stock", {"item": "cars"}))
        talk.model_says(reply, words("No cars here."))
        await talk.caller_says("Have you got cars?")
        await talk.until_spoken("No cars here.")
        assert talk.result_of(id_of(reply)) == {
            "status": "unknown_item",
            "note": "The shop does not sell cars.",
        }


def test_the_server_list_of_the_page_is_read() -> None:
    assert set(parse_servers(_example("json"))) == {"files", "shop"}
    assert json.loads(_example("json"))


@pytest.mark.promise("Tools", "The figures of the page about tools are those of the code.")
def test_the_figures_of_the_page_are_the_codes() -> None:
    assert f"{MAX_RESULT_CHARS:,} characters, {MAX_RESULT_BYTES:,} bytes" in _PAGE
    assert f"After {dead_air.FILLER_AFTER_SECS * 1000:.0f} ms of silence" in _PAGE
    assert f"every {dead_air.PROGRESS_EVERY_SECS:.0f} s a word on progress" in _PAGE
    assert f"answered within {connection.CONNECT_SECS:.0f} s" in _PAGE
    assert f"again, for {connection.RECONNECT_SECS:.0f} s at most" in _PAGE
    assert f"within {questions.ANSWER_WITHIN_SECS:.0f} s" in _PAGE
    assert admission.MAX_TOOL_STEPS == 5 and "More than five generations" in _PAGE
