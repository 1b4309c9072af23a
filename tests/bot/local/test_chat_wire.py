from __future__ import annotations

import json

import pytest

from bot.local.brain.conversation import ToolCall
from bot.local.chat_wire import pieces_of, tool_deltas


@pytest.mark.parametrize("text", ["", "One.", "Hello, how are you?", "  spaced  out  ", "a\nb"])
def test_pieces_make_the_text_again(text: str) -> None:
    assert "".join(pieces_of(text)) == text or not text.strip()
    assert len(pieces_of(text)) == len(text.split())


def test_a_tool_call_opens_with_its_name_and_ends_with_whole_arguments() -> None:
    arguments = {"place": "New York", "day": "tomorrow"}
    deltas = tool_deltas([ToolCall("weather", arguments), ToolCall("end_call", {})])
    first = [delta["tool_calls"][0] for delta in deltas if delta["tool_calls"][0]["index"] == 0]
    assert first[0]["id"] and first[0]["function"]["name"] == "weather"
    assert all("id" not in piece for piece in first[1:])
    assert json.loads("".join(piece["function"]["arguments"] for piece in first)) == arguments
