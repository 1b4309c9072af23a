"""An answer that failed is asked for again: nobody has to say their words twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from pipecat.frames.frames import (
    Frame,
    InterruptionFrame,
    LLMContextFrame,
    LLMMessagesAppendFrame,
    LLMTextFrame,
    TTSSpeakFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.llm_service import LLMService

from processors.fallback import Fallback
from processors.frames import AnswerDelayedFrame
from processors.language_model import answering, asking_again
from processors.language_model.answering import Answering
from processors.language_model.with_fallback import LanguageModelWithFallback
from processors.provider_requests import ProviderError
from tests.bot.call.test_answers import EXCUSES, Talk, open_talk
from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tests.processors.language_model.test_answering import Attempt, Small, fails, says
from tests.unkind_server import Answer, closes, hangs, plain, refused, sse, text
from tests.virtual_time import run_in_virtual_time

BRIEF_SECS = 0.1
GONE = refused(503)
"""Each turn makes two attempts."""


@asynccontextmanager
async def impatient_talk(
    monkeypatch: pytest.MonkeyPatch, *answers: Answer, pause_secs: float = BRIEF_SECS
) -> AsyncGenerator[Talk]:
    monkeypatch.setattr(asking_again, "PAUSES_SECS", (pause_secs,))
    monkeypatch.setattr(asking_again, "AFTER_TURN_SECS", 0.3)
    monkeypatch.setattr(answering, "SLOW_SECS", 60.0)
    async with open_talk(monkeypatch, *answers, openai_llm_patience_secs=1.0) as talk:
        yield talk


@pytest.mark.promise(
    "Language model",
    "A turn whose answer failed is asked for again while its server is gone, and the caller, who "
    "is told, need not say it twice.",
)
@pytest.mark.parametrize(
    "fault",
    [
        refused(500),
        refused(503),
        refused(429, headers={"retry-after": "0.1"}),
        refused(429, headers={"retry-after": "6"}),
        closes(),
        hangs(),
        sse(end="abort", done=False),
        text(),
    ],
    ids=["500", "503", "429", "429-long", "closes", "hangs", "cut", "empty"],
)
async def test_a_turn_that_failed_is_answered_when_the_server_is_back(
    monkeypatch: pytest.MonkeyPatch, fault: Answer
) -> None:
    monkeypatch.setattr("processors.language_model.attempts.PAUSE_SECS", 0.1)
    monkeypatch.setattr(asking_again, "retry_after_secs", lambda _: 0.1)
    monkeypatch.setattr("processors.language_model.attempts.LONGEST_PAUSE_SECS", 1.0)
    async with impatient_talk(monkeypatch) as talk:
        is_gone = True
        talk.server.rule = lambda _: fault if is_gone else text("Es ist zwölf.")
        await talk.types("Wie spät ist es?")
        await talk.until(lambda: EXCUSES.moment in talk.server.spoken)
        await talk.until(lambda: len(talk.server.requests) >= 4)
        is_gone = False
        await talk.until_spoken(EXCUSES.moment, "Es ist zwölf.")
        assert talk.remembered == [("user", "Wie spät ist es?")]


async def test_a_server_that_stays_away_is_told_of_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking_again, "GONE_SECS", 0.5)
    async with impatient_talk(monkeypatch) as talk:
        talk.server.rule = lambda _: refused(500)
        await talk.types("Wie spät ist es?")
        await talk.until_spoken(EXCUSES.moment, EXCUSES.apology)


async def test_what_is_said_meanwhile_is_answered_together_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = (GONE, GONE, text("Zwölf, und es regnet."))
    async with impatient_talk(monkeypatch, *answers, pause_secs=9.0) as talk:
        await talk.types("Wie spät ist es?")
        await talk.until_spoken(EXCUSES.moment)
        await talk.types("Und das Wetter?")
        await talk.until_spoken(EXCUSES.moment, "Zwölf,", "und es regnet.")
        said = [words for who, words in talk.remembered if who == "user"]
        assert said == ["Wie spät ist es?", "Und das Wetter?"]
        await asyncio.sleep(0.5)
        assert len(talk.server.requests) == 3


async def test_a_cough_over_it_does_not_lose_it(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = (GONE, GONE, text("Es ist zwölf."))
    async with impatient_talk(monkeypatch, *answers, pause_secs=9.0) as talk:
        await talk.types("Wie spät ist es?")
        await talk.until_spoken(EXCUSES.moment)
        await talk.worker.queue_frames([InterruptionFrame(), UserStartedSpeakingFrame()])
        await asyncio.sleep(0.1)
        await talk.worker.queue_frame(UserStoppedSpeakingFrame())
        await talk.until_spoken(EXCUSES.moment, "Es ist zwölf.")


async def test_each_turn_of_an_outage_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = (GONE, GONE, GONE, GONE, text("Gut."))
    async with impatient_talk(monkeypatch, *answers, pause_secs=1.5) as talk:
        await talk.types("Wie spät ist es?")
        await talk.until_spoken(EXCUSES.moment)
        await talk.types("Hallo?")
        await talk.until_spoken(EXCUSES.moment, EXCUSES.moment)
        await talk.until_spoken(EXCUSES.moment, EXCUSES.moment, "Gut.")


@pytest.mark.promise(
    "Language model",
    "A model that has answered in a call, and refuses the key for a moment or is answered for by "
    "a proxy, is asked again.",
)
@pytest.mark.parametrize(
    "fault",
    [refused(401), refused(403), plain(b"404 page not found", status=404, content_type="text/a")],
    ids=["401", "403", "404"],
)
async def test_a_model_that_has_answered_is_not_believed_at_once_to_refuse(
    monkeypatch: pytest.MonkeyPatch, fault: Answer
) -> None:
    monkeypatch.setattr("processors.refusals.REFUSED_SECS", 60.0)
    answers = (text("Ja."), fault, fault, fault, text("Es ist zwölf."))
    async with impatient_talk(monkeypatch, *answers) as talk:
        await talk.types("Hallo?")
        await talk.until_spoken("Ja.")
        await talk.types("Wie spät ist es?")
        await talk.until_spoken("Ja.", EXCUSES.moment, "Es ist zwölf.")


@pytest.mark.parametrize("fault", [refused(400), refused(401, "bad key")])
async def test_what_would_fail_again_is_not_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, fault: Answer
) -> None:
    async with impatient_talk(monkeypatch) as talk:
        talk.server.rule = lambda _: fault
        await talk.types("Wie spät ist es?")
        await talk.until(lambda: talk.server.spoken)
        asked = len(talk.server.requests)
        await asyncio.sleep(0.5)
        assert EXCUSES.moment not in talk.server.spoken
        assert len(talk.server.requests) == asked


class Model(Answering, Small):
    """A service that behaves as badly as it is told, and asks again."""

    def __init__(self, *attempts: Attempt) -> None:
        super().__init__(excuses=EXCUSES, attempts=attempts)


FAILS = (fails(OSError()),) * 2
"""A turn."""


async def raises() -> None:
    raise OSError


class BusyError(Exception):
    status_code = 429

    def __init__(self, retry_after: str) -> None:
        super().__init__()
        self.response = SimpleNamespace(headers={"retry-after": retry_after})


def in_a_call(model: FrameProcessor, scene: Callable[[FakePipeline], Awaitable[None]]) -> None:
    """Play a scene in virtual time; the test stands for the conversation's memory."""

    async def main() -> None:
        async with open_fake_pipeline(model) as pipeline:
            await scene(pipeline)

    run_in_virtual_time(main())


def asks() -> LLMContextFrame:
    return LLMContextFrame(LLMContext([{"role": "user", "content": "Hi"}]))


def of_kind(pipeline: FakePipeline, kind: type[Frame]) -> int:
    return sum(isinstance(frame, kind) for frame in pipeline.down)


def pair_of(first: Model, second: Model) -> LanguageModelWithFallback:
    return LanguageModelWithFallback(first=first, second=second, fallback=Fallback(rest_secs=0.0))


@pytest.mark.promise("Language model", "Each turn that fails is told of, whatever was owed before.")
def test_a_turn_that_fails_is_told_of_though_the_last_one_was_about_to_be_asked_again() -> None:
    async def scene(pipeline: FakePipeline) -> None:
        await pipeline.send(asks())
        # The memory holds it while the bot speaks, and drops it at an interruption.
        await pipeline.until_down(LLMMessagesAppendFrame)
        await pipeline.send(InterruptionFrame())
        await pipeline.settle()
        await pipeline.send(asks())
        told = await pipeline.until_down(TTSSpeakFrame, 2)
        assert [frame.text for frame in told] == [EXCUSES.moment] * 2

    in_a_call(Model(*FAILS, *FAILS), scene)


@pytest.mark.promise(
    "Fallback", "What two models failed to answer, and the first answers later, is answered once."
)
@pytest.mark.parametrize("is_said", [True, False])
def test_what_the_second_owes_is_answered_by_the_first_once(*, is_said: bool) -> None:
    async def scene(pipeline: FakePipeline) -> None:
        await pipeline.send(asks())
        await pipeline.until_down(TTSSpeakFrame)
        if is_said:
            await pipeline.send(InterruptionFrame(), UserStartedSpeakingFrame())
            await pipeline.send(UserStoppedSpeakingFrame())
        await pipeline.send(asks())
        await pipeline.until_down(LLMTextFrame)
        await asyncio.sleep(5.0)
        assert of_kind(pipeline, LLMMessagesAppendFrame) == 0

    in_a_call(pair_of(Model(*FAILS, says("Noon.")), Model(*FAILS)), scene)


@pytest.mark.promise(
    "Fallback", "A first model that is still loading answers what the second fails meanwhile."
)
@pytest.mark.parametrize("loading_turns", [1, 3])
def test_a_first_that_is_loading_is_asked_again_as_soon_as_the_second_fails(
    loading_turns: int,
) -> None:
    loads = (fails(ProviderError(body="Loading model", code="", status_code=503)),) * 2
    first = Model(*loads * loading_turns, says("Noon."))
    second = Model(*FAILS * loading_turns)

    async def scene(pipeline: FakePipeline) -> None:
        for turn in range(loading_turns):
            await pipeline.send(asks())
            await pipeline.until_down(LLMMessagesAppendFrame, turn + 1)
        await pipeline.send(asks())
        (word,) = await pipeline.until_down(LLMTextFrame)
        assert word.text == "Noon."
        assert (first.asked, second.asked) == (2 * loading_turns + 1, 2 * loading_turns)
        told = [frame.text for frame in pipeline.down if isinstance(frame, TTSSpeakFrame)]
        assert told.count(EXCUSES.moment) == 1

    in_a_call(LanguageModelWithFallback(first=first, second=second), scene)


def test_a_turn_that_fails_after_the_first_was_well_again_is_told_of() -> None:
    async def scene(pipeline: FakePipeline) -> None:
        await pipeline.send(asks())
        await pipeline.until_down(LLMMessagesAppendFrame)
        await pipeline.send(asks())
        await pipeline.until_down(LLMTextFrame)
        await asyncio.sleep(2 * asking_again.GONE_SECS)
        await pipeline.send(asks())
        told = await pipeline.until_down(TTSSpeakFrame, 2)
        assert [frame.text for frame in told] == [EXCUSES.moment] * 2

    first = Model(*FAILS, says("Noon."), *FAILS)
    in_a_call(pair_of(first, Model(*FAILS, *FAILS)), scene)


@pytest.mark.promise("Language model", "Each turn that fails is told of, whatever was owed before.")
@pytest.mark.parametrize("ends", ["whole", "breaks off", "is interrupted"])
def test_a_turn_behind_one_that_the_first_began_to_answer_is_told_of(ends: str) -> None:
    async def scene(pipeline: FakePipeline) -> None:
        await pipeline.send(asks())
        await pipeline.until_down(LLMMessagesAppendFrame)
        await pipeline.send(asks())
        await pipeline.until_down(LLMTextFrame)
        if ends == "is interrupted":
            await pipeline.send(InterruptionFrame())
        await asyncio.sleep(2 * asking_again.GONE_SECS)
        told = of_kind(pipeline, TTSSpeakFrame)
        await pipeline.send(asks())
        *_, last = await pipeline.until_down(TTSSpeakFrame, told + 1)
        assert last.text == EXCUSES.moment
        await asyncio.sleep(2.0)
        assert of_kind(pipeline, LLMMessagesAppendFrame) == 2

    async def begins(service: LLMService[Any]) -> None:
        await says("It is ")(service)
        if ends != "whole":
            await (raises if ends == "breaks off" else asyncio.Event().wait)()

    in_a_call(pair_of(Model(*FAILS, begins, *FAILS), Model(*FAILS, *FAILS)), scene)


@pytest.mark.promise(
    "Language model", "That an answer is still to come is told until it is asked for again."
)
def test_an_owed_answer_is_told_of_for_as_long_as_the_server_wants_to_be_left_alone() -> None:
    async def scene(pipeline: FakePipeline) -> None:
        await pipeline.send(asks())
        await pipeline.until_down(TTSSpeakFrame)
        for _ in range(12):
            before = of_kind(pipeline, AnswerDelayedFrame)
            await asyncio.sleep(2.0)
            assert of_kind(pipeline, AnswerDelayedFrame) > before
        assert of_kind(pipeline, LLMMessagesAppendFrame) == 0
        await pipeline.until_down(LLMMessagesAppendFrame)

    in_a_call(Model(fails(BusyError("25"))), scene)


def test_an_owed_answer_is_told_of_behind_a_cough() -> None:
    async def scene(pipeline: FakePipeline) -> None:
        await pipeline.send(asks())
        await pipeline.until_down(TTSSpeakFrame)
        await pipeline.send(InterruptionFrame(), UserStartedSpeakingFrame())
        await pipeline.settle()
        before = of_kind(pipeline, AnswerDelayedFrame)
        await pipeline.send(UserStoppedSpeakingFrame())
        await asyncio.sleep(0.5)
        assert of_kind(pipeline, AnswerDelayedFrame) > before

    in_a_call(Model(fails(BusyError("25"))), scene)
