from __future__ import annotations

import pytest
from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    InterruptionFrame,
    LLMContextFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.llm_service import FunctionCallParams
from pipecat.tests.utils import run_test

from processors.frames import SpeculationRefusedFrame
from processors.language_model.openai import OpenAILanguageModel
from processors.turns.speculation import MAX_PER_TURN, Speculation
from tests import fake_openai
from tests.fake_openai import open_fake_openai
from tests.turn_rig import open_turn_rig


def test_the_same_words_are_asked_once_whatever_their_punctuation() -> None:
    speculation = Speculation()
    assert speculation.may_begin("what time is it")
    speculation.begin("what time is it")
    assert not speculation.may_begin("What time is it?")
    assert speculation.answers("What time is it?")


def test_other_words_are_not_answered() -> None:
    speculation = Speculation()
    speculation.begin("what time is it")
    assert not speculation.answers("what time is it in Rome")
    assert speculation.may_begin("what time is it in Rome")


def test_no_words_are_not_asked() -> None:
    assert not Speculation().may_begin("")


def test_a_turn_has_a_limited_number_of_them() -> None:
    speculation = Speculation()
    for number in range(MAX_PER_TURN):
        assert speculation.may_begin(f"words {number}")
        speculation.begin(f"words {number}")
    assert not speculation.may_begin("more words")
    speculation.reset()
    assert speculation.may_begin("more words")


def test_ending_it_says_whether_there_was_one() -> None:
    speculation = Speculation()
    assert not speculation.end()
    speculation.begin("hello")
    assert speculation.end()
    assert speculation.text is None


def test_words_that_need_a_tool_are_not_asked_again() -> None:
    speculation = Speculation()
    speculation.begin("what time is it")
    speculation.refuse()
    assert speculation.text is None
    assert not speculation.may_begin("What time is it?")
    assert speculation.may_begin("something else")


def test_a_refusal_of_other_words_leaves_the_present_ones() -> None:
    speculation = Speculation()
    speculation.begin("book a table for two")
    assert not speculation.refuse("book a table")
    assert speculation.answers("book a table for two")
    assert not speculation.may_begin("book a table")


async def test_a_refusal_that_crosses_the_next_speculation_leaves_one_answer() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim("book a table")
        await rig.hush(1)
        await rig.interim("book a table please")
        cancelled = rig.count(EagerEndOfTurnCancelFrame)
        await rig.pipeline.send_up(EagerEndOfTurnCancelFrame())
        await rig.hush(2)
        # It does not say which one it means, so what is on its way is withdrawn too.
        assert rig.count(EagerEndOfTurnCancelFrame) == cancelled + 1
        await rig.final("Book a table please.", finalized=True)
        assert rig.requests[2:] == [(False, "Book a table please.")]


@pytest.mark.parametrize("is_ended", [False, True])
async def test_a_refusal_of_an_older_speculation_leaves_the_present_one_alone(
    is_ended: bool,
) -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim("book a table")
        await rig.hush(3)
        if is_ended:
            await rig.final("Book a table please.", finalized=True)
        else:
            await rig.interim("book a table please")
        await rig.pipeline.send_up(SpeculationRefusedFrame(text="book a table"))
        await rig.pipeline.settle()
        if not is_ended:
            await rig.final("Book a table please.", finalized=True)
        assert rig.is_over
        assert [is_ahead for is_ahead, _ in rig.requests] == [True, True]
        assert rig.count(EagerEndOfTurnCancelFrame) == 1


@pytest.mark.promise("Turns", "Every turn's answer is prepared ahead of its end.")
async def test_after_many_turns_an_answer_is_still_prepared_ahead() -> None:
    async with open_turn_rig() as rig:
        for number in range(6):
            await rig.say(10)
            await rig.interim(f"What is word{number}?")
            await rig.hush(3)
            await rig.final(f"What is word{number}?", finalized=True)
            rig.context.add_message({"role": "assistant", "content": "This."})
        assert rig.requests == [(True, f"What is word{number}?") for number in range(6)]


@pytest.mark.promise("Turns", "A cough after a turn asks nothing.")
async def test_a_sound_without_words_after_a_turn_asks_nothing() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.hush(3)
        await rig.final("What time is it?", finalized=True)
        rig.floor.bot_began()
        rig.floor.bot_ended()
        before = len(rig.requests)
        await rig.say(10)
        await rig.hush(20)
        await rig.settled()
        await rig.hush(20)
        assert rig.count(UserStoppedSpeakingFrame) == 2
        assert len(rig.requests) == before


@pytest.mark.promise("Turns", "A turn is answered though its prepared answer was dropped.")
async def test_an_answer_that_an_interruption_has_dropped_is_not_counted_on() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim("What time is it?")
        await rig.hush(1)
        assert rig.requests == [(True, "What time is it?")]
        # Typed text, a drain or a farewell cuts whatever is being made.
        await rig.pipeline.send(InterruptionFrame())
        await rig.hush(2)
        await rig.final("What time is it?", finalized=True)
        assert rig.is_over
        assert rig.requests[1:] in (
            [(False, "What time is it?")],
            [(True, "What time is it?")],
        )


async def test_a_refusal_of_an_answer_that_was_cut_asks_nothing_again() -> None:
    async with open_turn_rig() as rig:
        await rig.say(10)
        await rig.interim("What time is it?")
        await rig.hush(3)
        await rig.final("What time is it?", finalized=True)
        assert rig.is_over
        await rig.pipeline.send(InterruptionFrame())
        await rig.pipeline.settle()
        await rig.pipeline.send_up(SpeculationRefusedFrame(text="What time is it?"))
        await rig.pipeline.settle()
        assert len(rig.requests) == 1


async def test_the_language_model_says_which_speculation_it_drops() -> None:
    async def tell_time(params: FunctionCallParams) -> None:
        """Tell the time."""
        await params.result_callback("noon")

    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.chat(*fake_openai.call("tell_time", "{}"))]
        context = LLMContext(
            messages=[{"role": "user", "content": "What time is it?"}], tools=[tell_time]
        )
        frame = LLMContextFrame(context=context, speculation=True)
        service = OpenAILanguageModel(api_key="key", base_url=fake.base_url)
        down, up = await run_test(service, frames_to_send=[UserStartedSpeakingFrame(), frame])
    for frames in (down, up):
        refused = [frame for frame in frames if isinstance(frame, EagerEndOfTurnCancelFrame)]
        assert [(type(frame), getattr(frame, "text", None)) for frame in refused] == [
            (SpeculationRefusedFrame, "What time is it?")
        ]
