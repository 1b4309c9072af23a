"""The output against a fake audio source: words, pauses, cuts and the end of a reply."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

import numpy as np
import pytest
from pipecat.frames.frames import (
    AggregatedTextFrame,
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    EndFrame,
    ErrorFrame,
    Frame,
    InterruptionFrame,
    LLMAssistantPushAggregationFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.tests.utils import SleepFrame, run_test
from pipecat.transports import base_output

from processors.frames import (
    BotPauseFrame,
    BotResumeFrame,
    HeardTextFrame,
    PlayoutStartedFrame,
    PlayoutStoppedFrame,
)
from processors.room import playout
from processors.room.output import OUTPUT_SAMPLE_RATE_HZ, RoomOutput
from tests.fake_output import build_output, source_of
from tests.fake_pipeline import open_fake_pipeline
from tests.voice_frames import filler, reply, sentence
from tests.waiting import until

RATE_HZ = OUTPUT_SAMPLE_RATE_HZ


@pytest.fixture
async def output() -> AsyncIterator[RoomOutput]:
    yield build_output()


def speaking(frames: Iterable[Frame]) -> list[type[Frame]]:
    return [
        type(frame)
        for frame in frames
        if isinstance(frame, BotStartedSpeakingFrame | BotStoppedSpeakingFrame)
    ]


def heard(frames: list[Frame]) -> str:
    return "".join(frame.text for frame in frames if isinstance(frame, HeardTextFrame))


def kinds(frames: list[Frame]) -> list[type[Frame]]:
    wanted = (PlayoutStartedFrame, PlayoutStoppedFrame, LLMFullResponseEndFrame, HeardTextFrame)
    found = [type(frame) for frame in frames if isinstance(frame, wanted)]
    return [kind for at, kind in enumerate(found) if at == 0 or kind is not found[at - 1]]


async def test_a_whole_reply_is_heard_word_for_word_before_it_ends(output: RoomOutput) -> None:
    frames = reply(sentence("One two.", secs=0.3), sentence("Three four.", secs=0.3))
    down, _ = await run_test(output, frames_to_send=[*frames, SleepFrame(0.1)])
    assert heard(list(down)) == "One two. Three four."
    assert kinds(list(down)) == [
        PlayoutStartedFrame,
        HeardTextFrame,
        PlayoutStoppedFrame,
        LLMFullResponseEndFrame,
    ]
    stock = [f for f in down if isinstance(f, TTSTextFrame) and not isinstance(f, HeardTextFrame)]
    assert stock and not any(frame.append_to_context for frame in stock)


async def test_padding_after_a_spoken_line_is_no_second_reply(output: RoomOutput) -> None:
    # The order in which a line of our own, such as the greeting, comes from the voice; its audio
    # does not fill the last chunk.
    line = [
        TTSStartedFrame(),
        *sentence("One two.", secs=0.305),
        LLMAssistantPushAggregationFrame(),
        TTSStoppedFrame(),
    ]
    down, _ = await run_test(
        output, frames_to_send=[*line, SleepFrame(0.6), *line, SleepFrame(0.6)]
    )
    assert kinds(list(down)) == [PlayoutStartedFrame, HeardTextFrame, PlayoutStoppedFrame] * 2


@pytest.mark.promise(
    "What the caller hears", "The bot is said to speak while it is heard, and at no other time."
)
async def test_the_bot_has_stopped_only_when_its_last_sample_was_played(
    output: RoomOutput,
) -> None:
    played: list[int] = []

    @output.event_handler("on_after_push_frame")
    async def note(_: RoomOutput, frame: Frame) -> None:
        if isinstance(frame, BotStoppedSpeakingFrame):
            played.append(output.playout.played_samples)

    del note
    frames = reply(sentence("One two three.", secs=0.5))
    await run_test(output, frames_to_send=[*frames, SleepFrame(0.1)])
    assert played[0] >= 0.5 * RATE_HZ


async def test_an_interruption_keeps_what_was_heard_and_no_more(output: RoomOutput) -> None:
    frames = reply(sentence("alpha beta gamma delta epsilon zeta", secs=3.0))[:-2]
    down, _ = await run_test(
        output, frames_to_send=[*frames, SleepFrame(0.7), InterruptionFrame(), SleepFrame(0.3)]
    )
    text = heard(list(down))
    assert "alpha beta gamma delta epsilon zeta".startswith(text)
    assert 1 <= len(text.split()) <= 3
    order = [f for f in down if isinstance(f, (HeardTextFrame, InterruptionFrame))]
    assert isinstance(order[-1], InterruptionFrame)
    stopped = [frame for frame in down if isinstance(frame, PlayoutStoppedFrame)]
    assert [frame.is_interrupted for frame in stopped] == [True]


@pytest.mark.parametrize("captured_samples", [1, 12_000], ids=["first chunk", "full queue"])
async def test_after_a_pause_nothing_of_a_reply_that_is_then_cut_is_heard(
    output: RoomOutput, captured_samples: int
) -> None:
    source = source_of(output)

    async def is_under_way() -> bool:
        return output.playout.captured_samples >= captured_samples

    async def is_paused() -> bool:
        return output.playout.is_paused

    async with open_fake_pipeline(output) as pipeline:
        await pipeline.send(*reply(sentence("An old reply that is long.", secs=3.0))[:-2])
        await until(is_under_way)
        await pipeline.send(BotPauseFrame())
        await until(is_paused)
        heard_samples = np.count_nonzero(source.played)
        await pipeline.send(InterruptionFrame())
        await pipeline.until_down(PlayoutStoppedFrame)
        await pipeline.settle()
        assert source.queued_duration == 0
        assert np.count_nonzero(source.played) == heard_samples


async def test_a_pause_holds_the_words_and_a_resume_loses_none(output: RoomOutput) -> None:
    frames = reply(sentence("alpha beta gamma delta.", secs=0.8))
    down, _ = await run_test(
        output,
        frames_to_send=[
            *frames,
            SleepFrame(0.3),
            BotPauseFrame(),
            SleepFrame(0.4),
            BotResumeFrame(),
            SleepFrame(0.8),
        ],
    )
    assert heard(list(down)) == "alpha beta gamma delta."
    assert len([frame for frame in down if isinstance(frame, PlayoutStoppedFrame)]) == 1
    source = source_of(output)
    assert source.queued_duration == 0
    assert int(np.count_nonzero(source.played)) == round(RATE_HZ * 0.8)


def remembered(frames: list[Frame]) -> str:
    return "".join(
        frame.text
        for frame in frames
        if isinstance(frame, HeardTextFrame) and frame.append_to_context
    )


@pytest.mark.parametrize("gap_secs", [0.0, 0.5], ids=["glued", "apart"])
async def test_a_line_that_is_not_remembered_is_shown_whole(
    output: RoomOutput, gap_secs: float
) -> None:
    answer = reply(sentence("It is sunny.", secs=0.3))
    down, _ = await run_test(
        output,
        frames_to_send=[
            *filler("Let me look at the sky there.", secs=0.4),
            SleepFrame(gap_secs),
            *answer,
            SleepFrame(1.0),
        ],
    )
    assert heard(list(down)).split("It")[0].strip() == "Let me look at the sky there."
    assert remembered(list(down)).strip() == "It is sunny."


async def test_a_cut_line_that_is_not_remembered_leaves_no_memory(output: RoomOutput) -> None:
    down, _ = await run_test(
        output,
        frames_to_send=[
            *filler("Let me look at the sky there.", secs=2.0),
            SleepFrame(0.6),
            InterruptionFrame(),
            SleepFrame(0.1),
        ],
    )
    assert heard(list(down))
    assert not remembered(list(down))


async def test_the_bot_speaks_once_and_has_stopped_after_a_cut(output: RoomOutput) -> None:
    long = reply(sentence("An old reply that is long.", secs=3.0))[:-2]
    async with open_fake_pipeline(output) as pipeline:
        for _ in range(10):
            await pipeline.send(*long)
            await pipeline.until_down(PlayoutStartedFrame)
            await pipeline.send(InterruptionFrame())
            await pipeline.until_down(BotStoppedSpeakingFrame)
            await pipeline.settle()
            for frames in (pipeline.down, pipeline.up):
                assert speaking(frames) == [BotStartedSpeakingFrame, BotStoppedSpeakingFrame]
                frames.clear()


async def test_a_pause_before_a_reply_without_words_is_not_speech(output: RoomOutput) -> None:
    down, up = await run_test(
        output,
        frames_to_send=[
            BotPauseFrame(),
            SleepFrame(0.05),
            LLMFullResponseStartFrame(),
            LLMFullResponseEndFrame(),
            SleepFrame(0.05),
            BotResumeFrame(),
            SleepFrame(0.05),
        ],
    )
    assert not speaking(down) and not speaking(up)


async def test_a_pause_behind_the_last_sample_does_not_hold_the_end(output: RoomOutput) -> None:
    words, end = reply(sentence("One two.", secs=0.32))[:-2], reply()[-2:]
    down, up = await run_test(
        output,
        frames_to_send=[*words, SleepFrame(0.6), BotPauseFrame(), SleepFrame(0.05)]
        + [*end, SleepFrame(0.05), BotResumeFrame(), SleepFrame(0.05)],
    )
    assert speaking(down) == speaking(up) == [BotStartedSpeakingFrame, BotStoppedSpeakingFrame]
    assert heard(list(down)) == "One two."


@pytest.mark.parametrize("pause_at", [2, 3, 4], ids=["in speech", "before its end", "between two"])
async def test_no_word_is_lost_in_a_pause_of_the_voice(
    output: RoomOutput, pause_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Pipecat takes a bot for silent after 3 s without audio.
    monkeypatch.setattr(base_output, "BOT_VAD_STOP_FALLBACK_SECS", 0.2)
    announcement, audio, spoken = sentence("alpha beta gamma delta epsilon zeta.", secs=0.4)
    _, more, _ = sentence("", secs=0.4)
    frames = [announcement, audio, more, spoken, *sentence("Eta theta.", secs=0.3)]
    for frame in frames:
        if isinstance(frame, AggregatedTextFrame):
            frame.context_id = "reply"
    down, _ = await run_test(
        output,
        frames_to_send=[
            LLMFullResponseStartFrame(),
            TTSStartedFrame(),
            *frames[:pause_at],
            SleepFrame(1.2),
            *frames[pause_at:],
            TTSStoppedFrame(),
            LLMFullResponseEndFrame(),
            SleepFrame(0.1),
        ],
    )
    assert speaking(down) == [BotStartedSpeakingFrame, BotStoppedSpeakingFrame] * 2
    assert remembered(list(down)) == "alpha beta gamma delta epsilon zeta. Eta theta."


async def test_the_last_words_close_their_caption_however_late_the_voice_ends(
    output: RoomOutput, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_output, "BOT_VAD_STOP_FALLBACK_SECS", 0.2)
    *words, spoken = sentence("alpha beta gamma delta epsilon zeta.", secs=0.4)
    end = [spoken, TTSStoppedFrame(), LLMFullResponseEndFrame(), SleepFrame(0.1)]
    down, _ = await run_test(
        output, frames_to_send=[TTSStartedFrame(), *words, SleepFrame(0.9), *end]
    )
    assert remembered(list(down)) == "alpha beta gamma delta epsilon zeta."
    assert kinds(list(down))[-2:] == [PlayoutStoppedFrame, LLMFullResponseEndFrame]


@pytest.mark.promise(
    "What the caller hears",
    "The last word is heard to its end before the room is left, and then it is.",
)
async def test_the_end_does_not_wait_for_a_pause_that_nobody_ends(output: RoomOutput) -> None:
    down, _ = await run_test(
        output,
        frames_to_send=[
            *reply(sentence("Goodbye and thank you.", secs=0.6)),
            SleepFrame(0.2),
            BotPauseFrame(),
            SleepFrame(0.1),
            EndFrame(),
        ],
        send_end_frame=False,
    )
    assert heard(list(down)) == "Goodbye and thank you."
    source = source_of(output)
    assert int(np.count_nonzero(source.played)) == round(RATE_HZ * 0.6)


async def test_a_source_that_takes_nothing_ends_the_bot_with_a_reason(
    output: RoomOutput, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playout, "LOST_SECS", 0.2)
    source_of(output).refusals = 10_000
    async with open_fake_pipeline(output) as pipeline:
        await pipeline.send(*reply(sentence("Nobody will hear this.", secs=1.0)))
        [error] = await pipeline.until_up(ErrorFrame)
        assert error.processor is output
        assert not output.is_usable
        assert not heard(pipeline.down)


async def test_what_was_heard_does_not_run_ahead_of_the_ear(output: RoomOutput) -> None:
    async with open_fake_pipeline(output) as pipeline:
        question = [sentence("It is free.", secs=0.5), sentence("Shall I?", secs=0.5)]
        await pipeline.send(*reply(*question))
        await pipeline.until_down(HeardTextFrame)
        assert "?" not in output.heard_text
        await pipeline.until_down(PlayoutStoppedFrame)
        assert output.heard_text == "It is free. Shall I?"
        await pipeline.send(*reply(sentence("Good.", secs=0.2)))
        await pipeline.until_down(PlayoutStoppedFrame, count=2)
        assert output.heard_text.strip() == "Good."
