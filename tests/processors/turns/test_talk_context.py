from __future__ import annotations

import json
from typing import Any, cast

import pytest
from pipecat.processors.aggregators.llm_context import LLMSpecificMessage

from processors.turns.talk_context import KEPT_BYTES, MAX_BYTES, TalkContext
from tests.tools.calls.test_ledger_model import assert_well_formed


def contents(context: TalkContext) -> list[object]:
    return [message.get("content") for message in context.messages if isinstance(message, dict)]


def test_what_is_added_to_an_unanswered_turn_joins_it() -> None:
    context = TalkContext()
    context.add_message({"role": "user", "content": "What time is it"})
    before = context.messages[-1]
    context.add_message({"role": "user", "content": "in Rome?"})
    assert contents(context) == ["What time is it in Rome?"]
    # A request on its way still says what it said.
    assert isinstance(before, dict) and before.get("content") == "What time is it"


def test_an_answer_ends_the_turn() -> None:
    context = TalkContext()
    context.add_message({"role": "user", "content": "Hello."})
    context.add_message({"role": "assistant", "content": "Hi."})
    context.add_message({"role": "user", "content": "Bye."})
    assert contents(context) == ["Hello.", "Hi.", "Bye."]


def test_what_is_typed_stays_a_message_of_its_own() -> None:
    context = TalkContext()
    context.add_message({"role": "user", "content": "Spoken."})
    context.add_messages([{"role": "user", "content": "Typed."}])
    context.add_message({"role": "user", "content": "Spoken too."})
    assert contents(context) == ["Spoken.", "Typed.", "Spoken too."]


@pytest.mark.promise(
    "Memory", "Half a character, as bad JSON holds it, stops no later answer of the model."
)
@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "Hi \ud83d there."},
        {"role": "user", "content": [{"type": "text", "text": "Hi \udc4b there."}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "1", "function": {"name": "t", "arguments": '{"a": "\ud83d"}'}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": "\ud83d"},
    ],
)
@pytest.mark.parametrize("is_alone", [True, False])
def test_what_is_remembered_can_be_sent(message: Any, *, is_alone: bool) -> None:
    context = TalkContext(is_summarised=True)
    if is_alone:
        context.add_message(message)
    else:
        context.add_messages([message])
    context.add_message({"role": "user", "content": "And \ud83d then?"})
    context.summarise("They said \ud83d.", 0)
    json.dumps(context.messages, ensure_ascii=False).encode()
    assert "And  then?" in str(context.messages[-1])


def _said(role: str, chars: int = 10, **more: Any) -> Any:
    return {"role": role, "content": "x" * chars, **more}


def _call(call_id: str, result: str = "done", *, chars: int = 1_000) -> list[Any]:
    function = {"name": "tool", "arguments": "y" * chars}
    call = {"id": call_id, "type": "function", "function": function}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call_id, "content": result},
    ]


def _filled(context: TalkContext, *turns: list[Any]) -> None:
    for turn in turns:
        for message in turn:
            context.add_messages([message])


def _size(context: TalkContext) -> int:
    return sum(map(_bytes, context.messages))


def _bytes(message: Any) -> int:
    """Return the length of a message's words and calls, and something for the message."""
    known = message.message if isinstance(message, LLMSpecificMessage) else message
    texts = [str(known.get(name) or "") for name in ("content", "tool_calls", "t")]
    return 40 + sum(len(text.encode(errors="replace")) for text in texts)


@pytest.mark.promise(
    "Cost", "What a request to the model holds of the conversation is bounded, however long it is."
)
@pytest.mark.parametrize(
    "turn",
    [
        pytest.param([_said("user", 4_000)], id="typed over each other"),
        pytest.param([_said("user", 9), _said("assistant", 9)], id="very short"),
        pytest.param([_said("user", 50), _said("assistant", 3_000)], id="long replies"),
        pytest.param([_said("user"), *_call("1"), *_call("2"), _said("assistant")], id="tools"),
        pytest.param([{"role": "user", "content": "語" * 1_000}], id="Japanese"),
        pytest.param(
            [_said("user"), LLMSpecificMessage("google", {"t": "z" * 999})], id="thoughts"
        ),
    ],
)
def test_the_memory_stays_within_its_bound_and_keeps_the_newest(turn: list[Any]) -> None:
    context = TalkContext()
    for _ in range(500):
        _filled(context, turn)
        assert _size(context) <= MAX_BYTES + sum(map(_bytes, turn))
    assert _size(context) > KEPT_BYTES / 2
    assert context.messages[-len(turn) :] == turn


@pytest.mark.promise("Cost", "What the memory forgets are whole turns, each call with its result.")
def test_turns_go_whole_and_the_oldest_first() -> None:
    context = TalkContext()
    for number in range(40):
        said = {"role": "user", "content": f"{number} " + "x" * 500}
        _filled(context, [said, *_call(f"call-{number}"), _said("assistant", 100)])
        messages = cast("list[dict[str, Any]]", context.messages)
        assert_well_formed(messages)
        assert messages[0]["role"] == "user"
        numbers = [int(m["content"].split()[0]) for m in messages if m["role"] == "user"]
        assert numbers == list(range(numbers[0], number + 1))


@pytest.mark.parametrize(
    "pending", ["IN_PROGRESS", '{"type": "async_tool", "status": "running", "tool_call_id": "1"}']
)
def test_a_call_that_still_runs_keeps_its_turn(pending: str) -> None:
    context = TalkContext()
    waiting = [_said("user"), *_call("1", pending)]
    _filled(context, waiting, *[[_said("user", 900), _said("assistant", 900)]] * 100)
    assert context.messages[: len(waiting)] == waiting
    assert _size(context) < MAX_BYTES + 2_000
    cast(Any, context.messages[2])["content"] = "done"
    _filled(context, *[[_said("user", 900), _said("assistant", 900)]] * 20)
    assert waiting[0] not in context.messages[:1]


def test_the_system_prompt_and_the_turn_that_is_answered_stay() -> None:
    context = TalkContext()
    _filled(context, [_said("system", 5_000), _said("assistant"), _said("user", 900)])
    _filled(context, *[[_said("user", 900), _said("assistant", 900)]] * 100)
    _filled(context, [_said("user", 100), *_call("1", chars=60_000)])
    assert [cast(Any, m)["role"] for m in context.messages] == [
        "system",
        "user",
        "assistant",
        "tool",
    ]


@pytest.mark.promise(
    "Memory", "What was said long ago is kept in short, if the model is a real one."
)
def test_a_summary_stands_before_the_rest_and_is_never_forgotten() -> None:
    context = TalkContext(is_summarised=True)
    for round_number in range(1, 4):
        _filled(context, *[[_said("user", 900), _said("assistant", 900)]] * 20)
        assert context.has_forgotten
        assert round_number == 1 or f"SUMMARY {round_number - 1}" in str(contents(context)[0])
        text, mark = context.forgotten
        assert (f"SUMMARY {round_number - 1}" in text) is (round_number > 1)
        assert len(text) < 30_000
        # More is forgotten while it is being written.
        _filled(context, *[[_said("user", 1_900), _said("assistant", 900)]] * 5)
        context.summarise(f"SUMMARY {round_number} " + "z" * 50_000, mark)
        first, *rest = contents(context)
        assert f"SUMMARY {round_number}" in str(first)
        assert len(str(first)) < 2_100
        assert not [content for content in rest if "SUMMARY" in str(content)]
        assert _size(context) < MAX_BYTES + 5_000


def test_what_nobody_is_to_summarise_is_dropped() -> None:
    context = TalkContext()
    _filled(context, *[[_said("user", 900), _said("assistant", 900)]] * 40)
    assert not context.has_forgotten
    assert context.forgotten == ("", 0)


@pytest.mark.promise(
    "Memory", "A talk that a store tells of late is remembered from then on, with its limits."
)
@pytest.mark.parametrize("has_prompt", [True, False])
def test_what_comes_to_light_stands_before_what_is_known(has_prompt: bool) -> None:
    context = TalkContext(is_summarised=True)
    prompt = [_said("system")] if has_prompt else []
    _filled(context, prompt, [{"role": "user", "content": "Now."}])
    old: list[Any] = [{"role": "user", "content": "Then."}, *_call("1")]
    context.remember_before(old)
    assert context.messages == [*prompt, *old, {"role": "user", "content": "Now."}]
    # Of what is too much the oldest goes, and none of what was said here.
    context.remember_before([_said("user", 9_000), _said("user", 9_001), _said("user", 9_002)])
    now = {"role": "user", "content": "Now."}
    assert context.messages == [*prompt, _said("user", 9_002), *old, now]
    assert context.has_forgotten
