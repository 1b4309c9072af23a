from __future__ import annotations

from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InterruptionFrame,
)

from processors.floor import Floor
from tests.fake_clock import FakeClock
from tests.fake_output import build_output
from tests.fake_pipeline import open_fake_pipeline
from tests.turn_rig import open_turn_rig
from tests.voice_frames import reply, sentence
from tests.waiting import until


def test_nobody_speaks_and_nothing_is_due_at_first() -> None:
    floor = Floor()
    assert not (floor.is_bot_speaking or floor.is_caller_turn or floor.is_voice)
    assert not floor.is_answer_due(within_secs=float("inf"))


def test_an_answer_is_due_from_the_end_of_the_turn_until_the_bot_is_heard() -> None:
    clock = FakeClock()
    floor = Floor(clock_secs=clock)
    floor.caller_began()
    assert not floor.is_answer_due(within_secs=8.0)
    floor.caller_ended()
    assert floor.answer_due_since_secs == clock.now
    clock.now += 7.9
    assert floor.is_answer_due(within_secs=8.0)
    assert not floor.is_answer_due(within_secs=1.5)
    floor.bot_began()
    floor.bot_ended()
    assert not floor.is_answer_due(within_secs=8.0)


def test_an_old_reply_that_falls_silent_is_no_answer() -> None:
    floor = Floor()
    floor.bot_began()
    floor.caller_began()
    floor.caller_ended()
    floor.bot_ended()
    assert floor.is_answer_due(within_secs=8.0)


def test_a_caller_who_goes_on_takes_the_question_back() -> None:
    floor = Floor()
    floor.caller_ended()
    floor.caller_began()
    assert floor.answer_due_since_secs is None


async def test_the_callers_side_tells_of_voice_and_of_the_turn() -> None:
    async with open_turn_rig() as rig:
        floor = rig.floor
        rig.bot_audio.is_audible = True
        await rig.say(6)
        assert floor.is_voice and not floor.is_caller_turn, "it may be a cough"
        await rig.interim("Stop it")
        assert floor.is_caller_turn and floor.caller_began_secs == rig.heard_secs
        rig.bot_audio.is_audible = False
        await rig.hush(6)
        assert not floor.is_voice and floor.is_caller_turn
        await rig.final("Stop it.", finalized=True)
        assert not floor.is_caller_turn
        assert floor.answer_due_since_secs == floor.caller_ended_secs == rig.heard_secs


async def test_the_output_tells_of_the_bot_before_its_frames_go_out() -> None:
    floor = Floor()
    output = build_output(floor=floor)
    seen: list[tuple[type, bool]] = []

    def note(_: object, frame: Frame) -> None:
        if isinstance(frame, BotStartedSpeakingFrame | BotStoppedSpeakingFrame):
            seen.append((type(frame), floor.is_bot_speaking))

    async def is_speaking() -> bool:
        return floor.is_bot_speaking

    async def is_silent() -> bool:
        return not floor.is_bot_speaking

    output.add_event_handler("on_before_push_frame", note)
    async with open_fake_pipeline(output) as pipeline:
        await pipeline.send(*reply(sentence("One two.", secs=0.1)))
        await until(is_speaking)
        await until(is_silent)
        await pipeline.send(*reply(sentence("One two three four five.", secs=5.0)))
        await until(is_speaking)
        await pipeline.send(InterruptionFrame())
        await until(is_silent)
        await pipeline.until_down(BotStoppedSpeakingFrame, 2)
    assert set(seen) == {(BotStartedSpeakingFrame, True), (BotStoppedSpeakingFrame, False)}
    assert floor.bot_ended_secs > floor.bot_began_secs
