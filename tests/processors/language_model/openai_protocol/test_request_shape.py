"""Servers that take few forms of a request: found out once, remembered, unheard of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.model_call import EXCUSES, GREETING, SYSTEM_PROMPT, open_model_call
from tests.tools.sample_tools import look_up
from tests.unkind_server import Answer, call, calls, chunk, plain, refused, sse, text

WORDS = "It is noon."
ALTERNATE = "Conversation roles must alternate user/assistant/user/assistant/..."
Body = dict[str, Any]
Rule = Callable[[Body], Answer | None]


def _roles(body: Body) -> list[str]:
    return [message["role"] for message in body["messages"]]


def _gemma(status: int = 400, message: str = ALTERNATE) -> Rule:
    """Every message counts; a tool's is none at all."""

    def rule(body: Body) -> Answer | None:
        roles = _roles(body)[_roles(body)[0] == "system" :]
        wanted = ["user", "assistant"] * len(roles)
        return refused(status, message) if roles != wanted[: len(roles)] else None

    return rule


def _gemma_without_system(body: Body) -> Answer | None:
    return refused(400, "System role not supported") if "system" in _roles(body) else _gemma()(body)


def _mistral(body: Body) -> Answer | None:
    """Calls and results do not count, but a result wants words of the assistant's."""
    messages = body["messages"][1:]
    roles = [m["role"] for m in messages if m["role"] != "tool" and not m.get("tool_calls")]
    if roles != (["user", "assistant"] * len(roles))[: len(roles)]:
        return refused(400, f"After the optional system message, {ALTERNATE}")
    if re.search("tool user", " ".join(_roles(body))):
        return refused(400, "Unexpected role 'user' after role 'tool'")
    return None


def _without(name: str, status: int, message: object) -> Rule:
    def rule(body: Body) -> Answer | None:
        return refused(status, message) if name in body else None  # type: ignore[arg-type]

    return rule


def _short(body: Body) -> Answer | None:
    is_long = len(body["messages"]) > 2
    return refused(400, "This model's maximum context length is 9 tokens.") if is_long else None


def _short_proxy(body: Body) -> Answer | None:
    page = b"<html><center>413 Request Entity Too Large</center></html>"
    return plain(page, status=413) if len(body["messages"]) > 2 else None


def _nine(body: Body) -> Answer | None:
    ids = [c["id"] for m in body["messages"] for c in m.get("tool_calls", [])]
    ids += [m["tool_call_id"] for m in body["messages"] if "tool_call_id" in m]
    wrong = [i for i in ids if not re.fullmatch("[a-zA-Z0-9]{9}", i)]
    message = f"Tool call id was {wrong} but must be a-z, A-Z, 0-9, with a length of 9."
    return refused(400, message) if wrong else None


def _no_null(body: Body) -> Answer | None:
    has_null = any(message.get("content") is None for message in body["messages"])
    return (
        refused(422, "messages.2.content: field required, none is not a string")
        if has_null
        else None
    )


def _no_reasoning(body: Body) -> Answer | None:
    has = any("reasoning_content" in message for message in body["messages"])
    message = "'messages.3' : property 'reasoning_content' is unsupported"
    return refused(400, message) if has else None


def _all_reasoning(body: Body) -> Answer | None:
    said = [m for m in body["messages"] if m["role"] == "assistant"]
    message = "The reasoning_content in the thinking mode must be passed back to the API."
    return refused(400, message) if any("reasoning_content" not in m for m in said) else None


_EXTRA = [{"type": "extra_forbidden", "loc": ["body", "stream_options", "include_usage"],
           "msg": "Extra inputs are not permitted", "input": {"messages": "tools"}}]  # fmt: skip

RULES: dict[str, Rule] = {
    "Gemma": _gemma(),
    "Gemma without system": _gemma_without_system,
    "Mistral": _mistral,
    "llama.cpp template": _gemma(500, "Value is not callable: raise_exception at row 3"),
    "a refusal without words": _gemma(400, ""),
    "a refusal in a stream": lambda body: sse({"error": {"code": 400, "message": ALTERNATE}})
    if _gemma()(body)
    else None,
    "stream_options": _without("stream_options", 400, "Unrecognized: stream_options"),
    "stream_options, as FastAPI": _without("stream_options", 422, {"detail": _EXTRA}),
    "tools, Ollama": _without("tools", 400, "registry.ollama.ai/library/m does not support tools"),
    "tools, llama.cpp": _without("tools", 500, "tools param requires --jinja flag"),
    "tools, vLLM": _without("tools", 400, '"auto" tool choice requires --enable-auto-tool-choice'),
    "tools, OpenRouter": _without("tools", 404, "No endpoints found that support tool use."),
    "a short context": _short,
    "a short context, a proxy's": _short_proxy,
    "both, one without words": lambda body: _gemma(400, "")(body) or RULES["stream_options"](body),
    "both": lambda body: RULES["stream_options"](body) or _mistral(body),
}  # fmt: skip


@pytest.mark.promise(
    "Language model",
    "A form of request that a server refuses is avoided from then on, and nobody hears of it.",
)
@pytest.mark.parametrize("name", RULES)
async def test_a_refused_form_is_found_out_once_and_not_heard_of(name: str) -> None:
    async with open_model_call(tools=[look_up]) as talk:
        talk.server.rule = RULES[name]
        talk.server.otherwise = text(WORDS)
        await talk.caller_says("What time is it?")
        await talk.until_said(WORDS)
        first = len(talk.server.requests)
        await talk.caller_says("And now?")
        await talk.until_said(f"{WORDS} {WORDS}")
        await talk.finish()
        assert first > 1
        if not name.startswith("a short context"):
            assert len(talk.server.requests) == first + 1
    assert talk.heard == f"{WORDS} {WORDS}" and not talk.errors
    assert talk.messages[0]["content"] == GREETING
    assert [m["role"] for m in talk.messages] == ["assistant", "user"] + ["assistant", "user"][
        :2
    ] + ["assistant"]
    last = json.dumps(talk.server.requests[-1]["messages"])
    assert SYSTEM_PROMPT in last and "And now?" in last


@pytest.mark.promise(
    "Language model",
    "A form of request that a server refuses is avoided from then on, and nobody hears of it.",
)
@pytest.mark.parametrize("name", RULES)
async def test_a_form_that_is_refused_later_is_found_out_as_well(name: str) -> None:
    async with open_model_call(tools=[look_up]) as talk:
        talk.server.otherwise = text(WORDS)
        await talk.caller_says("What time is it?")
        await talk.until_said(WORDS)
        talk.server.rule = RULES[name]
        await talk.caller_says("And now?")
        await talk.until_said(f"{WORDS} {WORDS}")
        await talk.finish()
        assert len(talk.server.requests) > 2
    assert talk.heard == f"{WORDS} {WORDS}" and not talk.errors


CALL_RULES: dict[str, Rule] = {
    "Gemma": _gemma(),
    "Mistral": _mistral,
    "ids of nine letters": _nine,
    "no null content": _no_null,
    "no reasoning wanted": _no_reasoning,
    "all reasoning wanted": _all_reasoning,
}


@pytest.mark.parametrize("name", CALL_RULES)
async def test_the_result_of_a_call_is_told_in_a_form_that_is_taken(name: str) -> None:
    asks = sse(
        chunk({"reasoning_content": "Hm."}),
        chunk({"content": "Let me see. "}),
        chunk({"tool_calls": [call("look_up", '{"number": 71}', call_id="call-0")]}),
        chunk({}, finish="tool_calls"),
    )
    async with open_model_call(asks, tools=[look_up]) as talk:
        talk.server.rule = CALL_RULES[name]
        talk.server.otherwise = text(WORDS)
        await talk.caller_says()
        await talk.until_said(WORDS)
        await talk.caller_says("Thanks.")
        await talk.until_said(f"{WORDS} {WORDS}")
        await talk.finish()
    assert talk.heard == f"Let me see. {WORDS} {WORDS}" and not talk.errors
    assert len(talk.results) == 1 and "71" in talk.results[0]
    assert "71" in json.dumps(talk.server.requests[-1]["messages"])
    assert "Hm." not in json.dumps(talk.messages)


async def test_reasoning_goes_back_with_the_calls_it_led_to_and_nowhere_else() -> None:
    signed = {"google": {"thought_signature": "abc"}}
    asks = sse(
        chunk({"reasoning_content": "Two "}),
        chunk({"reasoning_content": "numbers.", "reasoning_details": [
            {"type": "reasoning.text", "index": 0, "text": "Two "}]}),
        chunk({"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "numbers."}]}),
        chunk({"tool_calls": [{**call("look_up", '{"number": 1}'), "extra_content": signed}]}),
        chunk({"tool_calls": [call("look_up", '{"number": 2}', index=1, call_id="b")]}),
        chunk({}, finish="tool_calls"),
    )  # fmt: skip
    async with open_model_call(asks, text(WORDS), tools=[look_up]) as talk:
        await talk.caller_says()
        await talk.until_said(WORDS)
        await talk.finish()
    _, __, ___, asked, *results = talk.server.requests[1]["messages"]
    assert asked["reasoning_content"] == "Two numbers."
    assert [part["text"] for part in asked["reasoning_details"]] == ["Two numbers."]
    assert [c.get("extra_content") for c in asked["tool_calls"]] == [signed, None]
    assert [message["role"] for message in results] == ["tool", "tool"]
    assert "numbers." not in json.dumps(talk.messages) and talk.heard == WORDS


async def test_a_parameter_with_another_name_is_sent_under_it() -> None:
    settings = {"max_completion_tokens": 99}
    async with open_model_call(settings=settings) as talk:
        talk.server.rule = _without("max_completion_tokens", 400, "max_completion_tokens: unknown")
        talk.server.otherwise = text(WORDS)
        await talk.caller_says()
        await talk.until_said(WORDS)
        await talk.finish()
    assert talk.server.requests[-1]["max_tokens"] == 99


async def test_a_form_that_was_only_guessed_is_given_up_when_it_does_not_help() -> None:
    async with open_model_call(*[refused(400)] * 4, text(WORDS)) as talk:
        await talk.caller_says()
        await talk.until_said(EXCUSES.apology)
        await talk.caller_says("And now?")
        await talk.until_said(WORDS)
        await talk.finish()
    forms = [_roles(body)[1:] for body in talk.server.requests]
    as_it_is = ["assistant", "user"]
    assert forms[:4] == [as_it_is, ["user", "assistant", "user"], as_it_is, ["user"]]
    assert forms[4] == [*as_it_is, "assistant", "user"]


@pytest.mark.parametrize("status", [400, 422])
async def test_a_message_that_is_refused_for_ever_costs_one_turn(status: int) -> None:
    async with open_model_call(calls(call("look_up", '{"number": 13}')), tools=[look_up]) as talk:
        talk.server.otherwise = text(WORDS)
        await talk.caller_says("Look it up")
        talk.server.rule = lambda body: (
            refused(status)
            if any("13" in str(m.get("content")) for m in body["messages"])
            else None
        )
        await talk.until_said(EXCUSES.after_tool)
        for count in (1, 2):
            await talk.caller_says("And now?")
            await talk.until(lambda count=count: talk.said.count(WORDS) == count)
        await talk.finish()
    assert talk.heard == f"{EXCUSES.after_tool} {WORDS} {WORDS}"
    assert _roles(talk.server.requests[-1]) == ["system", "user", "assistant", "user"]
    assert talk.results, "the conversation itself remembers"


async def test_a_tool_choice_that_is_refused_is_left_out() -> None:
    asks = calls(call("look_up", '{"number": 1}'))
    async with open_model_call(asks, text(), text(WORDS), tools=[look_up]) as talk:
        talk.server.rule = _without("tool_choice", 400, "tool_choice is not supported")
        await talk.caller_says()
        await talk.until_said(WORDS)
        await talk.finish()
    assert talk.heard == WORDS
