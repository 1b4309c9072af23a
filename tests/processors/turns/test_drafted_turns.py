"""What guessed words do for turns and interruptions, and what they never do."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)

from processors.frames import BotPauseFrame, BotResumeFrame
from tests.turn_rig import ScriptedDrafts, TurnRig, open_turn_rig

BEHIND_SECS = 0.5


@pytest.fixture
def drafts() -> ScriptedDrafts:
    return ScriptedDrafts()


@pytest.fixture
async def rig(drafts: ScriptedDrafts) -> AsyncIterator[TurnRig]:
    async with open_turn_rig(drafts=drafts) as opened:
        yield opened


@pytest.mark.promise("Turns", "A question is asked on guessed words before the real ones are in.")
async def test_words_that_are_not_shown_yet_are_guessed_and_asked(
    rig: TurnRig, drafts: ScriptedDrafts
) -> None:
    drafts.text = "What time is it in Rome?"
    await rig.say(10)
    await rig.interim("what time", lag_secs=BEHIND_SECS)
    await rig.hush(2)
    assert rig.requests == [(True, "what time is it in Rome?")]
    await rig.hush(2)
    await rig.final("What time is it in Rome?", finalized=True)
    assert rig.is_over
    assert len(rig.requests) == 1
    assert rig.count(EagerEndOfTurnCancelFrame) == 0
    assert rig.messages == ["What time is it in Rome?"]


@pytest.mark.promise("Turns", "An answer to other words than were said is thrown away.")
@pytest.mark.parametrize(
    ("guessed", "said"),
    [
        ("Cancel it.", "Don't cancel it."),
        ("Book for two.", "Book for twenty."),
        ("What time is it in Rome?", "What time is it in Rome tomorrow?"),
    ],
)
async def test_an_answer_to_words_that_were_guessed_wrong_is_not_given(
    rig: TurnRig, drafts: ScriptedDrafts, guessed: str, said: str
) -> None:
    drafts.text = guessed
    await rig.say(10)
    await rig.hush(3)
    assert rig.requests == [(True, guessed)]
    await rig.final(said, finalized=True)
    await rig.hush(3)
    assert rig.count(EagerEndOfTurnCancelFrame) == 1
    assert len(rig.requests) == 2
    assert rig.messages == [said]


@pytest.mark.promise("Turns", "Guessed words are never taken for what was said.")
@pytest.mark.parametrize("shown", ["", "what time"])
async def test_a_turn_whose_words_never_come_does_not_get_guessed_ones(
    rig: TurnRig, drafts: ScriptedDrafts, shown: str
) -> None:
    drafts.text = "What time is it?"
    await rig.say(10)
    if shown:
        await rig.interim(shown, lag_secs=BEHIND_SECS)
    await rig.hush(120)
    assert rig.is_over
    assert [message for message in rig.messages if message] == ([shown] if shown else [])


async def test_words_that_are_shown_in_time_are_not_guessed(
    rig: TurnRig, drafts: ScriptedDrafts
) -> None:
    await rig.say(10)
    await rig.interim("What time is it", lag_secs=0.0)
    await rig.hush(3)
    assert drafts.reads == 0
    assert not drafts.is_behind


async def test_a_guess_is_dropped_when_the_caller_goes_on(
    rig: TurnRig, drafts: ScriptedDrafts
) -> None:
    drafts.is_stuck = True
    await rig.say(10)
    await rig.hush(2)
    assert drafts.reads == 1
    await rig.say(2)
    assert drafts.cancelled_reads == 1
    assert rig.requests == []
    drafts.is_stuck = False
    drafts.text = "What time is it now?"
    await rig.hush(2)
    assert rig.requests == [(True, "What time is it now?")]


async def test_an_old_guess_says_nothing_about_a_later_pause(
    rig: TurnRig, drafts: ScriptedDrafts
) -> None:
    drafts.text = "What time is it?"
    await rig.say(10)
    await rig.hush(2)
    await rig.say(5)
    drafts.text = None
    await rig.hush(3)
    assert rig.count(EagerEndOfTurnCancelFrame) == 1
    assert len(rig.requests) == 1


async def test_a_guess_that_never_comes_holds_nothing(rig: TurnRig, drafts: ScriptedDrafts) -> None:
    drafts.is_stuck = True
    await rig.say(10)
    await rig.hush(3)
    await rig.final("What time is it?", finalized=True)
    await rig.hush(2)
    assert rig.is_over
    assert rig.messages == ["What time is it?"]


async def test_what_is_final_is_not_guessed_again(rig: TurnRig, drafts: ScriptedDrafts) -> None:
    await rig.say(30)
    await rig.final("I would like to book", lag_secs=0.2)
    assert drafts.kept_secs == pytest.approx(0.2)
    await rig.say(10)
    drafts.text = "a table for two."
    await rig.hush(2)
    assert rig.requests == [(True, "I would like to book a table for two.")]


@pytest.mark.parametrize(
    ("shown", "guessed", "asked"),
    [
        ("book a table for", "Book a table for two, please.", "book a table for two, please."),
        ("look a table for", "Book a table for two.", "look a table for two."),
        ("book a table fo", "Book a table for two.", "book a table for two."),
        ("cook a cable for", "Book a table of two.", None),
    ],
)
async def test_a_guess_goes_on_where_the_words_shown_end(
    rig: TurnRig, drafts: ScriptedDrafts, shown: str, guessed: str, asked: str | None
) -> None:
    drafts.text = guessed
    await rig.say(10)
    await rig.interim(shown, lag_secs=BEHIND_SECS)
    await rig.hush(2)
    assert rig.requests == ([(True, asked)] if asked else [])


async def test_guessed_words_that_hang_are_not_asked_and_hold_the_turn(
    rig: TurnRig, drafts: ScriptedDrafts
) -> None:
    drafts.text = "I would like to book a"
    await rig.say(10)
    await rig.hush(6)
    assert rig.requests == []


@pytest.mark.promise("Turns", "A lone stop, wait or no is obeyed before its words are in.")
@pytest.mark.parametrize("word", ["Stop.", "Wait.", "No.", "Hold on.", "No, not that one."])
async def test_a_word_that_interrupts_does_so_as_it_is_guessed(
    rig: TurnRig, drafts: ScriptedDrafts, word: str
) -> None:
    rig.bot_audio.is_audible = True
    drafts.text = word
    await rig.say(6)
    await rig.hush(3)
    assert rig.count(UserStartedSpeakingFrame) == 1
    assert rig.count(BotResumeFrame) == 0


@pytest.mark.promise("Turns", "A listener's noise lets the bot go on within a quarter of a second.")
@pytest.mark.parametrize("word", ["Mm-hm.", "Mama.", "Yeah.", "You", "Oh, okay.", "Who, yeah?", ""])
async def test_a_noise_is_over_as_it_is_guessed(
    rig: TurnRig, drafts: ScriptedDrafts, word: str
) -> None:
    rig.bot_audio.is_audible = True
    drafts.text = word
    await rig.say(6)
    await rig.hush(2)
    assert rig.count(BotPauseFrame) == rig.count(BotResumeFrame) == 1
    assert rig.count(UserStartedSpeakingFrame) == 0


async def test_half_a_word_does_not_interrupt(rig: TurnRig, drafts: ScriptedDrafts) -> None:
    rig.bot_audio.is_audible = True
    drafts.text = "No"
    await rig.say(10)
    assert drafts.reads > 0
    assert rig.count(UserStartedSpeakingFrame) == 0
    drafts.text = "Nice."
    await rig.hush(3)
    assert rig.count(UserStartedSpeakingFrame) == 0
    assert rig.count(BotResumeFrame) == 1


@pytest.mark.promise("Turns", "A listener's noise lets the bot go on within a quarter of a second.")
async def test_half_a_word_that_is_read_again_and_again_does_not_interrupt(
    rig: TurnRig, drafts: ScriptedDrafts
) -> None:
    rig.bot_audio.is_audible = True
    drafts.text = "Go, go, go, go"
    await rig.say(10)
    await rig.hush(3)
    assert rig.count(UserStartedSpeakingFrame) == 0
    assert rig.count(BotResumeFrame) == 1


@pytest.mark.parametrize("word", ["Yes.", "No.", "Maybe."])
async def test_what_answers_a_question_waits_for_its_words(
    rig: TurnRig, drafts: ScriptedDrafts, word: str
) -> None:
    rig.bot_audio.is_audible = True
    rig.spoken = "Shall I book it?"
    drafts.text = word
    await rig.say(6)
    await rig.hush(2)
    assert rig.count(BotResumeFrame) == rig.count(UserStartedSpeakingFrame) == 0
    await rig.final(word, finalized=True)
    assert rig.count(UserStartedSpeakingFrame) == 1


async def test_the_bots_own_words_do_not_interrupt_it(rig: TurnRig, drafts: ScriptedDrafts) -> None:
    rig.bot_audio.is_audible = True
    rig.spoken = "You can stop by any time you like"
    drafts.text = "stop by any time"
    await rig.say(6)
    await rig.hush(3)
    assert rig.count(UserStartedSpeakingFrame) == 0


@pytest.mark.promise("Turns", "An interruption that was guessed to be none is heard all the same.")
async def test_real_words_have_the_last_word(rig: TurnRig, drafts: ScriptedDrafts) -> None:
    rig.bot_audio.is_audible = True
    drafts.text = "Mama."
    await rig.say(6)
    await rig.hush(3)
    assert rig.count(BotResumeFrame) == 1
    await rig.final("Tomorrow.", finalized=True)
    assert rig.count(UserStartedSpeakingFrame) == 1
    await rig.hush(3)
    assert rig.count(UserStoppedSpeakingFrame) == 1
