from __future__ import annotations

from typing import Any, cast

from pipecat.processors.aggregators import async_tool_messages
from pipecat.processors.aggregators.llm_context import LLMContext

from tools.runtime.context import (
    begins_turn,
    caller_message,
    mend_late_result,
    move_call_to_end,
    put_results_last,
    text_of,
)

_USER = {"role": "user", "content": "Hello."}
_REPLY = {"role": "assistant", "content": "Hi."}
_CALL = {"role": "assistant", "tool_calls": [{"id": "a", "type": "function"}]}
_PLACE = {"role": "tool", "tool_call_id": "a", "content": "running"}
_OTHER = [
    {"role": "assistant", "tool_calls": [{"id": "b", "type": "function"}]},
    {"role": "tool", "tool_call_id": "b", "content": "done"},
]


def _context(*messages: Any) -> LLMContext:
    return LLMContext(messages=[cast(Any, dict(message)) for message in messages])


def _late(call_id: str) -> Any:
    return async_tool_messages.build_final_result_message(call_id, '{"status": "ok"}')


def test_a_caller_who_spoke_last_begins_a_turn() -> None:
    assert begins_turn(_context(_USER))
    assert begins_turn(_context(_CALL, _PLACE, _REPLY, _USER))
    assert begins_turn(_context())
    assert not begins_turn(_context(_USER, _CALL, _PLACE))
    assert not begins_turn(_context(_USER, _CALL, _PLACE, _REPLY))
    assert not begins_turn(_context(_CALL, _PLACE, _USER, _late("a")))


def test_the_callers_message_is_the_last_one_only() -> None:
    message = caller_message(_context(_REPLY, _USER))
    assert message is not None
    assert text_of(message) == "Hello."
    assert caller_message(_context(_USER, _REPLY)) is None
    assert caller_message(_context()) is None


def test_text_is_read_from_parts_too() -> None:
    parts = [
        {"type": "text", "text": "One"},
        {"type": "image_url"},
        {"type": "text", "text": "two"},
    ]
    assert text_of({"role": "user", "content": parts}) == "One two"
    assert text_of({"role": "user"}) == ""


def test_a_call_moves_behind_what_was_said_since() -> None:
    context = _context(_USER, _CALL, _PLACE, *_OTHER, _REPLY, _USER)
    move_call_to_end(context, "a")
    assert context.messages == [_USER, *_OTHER, _REPLY, _USER, _CALL, _PLACE]


def test_a_call_that_is_last_or_unknown_stays() -> None:
    context = _context(_USER, _CALL, _PLACE)
    move_call_to_end(context, "a")
    move_call_to_end(context, "nobody")
    assert context.messages == [_USER, _CALL, _PLACE]


def test_a_late_result_goes_where_a_result_belongs() -> None:
    context = _context(_CALL, _PLACE, _USER, _late("a"), _REPLY)
    mend_late_result(context, "a")
    result = {**_PLACE, "content": '{"status": "ok"}'}
    assert context.messages == [_USER, _CALL, result, _REPLY]


def test_a_result_in_its_place_is_left_alone() -> None:
    context = _context(_CALL, _PLACE, _USER)
    mend_late_result(context, "a")
    assert context.messages == [_CALL, _PLACE, _USER]


def test_words_said_while_a_result_came_stand_before_it() -> None:
    context = _context(_USER, _CALL, _PLACE, *_OTHER, _REPLY)
    put_results_last(context)
    assert context.messages == [_USER, _REPLY, _CALL, _PLACE, *_OTHER]
    put_results_last(context)
    assert context.messages == [_USER, _REPLY, _CALL, _PLACE, *_OTHER]


def test_without_a_newer_result_nothing_is_moved() -> None:
    for messages in ([], [_USER], [_USER, _REPLY], [_CALL, _PLACE, _USER]):
        context = _context(*messages)
        put_results_last(context)
        assert context.messages == messages
