from __future__ import annotations

from typing import Any

from processors.language_model.openai_protocol.message_shapes import (
    CALL_BEGINS,
    alternating,
    newest,
    with_short_ids,
    without_calls,
    without_system,
)

CALL = {"id": "call_12345", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TALK: list[dict[str, Any]] = [
    {"role": "system", "content": "Be kind."},
    {"role": "assistant", "content": "Hello."},
    {"role": "user", "content": "What"},
    {"role": "user", "content": "time is it?"},
    {"role": "assistant", "content": "Let me see."},
    {"role": "assistant", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_12345", "content": "noon"},
    {"role": "user", "content": "Well?"},
]


def roles(messages: list[Any]) -> list[str]:
    return [message["role"] for message in messages]


def test_user_and_assistant_take_turns_and_nothing_said_is_lost() -> None:
    shaped = alternating(TALK)
    assert roles(shaped) == [
        "system", "user", "assistant", "user", "assistant", "tool", "assistant", "user",
    ]  # fmt: skip
    assert shaped[1]["content"] == CALL_BEGINS
    assert shaped[3]["content"] == "What\ntime is it?"
    assert shaped[4]["content"] == "Let me see." and shaped[4]["tool_calls"] == [CALL]


def test_the_user_speaks_last() -> None:
    assert roles(alternating(TALK[:2]))[-1] == "user"


def test_a_later_system_message_is_the_users() -> None:
    later = [*TALK[:1], {"role": "developer", "content": "Time is up."}]
    assert roles(alternating(later)) == ["system", "user"]


def test_the_system_prompt_stands_in_front_of_the_first_words() -> None:
    shaped = without_system(alternating(TALK))
    assert shaped[0] == {"role": "user", "content": f"Be kind.\n{CALL_BEGINS}"}
    assert without_system(TALK[1:]) == TALK[1:]
    assert roles(without_system(TALK[:1])) == ["user"]


def test_calls_are_told_in_words() -> None:
    shaped = without_calls(TALK)
    assert not [m for m in shaped if "tool_calls" in m or m["role"] == "tool"]
    assert "noon" in shaped[6]["content"]


def test_the_newest_messages_begin_with_the_caller_and_keep_the_prompt() -> None:
    assert newest(TALK, count=6) == [TALK[0], *TALK[2:]]
    assert newest(TALK, count=4) == [TALK[0], TALK[7]]
    assert newest(TALK, count=0) == [TALK[0], TALK[7]]


def test_a_call_and_its_result_keep_the_same_id() -> None:
    shaped = with_short_ids(TALK)
    call_id = shaped[5]["tool_calls"][0]["id"]
    assert len(call_id) == 9 and shaped[6]["tool_call_id"] == call_id
    assert with_short_ids(shaped) == shaped


def test_the_conversation_itself_is_left_alone() -> None:
    before = repr(TALK)
    with_short_ids(without_system(alternating(without_calls(TALK))))
    assert repr(TALK) == before
