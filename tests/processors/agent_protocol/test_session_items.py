from __future__ import annotations

import json

import pytest
from livekit.protocol.agent_pb import agent_session as pb

from processors.agent_protocol.events import Side, ToolCall, ToolOutcome
from processors.agent_protocol.session_items import SessionItems


@pytest.mark.promise(
    "Captions and clients", "What clients are told of a tool's arguments and results is bounded."
)
def test_arguments_and_results_are_bounded_and_readable() -> None:
    items = SessionItems()
    long = {"text": "ü" * 100_000}
    call = items.add_call(ToolCall("1", "look", long)).function_call
    output = items.add_output(ToolOutcome("1", "look", long, False, False, True))
    assert len(call.arguments) == len(output.function_call_output.output) == 4_000
    assert call.arguments.startswith('{"text": "üüü')
    odd = items.add_output(ToolOutcome("2", "look", {"when": object()}, True, False, True))
    assert odd.function_call_output.is_error
    assert odd.function_call_output.output.startswith('{"when": ')


@pytest.mark.promise(
    "Captions and clients",
    "A listener that fails, as on half a character, keeps no other from an event.",
)
def test_half_a_character_of_a_models_or_a_tools_fails_nothing() -> None:
    items, halves = SessionItems(), {"text": "Rome \ud83d", "\udc00": 1}
    call = items.add_call(ToolCall("1", "look", halves)).function_call
    output = items.add_output(ToolOutcome("1", "look", halves, False, False, True))
    for told in (call.arguments, output.function_call_output.output):
        assert json.loads(told) == {"text": "Rome ", "": 1}


def test_the_history_keeps_the_newest_of_an_endless_conversation() -> None:
    items = SessionItems()
    for number in range(700):
        items.add_message(Side.BOT, str(number), is_interrupted=False, metrics=pb.MetricsReport())
    kept = [item.message.content[0].text for item in items.all()]
    assert kept == [str(number) for number in range(200, 700)]


def test_every_item_has_an_id_of_its_own() -> None:
    items = SessionItems()
    for side in (Side.CALLER, Side.BOT):
        items.add_message(side, "Hi", is_interrupted=False, metrics=pb.MetricsReport())
    caller, bot = (item.message for item in items.all())
    assert caller.id != bot.id
    assert (caller.role, bot.role) == (pb.USER, pb.ASSISTANT)
