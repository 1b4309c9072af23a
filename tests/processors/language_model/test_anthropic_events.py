from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.model_call import open_model_call
from tests.services.language_model.dialects import ANTHROPIC
from tests.services.stand_ins import anthropic
from tests.tools.sample_tools import look_up
from tests.unkind_server import Answer, plain, raw

WORDS = "It is noon."
Events = list[dict[str, Any]]


def data(event: dict[str, Any], newline: str = "\n") -> bytes:
    return f"data: {json.dumps(event)}{newline}{newline}".encode()


def whole(events: Events, indent: int | None = None) -> Answer:
    """The message itself, as a server answers that streams none."""
    blocks: Events = []
    for event in events:
        if event["type"] == "content_block_start":
            blocks.append(dict(event["content_block"]))
        elif event.get("delta", {}).get("type") == "text_delta":
            blocks[-1]["text"] += event["delta"]["text"]
        elif event.get("delta", {}).get("type") == "input_json_delta":
            pieces = blocks[-1].setdefault("pieces", [])
            pieces.append(event["delta"]["partial_json"])
    for block in blocks:
        if pieces := block.pop("pieces", None):
            block["input"] = json.loads("".join(pieces))
    reason = next(one["delta"] for one in events if one["type"] == "message_delta")["stop_reason"]
    usage = {"input_tokens": 9, "output_tokens": 5}
    message = {"type": "message", "content": blocks, "stop_reason": reason, "usage": usage}
    return plain(json.dumps(message, indent=indent).encode())


def without(events: Events, *kinds: str) -> Answer:
    return raw(*(anthropic.event(one) for one in events if one["type"] not in kinds))


def crlf(events: Events) -> Answer:
    return raw(*(anthropic.event(one).replace(b"\n", b"\r\n") for one in events))


def with_pings(events: Events) -> Answer:
    ping = b': a comment\n\nevent: ping\ndata: {"type": "ping"}\n\n' + data({"type": "ping"})
    return raw(*(ping + anthropic.event(one) for one in events))


def reasoned(events: Events, reason: str | None) -> Answer:
    for one in events:
        if one["type"] == "message_delta":
            one["delta"]["stop_reason"] = reason
            del one["usage"]
    return raw(*map(data, events))


def marked(events: Events) -> Answer:
    said = [data(one) for one in events if one["type"] not in ("message_delta", "message_stop")]
    return raw(*said, b"data: [DONE]\n\n")


FORMS: dict[str, Callable[[Events], Answer]] = {
    "no event lines": lambda events: raw(*map(data, events)),
    "no event lines, CRLF": lambda events: raw(*(data(one, "\r\n") for one in events)),
    "CRLF": crlf,
    "comments and pings": with_pings,
    "no beginning": lambda events: without(events, "message_start"),
    "no end": lambda events: without(events, "message_stop"),
    "no reason": lambda events: without(events, "message_delta"),
    "an empty reason": lambda events: reasoned(events, None),
    "no other reason for a call": lambda events: reasoned(events, "end_turn"),
    "another protocol's end": marked,
    "no error": lambda events: raw(*(data(one | {"error": None}) for one in events)),
    "the message itself": whole,
    "the message on many lines": lambda events: whole(events, indent=2),
}


@pytest.mark.promise(
    "Language model",
    "A server of Anthropic's protocol may write its answer as it likes: without names of events, "
    "without a beginning or an end, or as one message.",
)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("calls", [False, True], ids=["words", "call"])
async def test_however_an_anthropic_server_writes_it_the_reply_is_heard(
    form: str, *, calls: bool
) -> None:
    said = anthropic.call("look_up", '{"number": 1}') if calls else anthropic.words("It is ", "n")
    # With half a word: what does not look like an end is one only if the server says so.
    events = [anthropic.START, *said, *anthropic.stop("tool_use" if calls else "end_turn")]
    heard = WORDS if calls else "It is n"
    async with open_model_call(build=ANTHROPIC.build, tools=[look_up]) as talk:
        talk.server.endpoints = (ANTHROPIC.endpoint,)
        talk.server.answers = [FORMS[form](events), ANTHROPIC.wire.text(WORDS)]
        await talk.caller_says()
        await talk.until_heard(heard)
        await talk.finish()
        assert talk.heard == heard
        assert [json.loads(one)["data"]["number"] for one in talk.results] == [1] * calls
        assert len(talk.server.requests) == 1 + calls
        assert not talk.errors


@pytest.mark.parametrize(
    "answer",
    [
        raw(data(anthropic.error_of("overloaded_error"))),
        plain(json.dumps(anthropic.error_of("overloaded_error")).encode()),
        plain(b"<html>Welcome</html>", content_type="text/html"),
        raw(b": a comment\n\n", b'event: ping\ndata: {"type": "ping"}\n\n'),
        plain(b"{}"),
    ],
    ids=["an error", "an error itself", "a page", "pings", "nothing"],
)
async def test_what_is_no_reply_in_any_form_is_asked_for_again(answer: Answer) -> None:
    async with open_model_call(build=ANTHROPIC.build) as talk:
        talk.server.endpoints = (ANTHROPIC.endpoint,)
        talk.server.answers = [answer, ANTHROPIC.wire.text(WORDS)]
        await talk.caller_says()
        await talk.until_heard(WORDS)
        assert len(talk.server.requests) == 2
