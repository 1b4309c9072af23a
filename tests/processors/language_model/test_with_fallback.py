"""Two models as one call hears them; each has a server of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import AsyncMock

import pytest
from pipecat.frames.frames import (
    InterruptionFrame,
    LLMContextFrame,
    LLMContextSummaryRequestFrame,
    LLMContextSummaryResultFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.llm_service import FunctionCallParams
from pipecat.tests.utils import SleepFrame, run_test

from processors.fallback import Fallback
from processors.language_model.contract import LanguageModel
from processors.language_model.openai import OpenAILanguageModel
from processors.language_model.with_fallback import LanguageModelWithFallback
from tests.model_call import EXCUSES, ModelCall, open_model_call
from tests.tools.sample_tools import look_up
from tests.unkind_server import (
    Answer,
    UnkindServer,
    call,
    calls,
    chunk,
    hangs,
    open_unkind_server,
    refused,
    sse,
    text,
)
from tools.runtime.tool_calling import ToolCalls, ToolTurns

WORDS = "It is noon."
OTHERS = "Twelve o'clock."
CALL = calls(call("look_up", '{"number": 1}'))


class _Part(ToolCalls, OpenAILanguageModel):
    """One of two."""


class _Two(ToolTurns, LanguageModelWithFallback):
    """As the application builds it."""


@dataclass
class Talk:
    """A call, the server of its first model in it, and that of its second."""

    call: ModelCall
    second: UnkindServer

    @property
    def first(self) -> UnkindServer:
        return self.call.server

    async def hears(self, words: str) -> None:
        await self.call.until_said(words)
        await self.call.finish()
        assert self.call.heard == words
        assert self.call.said == words


@asynccontextmanager
async def _open(
    *answers: Answer, others: tuple[Answer, ...] = (), rest_secs: float = 30.0
) -> AsyncGenerator[Talk]:
    async with AsyncExitStack() as stack:
        second = await stack.enter_async_context(open_unkind_server())
        second.answers = list(others)

        def build(server: UnkindServer, *, tools: Any, **options: Any) -> _Two:
            parts = [
                _Part(api_key="key", base_url=one.base_url, model="m", calls_of=tools, **options)
                for one in (server, second)
            ]
            fallback = Fallback(rest_secs=rest_secs)
            return _Two(first=parts[0], second=parts[1], fallback=fallback, tools=tools)

        options: dict[str, Any] = {"build": build, "tools": [look_up], "patience_secs": 1.0}
        yield Talk(await stack.enter_async_context(open_model_call(*answers, **options)), second)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.language_model.attempts.PAUSE_SECS", 0.01)
    # Two attempts of a machine with other work take longer; what is said then has its own tests.
    monkeypatch.setattr("processors.language_model.answering.SLOW_SECS", 60.0)


@pytest.mark.parametrize("failure", [refused(500), refused(401), hangs(), text()])
async def test_a_failed_turn_is_answered_by_the_second_without_a_word_between(
    failure: Answer,
) -> None:
    async with _open(failure, failure, others=(text(WORDS),)) as talk:
        await talk.call.caller_says()
        await talk.hears(WORDS)
        assert not talk.call.errors


@pytest.mark.promise("Fallback", "A first model that wants to be left alone is not waited for.")
@pytest.mark.parametrize(
    ("busy", "asked"),
    [(refused(429, headers={"retry-after": "4"}), 1), (refused(503, "Loading model"), 2)],
)
async def test_a_first_that_wants_time_is_not_waited_for(busy: Answer, asked: int) -> None:
    async with _open(*[busy] * 9, others=(text(WORDS),)) as talk:
        await talk.call.caller_says()
        await talk.hears(WORDS)
        assert len(talk.first.requests) == asked


async def test_the_next_turns_are_the_seconds_too() -> None:
    async with _open(refused(500), refused(500), others=(text(WORDS), text(OTHERS))) as talk:
        await talk.call.caller_says()
        await talk.call.until_said(WORDS)
        await talk.call.caller_says()
        await talk.hears(f"{WORDS} {OTHERS}")
        assert len(talk.first.requests) == 2


async def test_the_first_answers_again_when_it_has_rested() -> None:
    async with _open(
        refused(500), refused(500), text(OTHERS), others=(text(WORDS),), rest_secs=0.0
    ) as talk:
        await talk.call.caller_says()
        await talk.call.until_said(WORDS)
        await talk.call.caller_says()
        await talk.hears(f"{WORDS} {OTHERS}")
        assert len(talk.second.requests) == 1


@pytest.mark.promise(
    "Fallback",
    "A first model that refuses the key from the beginning is not asked again.",
)
async def test_a_first_that_refuses_the_key_is_not_asked_again() -> None:
    async with _open(refused(401), others=(text(WORDS), text(OTHERS)), rest_secs=0.0) as talk:
        await talk.call.caller_says()
        await talk.call.until_said(WORDS)
        await talk.call.caller_says()
        await talk.hears(f"{WORDS} {OTHERS}")
        assert len(talk.first.requests) == 1


async def test_words_of_the_first_are_not_said_again() -> None:
    half = sse(chunk({"content": "It is "}), done=False, end="abort")
    async with _open(half, others=(text(OTHERS),)) as talk:
        await talk.call.caller_says()
        await talk.call.until_said(EXCUSES.cut)
        assert talk.call.heard == f"It is {EXCUSES.cut}"
        assert not talk.second.requests
        # It was a failure all the same.
        await talk.call.caller_says()
        await talk.hears(f"It is {EXCUSES.cut} {OTHERS}")


async def test_when_both_fail_it_is_apologised_for_once() -> None:
    async with _open() as talk:
        await talk.call.caller_says()
        await talk.hears(EXCUSES.apology)
        assert len(talk.call.errors) == 1


async def test_a_call_of_the_first_is_told_by_the_second() -> None:
    async with _open(CALL, refused(500), refused(500), others=(text(WORDS),)) as talk:
        await talk.call.caller_says()
        await talk.hears(WORDS)
        assert [json.loads(one)["data"]["number"] for one in talk.call.results] == [1]


@pytest.mark.promise(
    "Fallback",
    "The second model calls the same tools as the first.",
)
async def test_the_second_calls_and_tells() -> None:
    async with _open(refused(500), refused(500), others=(CALL, text(WORDS))) as talk:
        await talk.call.caller_says()
        await talk.hears(WORDS)
        assert [json.loads(one)["data"]["number"] for one in talk.call.results] == [1]


async def test_a_failure_ahead_of_the_end_of_the_turn_costs_the_caller_no_wait() -> None:
    async with _open(others=(text(WORDS),)) as talk:
        await talk.call.caller_pauses()
        await talk.call.until(lambda: talk.call.ear.withdrawn)
        assert not talk.second.requests
        asked = len(talk.first.requests)
        await talk.call.caller_ends()
        await talk.call.caller_says()
        await talk.hears(WORDS)
        assert len(talk.first.requests) == asked
        assert not talk.call.errors


async def test_the_second_answers_ahead_of_the_end_of_the_turn() -> None:
    async with _open(refused(401), others=(text(OTHERS), text(WORDS))) as talk:
        await talk.call.caller_says()
        await talk.call.until_said(OTHERS)
        await talk.call.caller_pauses()
        await talk.call.until(lambda: len(talk.second.requests) == 2)
        assert talk.call.heard == OTHERS
        await talk.call.caller_ends()
        await talk.call.until_heard(f"{OTHERS} {WORDS}")


async def test_an_interruption_ends_whoever_answers() -> None:
    async with _open(refused(401), others=(hangs(), text(WORDS))) as talk:
        await talk.call.caller_says()
        await talk.call.until(lambda: talk.second.requests)
        await talk.call.worker.queue_frame(InterruptionFrame())
        await talk.call.caller_says("What time is it?")
        await talk.hears(WORDS)


async def test_a_reply_that_changes_hands_is_one_reply() -> None:
    async with open_unkind_server() as first, open_unkind_server() as second:
        second.answers = [text(WORDS)]
        parts = [
            OpenAILanguageModel(api_key="key", base_url=one.base_url) for one in (first, second)
        ]
        two = LanguageModelWithFallback(first=parts[0], second=parts[1])
        as_types: list[LanguageModel] = [two, *parts]
        assert as_types
        frame = LLMContextFrame(LLMContext([{"role": "user", "content": "Hi"}]))
        down, up = await run_test(two, frames_to_send=[frame])
    looked_at = (LLMFullResponseStartFrame, LLMTextFrame, LLMFullResponseEndFrame)
    kinds = [type(frame) for frame in down if isinstance(frame, looked_at)]
    assert kinds == [*looked_at]
    assert not [frame for frame in up if isinstance(frame, LLMContextFrame)]


@pytest.mark.promise(
    "Fallback",
    "One of two models that is refused for good ends no call while the other may answer; when "
    "neither will, it is over.",
)
async def test_a_second_that_is_refused_ends_nothing_while_the_first_may_be_well_again() -> None:
    busy = refused(500)
    async with _open(busy, busy, text(WORDS), others=(refused(401),)) as talk:
        await talk.call.caller_says()
        await talk.call.until_said(EXCUSES.apology)
        # The second will never answer, so the first does not rest.
        await talk.call.caller_says()
        await talk.hears(f"{EXCUSES.apology} {WORDS}")
        assert [error.processor.is_usable for error in talk.call.errors if error.processor] == [
            True
        ]
        assert len(talk.second.requests) == 1


async def test_a_first_that_is_refused_after_words_ends_nothing() -> None:
    error: dict[str, Any] = {"error": {"code": "invalid_api_key", "message": "No."}}
    half = sse(chunk({"content": "It is "}), error, done=False)
    async with _open(half, others=(text(OTHERS),)) as talk:
        await talk.call.caller_says()
        await talk.call.until_said(EXCUSES.cut)
        await talk.call.caller_says()
        await talk.hears(f"It is {EXCUSES.cut} {OTHERS}")
        assert [error.processor.is_usable for error in talk.call.errors if error.processor] == [
            True
        ]


@pytest.mark.promise(
    "Fallback",
    "One of two models that is refused for good ends no call while the other may answer; when "
    "neither will, it is over.",
)
@pytest.mark.parametrize("answers", [(refused(401),), (refused(500), refused(500), refused(401))])
async def test_when_neither_will_ever_answer_it_is_over(answers: tuple[Answer, ...]) -> None:
    async with _open(*answers, others=(refused(401),)) as talk:
        for _ in range(len(answers) // 2 + 1):
            await talk.call.caller_says()
            await talk.call.until(lambda: talk.call.errors)
            await asyncio.sleep(0.05)
        await talk.call.until_said(EXCUSES.unusable)
        last = talk.call.errors[-1].processor
        assert last is not None
        assert not last.is_usable


@pytest.mark.parametrize("is_first_lost", [True, False])
async def test_one_summary_is_made_by_whoever_answers(
    *, is_first_lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [OpenAILanguageModel(api_key="key", base_url="http://127.0.0.1:9") for _ in range(2)]
    for number, part in enumerate(parts):
        monkeypatch.setattr(part, "run_inference", AsyncMock(return_value=f"{number}"))
    fallback = Fallback()
    if is_first_lost:
        fallback.note_failure(0.0, is_permanent=True)
    two = LanguageModelWithFallback(first=parts[0], second=parts[1], fallback=fallback)
    messages: list[Any] = [{"role": "user", "content": f"Hi {number}"} for number in range(9)]
    frame = LLMContextSummaryRequestFrame(
        request_id="1",
        context=LLMContext(messages),
        min_messages_to_keep=2,
        target_context_tokens=100,
        summarization_prompt="Be short.",
    )
    down, _ = await run_test(two, frames_to_send=[frame, SleepFrame(0.05)])
    results = [one.summary for one in down if isinstance(one, LLMContextSummaryResultFrame)]
    assert results == [str(int(is_first_lost))]


async def test_a_reply_lost_between_the_two_is_ended_by_the_interruption() -> None:
    parts = [OpenAILanguageModel(api_key="key", base_url="http://127.0.0.1:9") for _ in range(2)]
    two = LanguageModelWithFallback(first=parts[0], second=parts[1])
    down, _ = await run_test(
        two, frames_to_send=[LLMFullResponseStartFrame(), SleepFrame(0.02), InterruptionFrame()]
    )
    kinds = [type(frame) for frame in down]
    assert kinds.index(LLMFullResponseEndFrame) < kinds.index(InterruptionFrame)


@pytest.mark.promise("Fallback", "The second model calls the same tools as the first.")
@pytest.mark.parametrize("is_first_lost", [True, False])
async def test_a_function_is_registered_with_both(*, is_first_lost: bool) -> None:
    numbers: list[int] = []

    async def look(params: FunctionCallParams) -> None:
        numbers.append(params.arguments["number"])
        await params.result_callback("seven")

    async with open_unkind_server() as first, open_unkind_server() as second:
        first.answers = [refused(401)] if is_first_lost else [CALL]
        second.answers = [CALL]
        parts = [
            OpenAILanguageModel(api_key="key", base_url=one.base_url) for one in (first, second)
        ]
        two = LanguageModelWithFallback(first=parts[0], second=parts[1])
        two.register_function("look_up", look)
        frame = LLMContextFrame(LLMContext([{"role": "user", "content": "Hi"}]))
        await run_test(two, frames_to_send=[frame, SleepFrame(0.05)])
    assert numbers == [1]
