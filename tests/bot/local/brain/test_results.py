from __future__ import annotations

import pytest

from bot.local.brain.conversation import ToolCall, ToolResult
from bot.local.brain.results import phrase


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"status": "ok", "data": {"spoken": "It is noon."}, "note": "Data."}, "It is noon."),
        ({"status": "ok", "note": "The tool finished and found nothing."}, "found nothing"),
        ({"temperature": 12, "sky": "clear"}, "Temperature: 12; sky: clear."),
        ({"error": "the service is down"}, "The service is down."),
        ({"ok": False}, "did not work"),
        ({"status": "failed", "note": "It failed inside. Say honestly"}, "did not work"),
        ({"status": "declined", "note": "The caller said no."}, "left it as it was"),
        ({"status": "unknown_place", "note": "I do not know Xyz."}, "I do not know Xyz."),
        ({"status": "confirming", "note": "Shall I book it?"}, "Shall I book it?"),
        ([], "nothing on the list"),
        (["tea", "milk"], "Tea; milk."),
        ([{"subject": "haircut", "hour": 3}], "Haircut, 3."),
        ("It worked", "It worked."),
        (7, "7."),
        (None, "Unknown."),
        ({}, "nothing"),
    ],
)
def test_whatever_a_tool_returns_becomes_a_sentence(value: object, words: str) -> None:
    text = phrase([ToolResult(ToolCall("any", {}), value)]).text
    assert words in text
    assert text.endswith((".", "!", "?"))


def test_notes_to_the_model_are_not_read_to_the_caller() -> None:
    note = "It may or may not have happened. Tell the caller honestly and do not try it again."
    text = phrase([ToolResult(ToolCall("any", {}), {"status": "odd", "note": note})]).text
    assert text == "It may or may not have happened."


def test_a_failure_does_not_hide_what_worked() -> None:
    good = ToolResult(ToolCall("a", {}), {"spoken": "It is noon."})
    bad = ToolResult(ToolCall("b", {}), {"error": "No network"})
    assert phrase([bad, good]).text == "No network. It is noon."
