"""Turns with tools where there are two models, or one of Pipecat's own without our mixins."""

from __future__ import annotations

from typing import Any

import pytest
from openai import AsyncOpenAI
from pipecat.services.openai.llm import OpenAILLMService
from typing_extensions import override

from processors.fallback import Fallback
from processors.language_model.openai import OpenAILanguageModel
from processors.language_model.with_fallback import LanguageModelWithFallback
from tests.tools.runtime.talk import calls, id_of, open_talk, words
from tests.tools.runtime.test_tool_calling import Gate
from tests.tools.sample_tools import look_up, send
from tools.runtime.runtime import ToolRuntime
from tools.runtime.tool_calling import ToolCalls, ToolTurns


class _Part(ToolCalls, OpenAILanguageModel):
    """One of two."""


class _Two(ToolTurns, LanguageModelWithFallback):
    """As the application builds it."""


def _first_of_two(*, tools: ToolRuntime, **options: Any) -> _Two:
    first, second = (_Part(calls_of=tools, **options) for _ in range(2))
    return _Two(first=first, second=second, tools=tools)


def _second_of_two(*, tools: ToolRuntime, **options: Any) -> _Two:
    first, second = (_Part(calls_of=tools, **options) for _ in range(2))
    fallback = Fallback()
    fallback.note_failure(0.0, is_permanent=True)
    return _Two(first=first, second=second, tools=tools, fallback=fallback)


class _Stock(OpenAILLMService):
    """Pipecat's own; only its connections are closed after the test."""

    @override
    def create_client(self, *args: Any, **options: Any) -> AsyncOpenAI:
        self.client: AsyncOpenAI = super().create_client(*args, **options)
        return self.client

    @override
    async def cleanup(self) -> None:
        await super().cleanup()
        await self.client.close()


def _stock(*, tools: ToolRuntime, voice: object, **options: Any) -> _Stock:
    del tools, voice
    return _Stock(**options)


@pytest.fixture(params=[_first_of_two, _second_of_two])
def _of_two(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.tools.runtime.talk.LanguageModel", request.param)


@pytest.mark.usefixtures("_of_two")
async def test_each_generation_is_one_step() -> None:
    async with open_talk([look_up]) as talk:
        lookups = [calls(("look_up", {"number": number})) for number in range(4)]
        talk.model_says(*lookups, words("That is all."))
        await talk.caller_says("Look them up.")
        await talk.until_spoken("That is all.")
        assert [talk.result_of(id_of(one))["status"] for one in lookups] == ["ok"] * 4


@pytest.mark.usefixtures("_of_two")
async def test_a_question_is_asked_and_its_answer_needs_no_reply() -> None:
    async with open_talk([send]) as talk:
        talk.model_says(calls(("send", {"number": 7})), words("It is sent."))
        await talk.caller_says("Send number seven.")
        await talk.until_spoken("Shall I send number 7?")
        await talk.until(lambda: talk.runtime.announcer.is_floor_free)
        await talk.caller_says("Yes, please.")
        await talk.until_spoken("It is sent.")
        assert len(talk.fake.requests) == 2


async def test_what_the_runtime_says_is_heard_from_a_stock_model_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.tools.runtime.talk.LanguageModel", _stock)
    gate = Gate()
    async with open_talk([gate.slow("read"), send]) as talk:
        talk.model_says(calls(("slow_read", {})), calls(("send", {"number": 7})))
        await talk.caller_says("Send number seven, if it is there.")
        await talk.until_spoken("One moment.")
        gate.opened.set()
        await talk.until_spoken("Shall I send number 7?")
