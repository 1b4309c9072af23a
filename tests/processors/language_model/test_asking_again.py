"""An answer that failed is asked for again: nobody has to say their words twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from pipecat.frames.frames import (
    InterruptionFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)

from processors.language_model import answering, asking_again
from tests.bot.call.test_answers import EXCUSES, Talk, open_talk
from tests.unkind_server import Answer, closes, hangs, refused, sse, text

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
