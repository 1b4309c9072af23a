"""What the caller answers to a tool's question, spoken, typed or by the page's button."""

from __future__ import annotations

import asyncio

import pytest

from tests.tools.runtime.talk import Talk, calls, id_of, open_talk, words
from tests.tools.sample_tools import put_down, send
from tools.calls.commands import CallNeedsConfirmation, CallStarted


def started(talk: Talk) -> int:
    return sum(isinstance(event, CallStarted) for event in talk.events)


async def asked_to_send(talk: Talk, *, count: int = 1) -> str:
    """Have the caller asked whether seven may be sent, so often by now; returns the call's id."""
    reply = calls(("send", {"number": 7}))
    talk.fake.answers.clear()
    talk.model_says(reply)
    await talk.caller_says("Send number seven.")
    await until_asked(talk, count=count)
    return id_of(reply)


async def until_asked(talk: Talk, *, count: int = 1) -> None:
    """Wait until the question was heard so often."""
    await talk.until(lambda: talk.spoken.count("Shall I send number 7?") >= count)
    await talk.until(lambda: talk.runtime.announcer.is_floor_free)
    talk.skipped_secs += 0.4


@pytest.mark.promise(
    "Tools", 'What takes a yes back ("yes, but ...", "yes, if ...") is spoken or typed: it counts.'
)
@pytest.mark.parametrize("is_typed", [False, True])
@pytest.mark.parametrize("text", ["Yes, but number eight.", "Yes, if it is number 7."])
async def test_a_yes_that_is_taken_back_sends_nothing(text: str, is_typed: bool) -> None:
    async with open_talk([send]) as talk:
        await asked_to_send(talk)
        talk.model_says(words("It is the red one."), words("It is sent."))
        say = talk.caller_types if is_typed else talk.caller_says
        await say(text)
        # The model answers it, as it is no answer to the question.
        await talk.until_spoken("It is the red one.")
        await until_asked(talk, count=2)
        assert started(talk) == 0
        await say("Yes.")
        await talk.until_spoken("It is sent.")
        assert started(talk) == 1


@pytest.mark.promise("Tools", "A question of a tool may be answered in typed words.")
@pytest.mark.parametrize(
    ("text", "count", "reply"), [("yes please", 1, "It is sent."), ("no", 0, "As you like.")]
)
async def test_a_typed_answer_is_one(text: str, count: int, reply: str) -> None:
    async with open_talk([send]) as talk:
        await asked_to_send(talk)
        talk.model_says(words(reply))
        await talk.caller_types(text)
        await talk.until_spoken(reply)
        assert started(talk) == count
        # The answer itself was nothing for the model.
        assert len(talk.fake.requests) == 2


@pytest.mark.promise(
    "Tools",
    "An irreversible request happens once in a call, however often it is asked for or allowed.",
)
async def test_a_question_answered_yes_by_voice_and_button_has_one_effect() -> None:
    async with open_talk([send]) as talk:
        call_id = await asked_to_send(talk)
        talk.model_says(words("It is sent."), words("You are welcome."))
        await asyncio.gather(
            talk.runtime.answer(call_id, is_yes=True),
            talk.caller_says("Yes."),
            talk.runtime.answer(call_id, is_yes=True),
        )
        await talk.until(lambda: talk.result_of(call_id)["status"] == "ok")
        await talk.runtime.answer(call_id, is_yes=True)
        await talk.until_spoken("is sent.")
        assert started(talk) == 1


@pytest.mark.promise(
    "Tools",
    "A question that was refused, or not answered within 30 s, is over: no late yes counts.",
)
async def test_no_yes_counts_after_a_no_or_after_half_a_minute() -> None:
    async with open_talk([send, put_down]) as talk:
        refused = await asked_to_send(talk)
        talk.model_says(words("Then not."))
        await talk.runtime.answer(refused, is_yes=False)
        assert not talk.runtime.asks_about(refused)
        await talk.runtime.answer(refused, is_yes=True)
        await talk.until_spoken("Then not.")
        assert talk.result_of(refused)["status"] == "declined"

        forgotten = await asked_to_send(talk, count=2)
        talk.model_says(words("Nobody said yes."), words("Yes to what?"))
        talk.skipped_secs += 29.0
        await asyncio.sleep(0.25)
        assert talk.runtime.asks_about(forgotten)
        talk.skipped_secs += 1.0
        await talk.until_spoken("Nobody said yes.")
        assert talk.result_of(forgotten)["status"] == "not_confirmed"
        await talk.runtime.answer(forgotten, is_yes=True)
        await talk.caller_says("Yes.")
        await talk.until_spoken("Yes to what?")
        assert started(talk) == 0


async def test_the_page_can_answer_the_question() -> None:
    async with open_talk([send]) as talk:
        reply = calls(("send", {"number": 7}))
        talk.model_says(reply, words("It is sent."))
        await talk.caller_says("Send number seven.")
        await talk.until(lambda: talk.events)
        asked = talk.events[0]
        assert isinstance(asked, CallNeedsConfirmation)
        assert asked.question == "Shall I send number 7?"
        await talk.runtime.answer(asked.call_id, is_yes=True)
        await talk.until_spoken("It is sent.")


async def test_an_unclear_answer_is_answered_and_the_question_put_again() -> None:
    async with open_talk([send]) as talk:
        talk.model_says(
            calls(("send", {"number": 7})), words("It is the red one."), words("It is sent.")
        )
        await talk.caller_says("Send number seven.")
        await talk.until_spoken("Shall I send number 7?")
        await asyncio.sleep(0.35)
        await talk.caller_says("Which one was that?")
        await talk.until_spoken("It is the red one.")
        await talk.until(lambda: talk.spoken.count("Shall I send number 7?") == 2)
        await asyncio.sleep(0.35)
        await talk.caller_says("Yes.")
        await talk.until_spoken("It is sent.")
