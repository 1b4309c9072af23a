from __future__ import annotations

from typing import Any

import pytest
from openai import AsyncOpenAI

from processors.openai_requests import EmptyAnswerError
from processors.reply_stream import ReplyStream
from tests import fake_openai
from tests.fake_openai import Answer, open_fake_openai


async def deltas_of(*answers: Answer) -> list[Any]:
    """Return the deltas of a reply for which the provider gives these answers in turn."""
    async with open_fake_openai() as fake:
        fake.answers = list(answers)
        async with AsyncOpenAI(api_key="k", base_url=fake.base_url, max_retries=0) as client:
            stream = ReplyStream(
                lambda: client.chat.completions.create(model="m", messages=[], stream=True),
                first_token_secs=0.2,
                stall_secs=0.2,
            )
            return [chunk.choices[0].delta async for chunk in stream]


async def test_text_is_passed_on_in_order() -> None:
    deltas = await deltas_of(fake_openai.chat(*fake_openai.text("a", "b")))
    assert [delta.content for delta in deltas] == ["a", "b"]


async def test_a_call_comes_after_the_text_and_whole() -> None:
    call = fake_openai.call("f", '{"x": 1}')
    deltas = await deltas_of(fake_openai.chat(call[0], *fake_openai.text("a"), call[1]))
    assert [bool(delta.tool_calls) for delta in deltas] == [False, True, True]


async def test_nothing_is_asked_twice_after_text() -> None:
    with pytest.raises(TimeoutError):
        await deltas_of(fake_openai.chat(*fake_openai.text("a"), then_hang=True))


async def test_a_half_made_call_is_never_passed_on() -> None:
    half = fake_openai.chat(fake_openai.call("f", '{"x": 1}')[0])
    with pytest.raises(EmptyAnswerError, match="malformed"):
        await deltas_of(half, half)


async def test_a_second_attempt_counts_as_the_reply() -> None:
    deltas = await deltas_of(fake_openai.hang(), fake_openai.chat(*fake_openai.text("a")))
    assert [delta.content for delta in deltas] == ["a"]
