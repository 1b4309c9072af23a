"""What of the bot's speech is heard, in virtual time: who must listen, cuts, and the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from livekit import rtc
from pipecat.frames.frames import (
    BotStoppedSpeakingFrame,
    EndFrame,
    InterruptionFrame,
    LLMAssistantPushAggregationFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
)

from processors.frames import (
    BotPauseFrame,
    BotResumeFrame,
    HeardTextFrame,
    PlayoutStartedFrame,
    PlayoutStoppedFrame,
)
from processors.room.output import OUTPUT_SAMPLE_RATE_HZ as RATE_HZ
from processors.room.output import RoomOutput
from processors.room.playout import CHUNK_MS
from tests.fake_output import Listener, build_output
from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tests.virtual_time import VirtualClock, run_in_virtual_time
from tests.voice_frames import LEVEL, reply, sentence


@dataclass
class Call:
    """A running output and who hears it."""

    listener: Listener
    output: RoomOutput
    pipeline: FakePipeline

    def heard_secs(self, level: int) -> float:
        """Return how much was heard of speech of a level."""
        source = self.listener.audio_source
        # Looking at it makes it play up to now.
        assert source.is_closed or source.queued_duration >= 0
        return float(np.count_nonzero(source.played == level)) / RATE_HZ

    def order(self) -> list[int]:
        """Return the levels heard, in order."""
        played = self.listener.audio_source.played
        played = played[played != 0]
        starts = np.flatnonzero(np.diff(played, prepend=0))
        return [int(played[at]) for at in starts]


def call(scenario: Callable[[Call], Any]) -> Call:
    """Play a scenario; the call ends behind it."""

    async def main() -> Call:
        listener = Listener()
        output = build_output(listener=listener)
        async with open_fake_pipeline(output, clock=VirtualClock()) as pipeline:
            running = Call(listener, output, pipeline)
            await scenario(running)
        return running

    return run_in_virtual_time(main())


def line(text: str, *, secs: float, level: int) -> list[Any]:
    """A line of our own, such as the greeting."""
    said = sentence(text, secs=secs, level=level)
    return [TTSStartedFrame(), *said, LLMAssistantPushAggregationFrame(), TTSStoppedFrame()]


@pytest.mark.promise(
    "What the caller hears", "Nothing is said before the caller listens, however late that is."
)
@pytest.mark.parametrize("wait_secs", [0.5, 9.0, 600.0])
def test_a_greeting_waits_for_the_caller_and_is_heard_from_its_first_sample(
    wait_secs: float,
) -> None:
    async def main() -> None:
        listener = Listener()
        listener.listens.clear()
        output = build_output(listener=listener)
        async with open_fake_pipeline(output, clock=VirtualClock()) as pipeline:
            running = Call(listener, output, pipeline)
            await pipeline.send(*line("Hello and good day.", secs=2.0, level=1000))
            await asyncio.sleep(wait_secs)
            assert not any(isinstance(frame, PlayoutStartedFrame) for frame in pipeline.down)
            assert running.order() == []
            listener.listens.set()
            await pipeline.until_down(BotStoppedSpeakingFrame)
            assert running.heard_secs(1000) == 2.0
            assert output.heard_text == "Hello and good day."

    run_in_virtual_time(main())


@pytest.mark.promise(
    "What the caller hears", "A bot that cannot know who listens speaks all the same."
)
def test_where_nobody_can_tell_who_listens_the_bot_speaks_all_the_same() -> None:
    async def main() -> None:
        listener = Listener(is_unknown=True)
        output = build_output(listener=listener)
        async with open_fake_pipeline(output, clock=VirtualClock()) as pipeline:
            await pipeline.send(*line("Hello and good day.", secs=0.48, level=1000))
            await pipeline.until_down(BotStoppedSpeakingFrame)
            assert Call(listener, output, pipeline).heard_secs(1000) == 0.48

    run_in_virtual_time(main())


@pytest.mark.promise(
    "What the caller hears",
    "The last word is heard to its end before the room is left, and then it is.",
)
@pytest.mark.parametrize("pause_at_secs", [None, 0.0, 0.2, 1.3, 1.45])
def test_the_last_samples_are_heard_before_the_room_is_left(pause_at_secs: float | None) -> None:
    began_secs: list[float] = []

    async def scenario(running: Call) -> None:
        await running.pipeline.send(*line("Thank you and goodbye.", secs=1.5, level=1000))
        await running.pipeline.until_down(PlayoutStartedFrame)
        began_secs.append(asyncio.get_running_loop().time())
        # Of a pause nobody is left who would end it.
        if pause_at_secs == 0:
            await running.pipeline.send(BotPauseFrame())
        await running.pipeline.send(EndFrame())
        if pause_at_secs:
            await asyncio.sleep(pause_at_secs)
            await running.pipeline.send(BotPauseFrame())
        await asyncio.sleep(3.0)
        is_left = running.listener.left_secs is not None
        if not is_left:
            await running.pipeline.send(BotResumeFrame())
        assert is_left

    running = call(scenario)
    assert running.heard_secs(1000) == 1.5
    assert running.listener.left_secs is not None
    assert running.listener.left_secs - began_secs[0] < 1.5 + 1.0


@pytest.mark.promise(
    "What the caller hears",
    "After an interruption nothing of the old reply is heard, and all of the new.",
)
@pytest.mark.parametrize("is_paused", [False, True])
@pytest.mark.parametrize("cuts", [1, 3])
@pytest.mark.parametrize("at_ms", [1, 45, 130, 1480])
def test_a_cut_at_any_moment_ends_the_old_reply_and_costs_none_of_the_new(
    at_ms: int, cuts: int, is_paused: bool
) -> None:
    async def take_a_moment(*_: object) -> None:
        await asyncio.sleep(0.001)

    async def scenario(running: Call) -> None:
        pipeline = running.pipeline
        running.output.add_event_handler("on_before_push_frame", take_a_moment)
        for old, new in ((1000, 2000), (3000, 4000)):
            await pipeline.send(*reply(sentence("The old one.", secs=1.5, level=old))[:-2])
            await pipeline.until_down(PlayoutStartedFrame)
            await asyncio.sleep(at_ms / 1000)
            if is_paused:
                await pipeline.send(BotPauseFrame())
                await asyncio.sleep(0.1)
            for _ in range(cuts):
                await pipeline.send(InterruptionFrame())
            await pipeline.until_down(InterruptionFrame, cuts)
            heard_secs = running.heard_secs(old)
            await pipeline.send(*reply(sentence("The new one.", secs=0.5, level=new)))
            await asyncio.sleep(2.0)
            assert running.heard_secs(old) == heard_secs
            assert running.heard_secs(new) == 0.5
            pipeline.down.clear()
        assert [level for level in running.order() if level in (2000, 4000)] == [2000, 4000]

    call(scenario)


@pytest.mark.promise(
    "What the caller hears",
    "After an interruption nothing of the old reply is heard, and all of the new.",
)
def test_a_cut_that_overtakes_speech_in_the_queue_cuts_it_too() -> None:
    async def scenario(running: Call) -> None:
        pipeline = running.pipeline
        await pipeline.send(*reply(sentence("The old one.", secs=0.5, level=1000))[:-2])
        await pipeline.until_down(PlayoutStartedFrame)
        late, new = sentence("It goes on.", secs=0.5, level=3000), sentence("A new one.", secs=0.5)
        # Pipecat takes an interruption before what came in the same turn of the loop.
        await pipeline.send(*late, InterruptionFrame(), *reply(new))
        await asyncio.sleep(2.0)
        assert running.heard_secs(3000) == 0.0
        assert running.heard_secs(1000) < 0.5
        assert running.output.heard_text == "A new one."

    running = call(scenario)
    assert running.heard_secs(LEVEL) == 0.5


@pytest.mark.promise(
    "What the caller hears", "A paused reply goes on at the sample where it stopped."
)
@pytest.mark.parametrize("at_secs", [0.01, 0.3, 0.55])
def test_a_reply_paused_twice_is_heard_whole_and_once(at_secs: float) -> None:
    ramp = (np.arange(RATE_HZ) % 30_000 + 1).astype(np.int16)

    async def scenario(running: Call) -> None:
        frames = reply(sentence("It goes on.", secs=1.0))
        frames[3].audio = ramp.tobytes()  # pyright: ignore[reportAttributeAccessIssue]
        await running.pipeline.send(*frames)
        await running.pipeline.until_down(PlayoutStartedFrame)
        for _ in range(2):
            await asyncio.sleep(at_secs)
            await running.pipeline.send(BotPauseFrame())
            await asyncio.sleep(0.5)
            before = len(running.listener.audio_source.played)
            await asyncio.sleep(0.5)
            assert running.listener.audio_source.queued_duration == 0
            assert len(running.listener.audio_source.played) == before
            await running.pipeline.send(BotResumeFrame())
        await running.pipeline.until_down(BotStoppedSpeakingFrame)

    assert np.array_equal(call(scenario).listener.audio_source.played, ramp)


@pytest.mark.promise(
    "What the caller hears", "The bot is said to speak while it is heard, and at no other time."
)
def test_an_interruption_of_nobody_is_no_end_of_speech() -> None:
    async def scenario(running: Call) -> None:
        await running.pipeline.send(InterruptionFrame())
        await running.pipeline.settle()
        ends = PlayoutStoppedFrame | BotStoppedSpeakingFrame
        assert not [frame for frame in running.pipeline.down if isinstance(frame, ends)]
        assert not [frame for frame in running.pipeline.up if isinstance(frame, ends)]

    call(scenario)


def test_what_may_echo_is_remembered_long_enough() -> None:
    words = " ".join(f"word{number}" for number in range(40))

    async def scenario(running: Call) -> None:
        await running.pipeline.send(*reply(sentence(words, secs=5.0)))
        await running.pipeline.until_down(BotStoppedSpeakingFrame)
        assert running.output.heard_text == words

    call(scenario)


def test_a_first_chunk_that_is_over_before_we_look_is_speech() -> None:
    async def scenario(running: Call) -> None:
        source = running.listener.audio_source
        capture = source.capture_frame

        async def capture_on_a_busy_machine(frame: rtc.AudioFrame) -> None:
            await capture(frame)
            await asyncio.sleep(2 * CHUNK_MS / 1000)

        source.capture_frame = capture_on_a_busy_machine
        announcement, rest, spoken = sentence("One two three.", secs=0.4)
        _, first, _ = sentence("", secs=CHUNK_MS / 1000)
        await running.pipeline.send(TTSStartedFrame(), announcement, first)
        await asyncio.sleep(0.3)
        await running.pipeline.send(
            rest, spoken, LLMAssistantPushAggregationFrame(), TTSStoppedFrame()
        )
        await running.pipeline.until_down(BotStoppedSpeakingFrame)

    running = call(scenario)
    told = PlayoutStartedFrame | PlayoutStoppedFrame | HeardTextFrame
    kinds = [type(frame) for frame in running.pipeline.down if isinstance(frame, told)]
    assert kinds[0] is PlayoutStartedFrame
    assert kinds.count(PlayoutStartedFrame) == kinds.count(PlayoutStoppedFrame) == 1
    assert running.output.heard_text == "One two three."
