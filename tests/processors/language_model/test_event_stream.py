from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.language_model.event_stream import DONE, MAX_LINE_BYTES, EventStream
from processors.provider_requests import EmptyAnswerError

FIRST: dict[str, object] = {"a": "zw\u00f6lf \U0001f55b"}
SECOND: dict[str, object] = {"b": [1, {"c": None}]}
LINES = [
    "\ufeff: comment",
    "id: 1",
    "",
    ": only a comment is no event",
    "",
    "event: ping",
    "data: ping",
    "",
    f"data:{json.dumps(FIRST, ensure_ascii=False)}",
    "retry: 5",
    "",
    *(f"data: {line}" for line in json.dumps(SECOND, indent=1).splitlines()),
    "",
    "data: [DONE]",
    "",
]


def values(*pieces: bytes) -> list[object]:
    stream = EventStream()
    found = [value for piece in pieces for value in stream.feed(piece)]
    return [*found, *stream.finish()]


@given(st.lists(st.integers(1, 40)), st.sampled_from(["\n", "\r\n", "\r"]))
def test_the_values_are_the_same_however_the_bytes_are_cut(sizes: list[int], newline: str) -> None:
    body = newline.join(LINES).encode()
    pieces: list[bytes] = []
    for size in sizes:
        pieces.append(body[:size])
        body = body[size:]
    assert values(*pieces, body) == [FIRST, SECOND, DONE]


def test_a_value_is_there_before_the_empty_line_that_ends_its_event() -> None:
    assert [*EventStream().feed(b'data: {"a": 1}\n')] == [{"a": 1}]


@pytest.mark.parametrize(
    "body", [b'{\n "a": 1\n}', b'\n {"a": 1}', b'[{"a": 1}]', b'{"a": 1}\n\n{"a": 2}\n']
)
def test_plain_json_is_read_as_events(body: bytes) -> None:
    assert values(body)[0] in ({"a": 1}, [{"a": 1}])


def test_what_an_event_is_called_an_error_is_one() -> None:
    body = b'event: error\ndata: {"message": "x"}\n\ndata: {"a": 1}\n\n'
    assert values(body) == [{"error": {"message": "x"}}, {"a": 1}]
    assert values(b"event: error\ndata: too busy\n\n") == [{"error": "too busy"}]
    assert values(b'error: {"message": "x"}\n\n') == [{"error": {"message": "x"}}]


@pytest.mark.parametrize(
    "body",
    [b'data: {"a": \n\n', b'data: {"a"', b"<html>", b"  <!doctype html>", b'{"a": 1'],
    ids=repr,
)
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(EmptyAnswerError):
        values(body)


@pytest.mark.parametrize("body", [b"", b"\n\n", b"data: null\n\n", b"data: [1\n\n", b"nothing\n\n"])
def test_what_says_nothing_is_nothing(body: bytes) -> None:
    assert values(body) == []


def test_a_line_without_end_is_refused() -> None:
    stream = EventStream()
    with pytest.raises(EmptyAnswerError):
        for _ in range(10):
            list(stream.feed(b"x" * (MAX_LINE_BYTES // 8)))
