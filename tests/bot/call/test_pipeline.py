"""What the parts of a session do together, wired as a call wires them."""

from __future__ import annotations

import asyncio

import pytest
from pipecat.pipeline.worker import PipelineWorker

from bench.voice import spoken
from bot.settings import Settings
from processors.turns.voice_activity import WINDOW_SECS
from tests.bot.call.wired_call import WiredCall, open_wired_call
from tests.caller_sounds import words

_SOFT_DBFS = -30.0
"""Of the loudest sample: somebody who speaks softly, a metre from the microphone."""

BOT = (
    "It is sunny in Rome, and it will stay so for the rest of the week and the whole of the next "
    "one, with a light wind from the sea in the afternoon and clear nights that are good for "
    "looking at the stars."
)


async def over_the_bot(call: WiredCall, sound: str) -> None:
    """The caller makes a sound while the bot speaks, which holds it."""
    await call.hear(words(sound, dbfs=-6.0))
    await call.until(lambda: call.is_held)


@pytest.mark.promise("Turns", "A noise or an echo lets the bot go on; 'stop' stops it.")
async def test_a_noise_or_an_echo_over_the_bot_lets_it_go_on_and_stop_stops_it(
    settings: Settings,
) -> None:
    async with open_wired_call(settings) as call:
        await call.bot_says(BOT)
        await over_the_bot(call, "Mm-hm.")
        await call.interim("Mm-hm")
        await call.hush(0.3)
        await call.final("Mm-hm.", from_finalize=True)
        await call.until(lambda: not call.is_held)
        await call.until(lambda: "Rome" in call.room.heard_text)
        await call.final("sunny in Rome")
        await call.hush(0.5)
        assert call.is_audible and not call.asked
        await over_the_bot(call, "Stop.")
        await call.final("Stop.", from_finalize=True)
        await call.hush(1.0)
        await call.until(lambda: call.asked)
        [(_, remembered), said] = call.asked[0]
        # What was heard until then: not even the first word whole, for what the tone says is long.
        assert BOT.startswith(remembered.rstrip(" -—")) and len(remembered) < len(BOT)
        assert said == ("user", "Stop.")


@pytest.mark.promise("Turns", "Each word is taken once, also if its final comes late.")
@pytest.mark.parametrize("is_placed", [True, False])
async def test_words_are_taken_once_and_a_turn_is_one_message(
    settings: Settings, is_placed: bool
) -> None:
    async with open_wired_call(settings) as call:
        await call.hear(spoken("Twenty five or thirty six."))
        end_secs = call.spoken_secs if is_placed else 0.0
        await call.interim("twenty five or thirty six", end_secs=end_secs)
        # No final comes: the words are taken as they are.
        await call.hush(2.0)
        await call.until(lambda: call.asked)
        await call.final("25 or 36.", end_secs=end_secs)
        await call.hush(0.5)
        # One put ahead of the end may be withdrawn, and put again with the same words.
        assert call.asked
        assert all(asked == [("user", "twenty five or thirty six")] for asked in call.asked)
        messages = call.pipeline.context.get_messages()
        kept = [m for m in messages if isinstance(m, dict) and m["role"] == "user"]
        assert len(kept) == 1
        # What is answered is heard once, however often it was asked.
        await call.until(lambda: "I see." in call.room.heard_text)
        await call.hush(0.5)
        assert call.room.heard_text.count("I see.") == 1


@pytest.mark.promise("Turns", "A word that is said again is heard again.")
async def test_a_word_that_is_said_again_is_heard_though_its_place_is_not_told(
    settings: Settings,
) -> None:
    async with open_wired_call(settings) as call:
        for count in (1, 2):
            await call.hear(spoken("Tokyo."))
            await call.hush(0.3)
            await call.final("Tokyo.", from_finalize=True, end_secs=0.0)
            await call.hush(3.5)
            await call.until(lambda count=count: len(call.asked) == count)


@pytest.mark.promise("Turns", "A finished sentence ends the turn after a tenth of a second.")
async def test_a_finished_question_is_over_before_voice_detection_alone_would_say_so(
    settings: Settings,
) -> None:
    async with open_wired_call(settings) as call:
        await call.hear(words("What time is it?", dbfs=_SOFT_DBFS))
        await call.interim("What time is it")
        windows = 0
        while "Finalize" not in call.recogniser.messages and windows < 20:
            windows += 1
            await call.hush(WINDOW_SECS)
            # The turn model has time for its answer.
            await asyncio.sleep(0.15)
        assert windows < 6


@pytest.mark.promise("Turns", "A sentence that cannot be over is waited for.")
async def test_a_sentence_that_hangs_is_waited_for(settings: Settings) -> None:
    async with open_wired_call(settings) as call:
        await call.hear(spoken("Book a table for the"))
        await call.hush(0.25)
        await call.final("Book a table for the", from_finalize=True)
        await call.hush(0.25)
        assert not call.asked
        await call.hush(2.0)
        await call.until(lambda: call.asked)


async def test_a_sentence_that_hangs_is_answered_once_the_caller_has_switched_off(
    settings: Settings,
) -> None:
    async with open_wired_call(settings) as call:
        await call.hear(spoken("Book a table for the"))
        call.room.microphone.muted(is_muted=True)
        await call.hush(0.4)
        await call.final("Book a table for the", from_finalize=True)
        # Soon, and not because nothing more has come for long.
        windows = 0
        while not call.asked and windows < 6:
            windows += 1
            await call.hush(WINDOW_SECS)
            await asyncio.sleep(0.1)
        assert call.asked


@pytest.mark.promise("Ending a call", "A bot in whose room nothing happens waits on.")
async def test_a_bot_in_whose_room_nothing_happens_waits_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Pipecat ends a pipeline after five minutes of silence, if it is not told otherwise.
    defaults = PipelineWorker.__init__.__kwdefaults__
    assert defaults
    monkeypatch.setitem(defaults, "idle_timeout_secs", 0.2)
    async with open_wired_call(settings) as call:
        await asyncio.sleep(0.6)
        assert not call.pipeline.worker.has_finished()
        await call.bot_says(BOT)
