"""How a memory is compared with what was heard."""

from __future__ import annotations

import json

import pytest

from bench.words import normalized
from tests.chaos.memory import difference, remembered_in

_HEARD = normalized("Hi there. What time is it? It is noon. Once upon a time there")


@pytest.mark.parametrize(
    ("remembered", "wrong"),
    [
        ([*_HEARD, "and", "now"], ""),
        (_HEARD[:-1], ""),
        (_HEARD[:-2], "2 of 14 words"),
        (_HEARD[2:], "2 of 14 words"),
        ([], "14 of 14 words"),
    ],
    ids=["all", "one missing at the cut", "two missing", "the greeting missing", "nothing"],
)
def test_a_memory_may_lack_one_word(remembered: list[str], wrong: str) -> None:
    assert difference(_HEARD, remembered) == wrong


def test_the_newest_request_for_a_reply_is_read() -> None:
    def request(*texts: str) -> bytes:
        messages = [
            {"role": "system", "content": "not heard"},
            *({"role": "user", "content": text} for text in texts),
            {"role": "assistant", "content": None, "tool_calls": []},
        ]
        body = json.dumps({"model": "m", "messages": messages, "stream": True}).encode()
        return b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 9\r\n\r\n" + body

    sent = request("Good, day.") + request("Good, day.", "Ada!")
    assert remembered_in(sent) == ["good", "day", "ada"]
