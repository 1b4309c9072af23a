"""What every voice promises of speech that was made in another call."""

from __future__ import annotations

from pathlib import Path

import pytest
from pipecat.frames.frames import (
    Frame,
    InterruptionFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    MetricsFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSTextFrame,
    TTSUpdateSettingsFrame,
)
from pipecat.metrics.metrics import TTFBMetricsData, TTSUsageMetricsData
from pipecat.services.settings import TTSSettings

from processors.frames import SpokenWordsFrame
from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tests.services.stand_ins.speech import Ending, Speech
from tests.services.text_to_speech.kept_voices import KEPT_VOICES, KeptVoice, open_kept_voice
from tests.spoken_reply import Spoken, reply, spoken
from tests.spoken_sound import pcm, sound
from tests.waiting import until

pytestmark = pytest.mark.parametrize("kept", KEPT_VOICES, ids=lambda voice: voice.name)

NEW = (-sound()).tobytes()
"""Tells speech made now from speech that was kept."""

REPLY = ("Sure, ", "it is noon.")
PIECES = ["Sure,", "it is noon."]


def audio_of(frames: list[Frame]) -> bytes:
    return b"".join(frame.audio for frame in frames if isinstance(frame, TTSAudioRawFrame))


async def until_heard(pipeline: FakePipeline, audio: bytes) -> None:
    async def is_heard() -> bool:
        return audio_of(pipeline.down) == audio

    await until(is_heard)


async def until_said(pipeline: FakePipeline, since: int, texts: list[str]) -> None:
    async def is_said() -> bool:
        said = [frame for frame in pipeline.down[since:] if isinstance(frame, TTSTextFrame)]
        return [frame.text for frame in said] == texts

    await until(is_said)


@pytest.mark.promise(
    "Text-to-speech",
    "A beginning that many replies have, and a line of the bot's own, is asked for once; later "
    "calls hear the same to the sample, without a request, and captions and memory hold it.",
)
async def test_a_later_call_hears_the_same_without_a_request(
    kept: KeptVoice, tmp_path: Path
) -> None:
    async with open_kept_voice(kept, tmp_path) as (build, server):
        assert await spoken(build(), reply(*REPLY)) == Spoken(pcm() * 2, PIECES, PIECES, [])
        server.answer = lambda _: Speech(NEW)
        server.texts.clear()
        later = await spoken(build(), reply(*REPLY))
        assert later == Spoken(pcm() + NEW, PIECES, PIECES, [])
        assert server.texts == PIECES[1:]
        line = "Are you still there?"
        for _ in range(2):
            assert await spoken(build(), line) == Spoken(NEW, [line], [line], [])
        assert server.texts == [PIECES[1], line]


@pytest.mark.promise(
    "Text-to-speech",
    "A reply that begins with what was kept is heard before its rest is answered, or written.",
)
async def test_the_beginning_is_heard_while_nobody_answers(kept: KeptVoice, tmp_path: Path) -> None:
    async with open_kept_voice(kept, tmp_path) as (build, server):
        await spoken(build(), reply("Sure,"))
        server.hangs = True
        async with open_fake_pipeline(build()) as pipeline:
            await pipeline.send(LLMFullResponseStartFrame(), LLMTextFrame("Sure, "))
            await until_heard(pipeline, pcm())
            await pipeline.send(InterruptionFrame())


async def test_the_times_of_its_words_are_kept_too(kept: KeptVoice, tmp_path: Path) -> None:
    async def words(pipeline: FakePipeline) -> list[object]:
        await pipeline.send(TTSSpeakFrame("Are you still there?"))
        await until_heard(pipeline, pcm())
        return [w for f in pipeline.down if isinstance(f, SpokenWordsFrame) for w in f.words]

    async with open_kept_voice(kept, tmp_path) as (build, server):
        async with open_fake_pipeline(build()) as pipeline:
            told = await words(pipeline)
            await pipeline.until_down(TTSTextFrame)
        async with open_fake_pipeline(build()) as pipeline:
            assert await words(pipeline) == told
        assert len(server.texts) == 1
        assert bool(told) == kept.has_word_times


@pytest.mark.promise("Text-to-speech", "Speech that was kept is not counted as made.")
async def test_what_was_kept_costs_nothing(kept: KeptVoice, tmp_path: Path) -> None:
    async with open_kept_voice(kept, tmp_path) as (build, _):
        await spoken(build(), reply(*REPLY))
        async with open_fake_pipeline(build(), has_metrics=True) as pipeline:
            await pipeline.send(*reply(*REPLY))
            await pipeline.until_down(TTSTextFrame, 2)
            metrics = [one for f in pipeline.down if isinstance(f, MetricsFrame) for one in f.data]
        usage = [one.value for one in metrics if isinstance(one, TTSUsageMetricsData)]
        waited_secs = [one.value for one in metrics if isinstance(one, TTFBMetricsData)]
        assert usage == [len(PIECES[1])]
        assert max(waited_secs[:1], default=1.0) < 0.1


@pytest.mark.parametrize(
    "fault",
    [Speech(pcm()[:9600], ending=Ending.RESET), Speech(b""), Speech(status=500)],
    ids=["broken off", "empty", "refused"],
)
async def test_speech_that_failed_is_not_kept(
    kept: KeptVoice, tmp_path: Path, fault: Speech
) -> None:
    async with open_kept_voice(kept, tmp_path) as (build, server):
        server.answer = lambda _: fault
        assert (await spoken(build(), reply("Sure,"))).errors
        server.answer = lambda _: Speech()
        server.texts.clear()
        assert (await spoken(build(), reply("Sure,"))).heard == pcm()
        assert server.texts == ["Sure,"]


async def test_a_cut_in_the_middle_of_it_leaves_nothing_behind(
    kept: KeptVoice, tmp_path: Path
) -> None:
    async with open_kept_voice(kept, tmp_path) as (build, server):
        await spoken(build(), reply("Sure,"))
        async with open_fake_pipeline(build()) as pipeline:
            server.answer = lambda _: Speech(NEW, delay_secs=0.5)
            await pipeline.send(*reply(*REPLY))
            await until_heard(pipeline, pcm())
            await pipeline.send(InterruptionFrame())
            await pipeline.until_down(InterruptionFrame)
            before = len(pipeline.down)
            server.answer = lambda _: Speech()
            await pipeline.send(*reply("Sure, ", "at two."))
            await until_said(pipeline, before, ["Sure,", "at two."])
            await pipeline.settle()
            later = pipeline.down[before:]
        assert audio_of(later) == pcm() * 2


@pytest.mark.promise(
    "Text-to-speech",
    "Kept speech is never that of another voice, model, server, speed or language.",
)
@pytest.mark.parametrize(
    "new",
    [TTSSettings(model="new"), TTSSettings(voice="new"), TTSSettings(language="de")],
    ids=["model", "voice", "language"],
)
async def test_a_voice_that_was_told_another_one_is_asked_anew(
    kept: KeptVoice, tmp_path: Path, new: TTSSettings
) -> None:
    async with open_kept_voice(kept, tmp_path) as (build, server):
        await spoken(build(), reply("Sure,"))
        server.answer = lambda _: Speech(NEW)
        async with open_fake_pipeline(build()) as pipeline:
            await pipeline.send(TTSUpdateSettingsFrame(delta=new), *reply("Sure,"))
            await until_heard(pipeline, NEW)
        assert (await spoken(build(), reply("Sure,"))).heard == pcm()


async def test_a_voice_that_speaks_no_more_is_given_up_though_it_has_kept_some(
    kept: KeptVoice, tmp_path: Path
) -> None:
    async with open_kept_voice(kept, tmp_path) as (build, server):
        await spoken(build(), [*reply("Sure,"), *reply("Hello.")])
        server.answer = lambda _: Speech(status=400)
        voice = build()
        heard = await spoken(voice, [*reply(*REPLY), *reply(*REPLY), *reply(*REPLY)])
        assert 1 <= len(heard.remembered) <= 3
        assert heard.heard == pcm() * len(heard.remembered)
        assert not voice.is_usable
