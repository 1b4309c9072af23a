from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.language_model.attempts import CutReplyError, FilteredReplyError, NoWordsError
from processors.language_model.openai_protocol.reply_draft import DONE, ReplyDraft
from processors.language_model.openai_protocol.request_shape import RequestShape
from processors.provider_requests import REQUEST_ERRORS
from tests.unkind_server import call, chunk

NAMES = [
    "choices", "delta", "message", "content", "text", "tool_calls", "function", "function_call",
    "name", "arguments", "parameters", "index", "id", "type", "error", "code", "finish_reason",
    "usage", "prompt_tokens", "reasoning_content", "thinking", "reasoning_details",
    "extra_content", "refusal", "audio", "model", "object",
]  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.floats(allow_nan=False)
    | st.sampled_from(
        ["", "a", "look_up", "{}", "[1]", "stop", "length", "<think>", "</think>", "500"]
    )
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=12,
)
CHOICE = st.dictionaries(st.sampled_from(["delta", "message", "finish_reason", "index"]), JSON)
EVENT = JSON | st.fixed_dictionaries({"choices": st.lists(CHOICE, max_size=2)})


def draft() -> ReplyDraft:
    return ReplyDraft(shape=RequestShape(), tool_names=["look_up"])


def read(*events: object) -> tuple[str, list[str]]:
    """Return the words and the names of the calls of a reply."""
    reply = draft()
    text = "".join([reply.add(event) for event in events] + [reply.rest()])
    return text, [str(c.function and c.function.name) for c in reply.finish(takes_calls=True)]


@given(st.lists(EVENT, max_size=4))
def test_whatever_is_sent_is_a_reply_or_a_failed_request(events: list[Any]) -> None:
    try:
        text, names = read(*events, DONE)
    except REQUEST_ERRORS:
        return
    assert names or any(character.isalnum() for character in text)
    assert all(names)
    assert "<think>" not in text
    json.dumps(text)


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([], NoWordsError),
        ([chunk({"content": "?"}, finish="stop")], NoWordsError),
        ([chunk({"content": "It is"})], CutReplyError),
        ([chunk({"content": "It is"}, finish="length")], CutReplyError),
        ([chunk({"tool_calls": [call("look_up", "{}")]}, finish="length")], CutReplyError),
        ([chunk({"content": "It is"}, finish="content_filter")], FilteredReplyError),
    ],
)
def test_what_is_not_whole_or_says_nothing_is_no_reply(
    events: list[object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        read(*events)


@pytest.mark.parametrize("end", [".", "!", '."', "\u2026", ".)", "\u3002"])
def test_a_sentence_that_ends_is_whole_if_nothing_else_says_so(end: str) -> None:
    assert read(chunk({"content": f"It is noon{end}"}))[0] == f"It is noon{end}"


@pytest.mark.promise(
    "Language model", "A reply is whole as soon as its server says so in any way that is known."
)
@pytest.mark.parametrize("end", [DONE, chunk({}, finish="stop"), chunk({}, finish="eos")])
def test_words_without_a_full_stop_are_whole_if_their_end_is_told(end: object) -> None:
    assert read(chunk({"content": "About noon"}), end)[0] == "About noon"


def test_calls_in_the_text_count_where_there_are_no_others() -> None:
    said = chunk({"content": '<tool_call>{"name": "look_up", "arguments": {}}</tool_call>'})
    assert read(said, DONE) == ("", ["look_up"])
    assert read(said, chunk({"tool_calls": [call("put_down", "{}")]}), DONE) == ("", ["put_down"])
