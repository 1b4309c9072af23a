"""What a caller hears of a model, built as for a call, that lets them wait; the clock jumps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from pipecat.frames.frames import (
    Frame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMTextFrame,
    TTSSpeakFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from typing_extensions import override

from bot.call.services import build_language_model
from bot.languages.de import LANGUAGE
from bot.settings import Settings
from tests.fake_pipeline import open_fake_pipeline
from tests.services.language_model.dialects import ANTHROPIC
from tests.unkind_server import (
    Answer,
    call,
    chunk,
    hangs,
    late,
    open_unkind_server,
    refused,
    slowly,
    sse,
    text,
)
from tests.virtual_time import run_in_virtual_time
from tools.runtime.runtime import ToolRuntime

WORDS = "Es ist zwölf."
SLOW, SORRY, CUT = LANGUAGE.excuses.slow, LANGUAGE.excuses.apology, LANGUAGE.excuses.cut
MOMENT = LANGUAGE.excuses.moment
THOUGHT = chunk({"reasoning_content": "Hm."})
HEADER = chunk({"role": "assistant", "content": ""})
LOCAL: dict[str, Any] = {"openai_llm_patience_secs": 4.0}
"""What the vendor's own address deserves; without it, that of a server of one's own."""

Told = list[tuple[str, float]]
"""What is said, and how long after the caller's words, in seconds."""


class _Clock(FrameProcessor):
    """Stands behind the model and notes when something is to be said."""

    def __init__(self) -> None:
        super().__init__()
        self.told: Told = []
        self.asked_secs = 0.0
        self.replies = 0

    @override
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMTextFrame | TTSSpeakFrame):
            waited_secs = asyncio.get_running_loop().time() - self.asked_secs
            self.told.append((frame.text, round(waited_secs, 1)))
        self.replies += isinstance(frame, LLMFullResponseEndFrame)
        await self.push_frame(frame, direction)


@dataclass
class Waited:
    """What came of a few turns of the caller's."""

    told: Told
    asked: int
    """Of the first model, how often."""
    others: int = 0
    """Of the second."""


def waited(
    *answers: Answer, others: Sequence[Answer] = (), gaps_secs: Sequence[float] = (), **given: Any
) -> Waited:
    """Return what a caller hears who speaks once, and again after each of these gaps."""
    return run_in_virtual_time(_waited(answers, others, (0.0, *gaps_secs), given))


async def _waited(
    answers: Sequence[Answer],
    others: Sequence[Answer],
    gaps_secs: Sequence[float],
    given: dict[str, Any],
) -> Waited:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(open_unkind_server())
        second = await stack.enter_async_context(open_unkind_server())
        first.answers, second.answers = list(answers), list(others)
        second.endpoints = (ANTHROPIC.endpoint,)
        given = {"openai_base_url": first.base_url, "language": "de", **given}
        if others:
            given |= {"language_model_fallback": "anthropic", "anthropic_api_key": "key"}
            given["anthropic_base_url"] = second.base_url.removesuffix("/v1")
        settings = Settings.model_validate(given)
        model = build_language_model(settings, tools=ToolRuntime(tools=[], resources={}))
        clock = _Clock()
        pipeline = await stack.enter_async_context(open_fake_pipeline(Pipeline([model, clock])))
        for turn, gap_secs in enumerate(gaps_secs, start=1):
            await asyncio.sleep(gap_secs)
            clock.asked_secs = asyncio.get_running_loop().time()
            context = LLMContext([{"role": "user", "content": "Wie spät ist es?"}])
            await pipeline.send(LLMContextFrame(context))
            while clock.replies < turn:  # noqa: ASYNC110 - costs no time on this clock
                await asyncio.sleep(0.01)
            await pipeline.settle()
        return Waited(clock.told, len(first.requests), len(second.requests))


@pytest.mark.promise(
    "Language model",
    "After 2 s without a word of the answer the bot says that it is on it, again every 10 s, and "
    "not any more once the answer has begun.",
)
def test_a_caller_who_waits_is_told_so_sparingly() -> None:
    answer = slowly(*[chunk({"content": "Tja. "})] * 4, chunk({}, finish="stop"), secs=6.0)
    heard = waited(late(answer, secs=17.0), openai_llm_patience_secs=40.0)
    words = [("Tja. ", at) for at in (23.0, 29.0, 35.0, 41.0)]
    assert heard.told == [(SLOW, 2.0), (SLOW, 12.0), (SLOW, 22.0), *words]


@pytest.mark.promise(
    "Language model",
    "An attempt gets 4 s to its first word, or what is set; it is made a second time, and then "
    "the caller is asked for a moment.",
)
@pytest.mark.parametrize(
    ("given", "sorry_secs"),
    [(LOCAL, 8.0), ({"openai_llm_patience_secs": 1.5}, 3.0), ({}, 60.0)],
    ids=["vendor's", "set", "a server of one's own"],
)
def test_a_model_that_says_nothing_is_asked_twice_and_then_excused(
    given: dict[str, Any], sorry_secs: float
) -> None:
    heard = waited(hangs(), hangs(), **given)
    assert heard.asked == 2
    assert [one for one in heard.told if one[0] != SLOW] == [(MOMENT, sorry_secs)]


@pytest.mark.promise(
    "Language model",
    "An answer that stops between two words is given up after 3 s, or after at most 10 s with a "
    "patient setting, and the caller is told that more was to come.",
)
@pytest.mark.parametrize(("given", "cut_secs"), [(LOCAL, 3.0), ({}, 10.0)], ids=["4 s", "30 s"])
def test_a_stall_between_words_is_not_waited_for(given: dict[str, Any], cut_secs: float) -> None:
    half = sse(chunk({"content": "Es ist "}), done=False, end="hang")
    heard = waited(half, **given)
    assert heard.told == [("Es ist ", 0.0), (CUT, cut_secs)]
    assert heard.asked == 1


@pytest.mark.promise(
    "Language model", "A model may think for up to 60 s before its first word, and no longer."
)
@pytest.mark.parametrize(("thoughts", "last"), [(19, (WORDS, 60.0)), (40, (SORRY, 63.0))])
def test_thought_is_waited_for_within_reason(thoughts: int, last: tuple[str, float]) -> None:
    said = chunk({"content": WORDS}, finish="stop")
    heard = waited(slowly(*[THOUGHT] * thoughts, said, secs=3.0), **LOCAL)
    assert [one for one in heard.told if one[0] != SLOW] == [last]
    assert heard.asked == 1


@pytest.mark.promise(
    "Language model",
    "A model that writes what nobody hears, without end, is given up as one that says nothing.",
)
@pytest.mark.parametrize(
    ("endless", "last"),
    [
        (chunk({"content": "\n"}), (CUT, 3.0)),
        (chunk({"content": "..."}), (CUT, 3.0)),
        (chunk({"tool_calls": [call("look_up", "\n")]}), (CUT, 61.0)),
        (THOUGHT, (CUT, 61.0)),
    ],
    ids=["line ends", "marks", "a call", "thoughts"],
)
def test_what_is_never_heard_is_no_sign_of_life_for_ever(
    endless: object, last: tuple[str, float]
) -> None:
    said = chunk({"content": "Moment."})
    heard = waited(slowly(said, *[endless] * 90, secs=1.0), **LOCAL)
    assert heard.told[-1] == (last[0], pytest.approx(last[1] + 1.0, abs=1.1))
    assert heard.asked == 1


@pytest.mark.parametrize(
    ("headers", "told"),
    [(1, [(WORDS, 3.0)]), (2, [(MOMENT, 8.0)]), (9, [(MOMENT, 8.0)])],
    ids=["the word in time", "too late", "many headers"],
)
def test_a_header_is_no_word_and_no_end(headers: int, told: Told) -> None:
    said = chunk({"content": WORDS}, finish="stop")
    answer = slowly(*[HEADER] * headers, said, secs=1.5)
    heard = waited(answer, answer, **LOCAL)
    assert [one for one in heard.told if one[0] != SLOW] == told


@pytest.mark.promise(
    "Language model",
    "An apology is said once, and not again after the next good answer.",
)
@pytest.mark.parametrize("others", [(), (ANTHROPIC.wire.refused(500),) * 4], ids=["one", "two"])
def test_an_apology_is_said_once_in_the_callers_language(others: Sequence[Answer]) -> None:
    bad = (refused(500), refused(500))
    good = tuple(map(text, ["Gut.", "Eins.", "Zwei."]))
    answers = (good[0], *bad, *good[1:])
    heard = waited(*answers, others=others, gaps_secs=(1.0, 40.0, 1.0), **LOCAL)
    assert [one for one, _ in heard.told] == ["Gut.", MOMENT, "Eins.", "Zwei."]
    assert heard.others == (2 if others else 0)


@pytest.mark.promise(
    "Fallback",
    "A second model takes over the turn that the first failed and all turns of the next 30 s, "
    "without a word; then the first is asked again.",
)
def test_the_first_model_rests_for_thirty_seconds() -> None:
    others = [ANTHROPIC.wire.text(one) for one in ("Zwei.", "Drei.")]
    bad = (refused(500), refused(500))
    heard = waited(*bad, text("Vier."), others=others, gaps_secs=(28.0, 3.0), **LOCAL)
    assert [one for one, _ in heard.told] == ["Zwei.", "Drei.", "Vier."]
    assert (heard.asked, heard.others) == (3, 2)


@pytest.mark.promise(
    "Fallback", "A first model that is slow to fail costs the caller its patience once."
)
def test_a_hanging_first_model_is_waited_for_once() -> None:
    others = [ANTHROPIC.wire.text(one) for one in ("Zwei.", "Drei.")]
    heard = waited(*[hangs()] * 4, others=others, gaps_secs=(1.0,), **LOCAL)
    assert heard.told == [(SLOW, 2.0), ("Zwei.", 8.0), ("Drei.", 0.0)]


@pytest.mark.promise(
    "Language model",
    "A model that is busy is asked again when it says, if that is within 5 s.",
)
@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"retry-after": "3"}, (WORDS, 3.0)),
        ({"retry-after-ms": "1500"}, (WORDS, 1.5)),
        ({}, (WORDS, 0.5)),
        ({"retry-after": "6"}, (MOMENT, 0.0)),
    ],
    ids=str,
)
def test_a_busy_model_is_asked_again_when_it_says(
    headers: dict[str, str], told: tuple[str, float]
) -> None:
    heard = waited(refused(429, headers=headers), text(WORDS), **LOCAL)
    assert [one for one in heard.told if one[0] != SLOW] == [told]


@pytest.mark.promise(
    "Language model",
    "The connection to the model is open before the first reply, kept for the next ones, and "
    "closed at the end of the call.",
)
def test_a_connection_outlives_a_long_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the HTTP client's own clock, which is not the loop's here."""

    async def main() -> int:
        async with open_unkind_server() as server:
            server.answers = [text(WORDS)] * 2
            settings = Settings.model_validate({"openai_base_url": server.base_url})
            model = build_language_model(settings, tools=ToolRuntime(tools=[], resources={}))
            async with open_fake_pipeline(model) as pipeline:
                while not server.connections:  # noqa: ASYNC110 - costs no time on this clock
                    await asyncio.sleep(0.01)
                await pipeline.settle()
                for turn, passed_secs in enumerate((0.0, 500.0), start=1):
                    now_secs = time.monotonic() + passed_secs
                    monkeypatch.setattr(time, "monotonic", partial(float, now_secs))
                    context = LLMContext([{"role": "user", "content": "Hi."}])
                    await pipeline.send(LLMContextFrame(context))
                    await pipeline.until_down(LLMFullResponseEndFrame, turn)
                    await pipeline.settle()
            return server.connections

    assert run_in_virtual_time(main()) == 1
