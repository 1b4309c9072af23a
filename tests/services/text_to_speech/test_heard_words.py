"""From a vendor's word times to what the caller is known to have heard."""

from __future__ import annotations

import asyncio

import pytest
from pipecat.frames.frames import (
    AggregatedTextFrame,
    Frame,
    InterruptionFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.services.cartesia.tts import CartesiaTTSService
from pipecat.tests.utils import run_test

from processors.frames import HeardTextFrame, SpokenWordsFrame
from processors.room.heard_text import HeardText
from tests.fake_output import build_output
from tests.fake_pipeline import open_fake_pipeline
from tests.services.stand_ins.cartesia import open_cartesia
from tests.services.stand_ins.speech import Ending, Speech, WordOrder, word_times
from tests.services.text_to_speech.voices import VOICES, Voice, open_voice
from tests.spoken_reply import reply
from tests.spoken_sound import RATE_HZ, SECS, pcm

TIMED = [voice for voice in VOICES if voice.has_word_times]
SENTENCES = ("Well now it is noon.", "That was not so hard.")
SILENCE_SECS = 0.2
"""Ahead of the sound, of which the layer cuts all but 10 ms, or 150 in a later sentence."""


def heard_until(frames: list[Frame], secs: float) -> str:
    """Return what was heard when so much of a reply was played."""
    heard = HeardText(sample_rate_hz=RATE_HZ)
    sample = 0
    for frame in frames:
        if isinstance(frame, TTSAudioRawFrame):
            heard.receive(frame.audio, sample_rate_hz=frame.sample_rate)
            sample += len(frame.audio) // 2
        elif isinstance(frame, SpokenWordsFrame):
            heard.tell(frame.words)
        elif isinstance(frame, TTSTextFrame):
            heard.close()
        elif isinstance(frame, AggregatedTextFrame):
            heard.announce(frame.text, context_id=frame.context_id)
            heard.place(sample)
    return "".join(words.text for words in heard.release(round(secs * RATE_HZ)))


def begun(secs: float) -> list[str]:
    """Return the words that have begun by then."""
    starts = [0.0, SECS]
    return [
        word
        for text, start in zip(SENTENCES, starts, strict=True)
        for word, at_secs in word_times(text)
        if start + at_secs < secs
    ]


@pytest.mark.parametrize("order", [*WordOrder])
@pytest.mark.parametrize("voice", TIMED, ids=lambda voice: voice.name)
async def test_a_reply_cut_at_any_tenth_of_a_second_was_heard_to_the_word(
    voice: Voice, order: WordOrder
) -> None:
    async with open_voice(voice) as (service, server):
        server.answer = lambda _: Speech(words=order)
        down, _ = await run_test(service, frames_to_send=reply(*(f"{one} " for one in SENTENCES)))
    for hundredths in range(5, 165, 10):
        secs = hundredths / 100
        heard = heard_until([*down], secs).split()
        if order is WordOrder.MISSING and voice.name != "elevenlabs":
            assert begun(secs)[: len(heard)] == heard
            assert len(begun(secs)) - len(heard) <= 2
        else:
            assert heard == begun(secs), secs


@pytest.mark.promise(
    "Text-to-speech", "Words are told as the vendor tells of them, not with the audio behind them."
)
@pytest.mark.parametrize("voice", TIMED, ids=lambda voice: voice.name)
async def test_words_are_told_with_their_own_audio(voice: Voice) -> None:
    async with open_voice(voice) as (service, server):
        half = Speech(chunk_bytes=len(pcm()) // 2, chunk_secs=1.5, words=WordOrder.ALONG)
        server.answer = lambda _: half
        async with open_fake_pipeline(service) as pipeline:
            await pipeline.send(*reply("Well now it is noon."))
            told = await pipeline.until_down(SpokenWordsFrame, 3)
            began_secs = asyncio.get_running_loop().time()
            await pipeline.until_down(TTSTextFrame)
            # The second half of the audio was still to come.
            assert asyncio.get_running_loop().time() - began_secs > 1.0
    assert [word.text for frame in told for word in frame.words] == ["Well", "now", "it"]


@pytest.mark.promise(
    "Text-to-speech",
    "Words are timed by the sound that is heard, not by the silence that was cut.",
)
@pytest.mark.parametrize("voice", TIMED, ids=lambda voice: voice.name)
async def test_silence_that_is_cut_moves_the_words(voice: Voice) -> None:
    silence = bytes(2 * int(RATE_HZ * SILENCE_SECS))
    async with open_voice(voice) as (service, server):
        server.answer = lambda _: Speech(silence + pcm(), words=WordOrder.LATE)
        down, _ = await run_test(service, frames_to_send=reply("It is noon."))
    words = [word for frame in down if isinstance(frame, SpokenWordsFrame) for word in frame.words]
    assert [word.text for word in words] == ["It", "is", "noon."]
    # All but 10 ms of the silence was cut.
    cut_secs = SILENCE_SECS - 0.01
    times = [max(0.0, SECS * at / 3 - cut_secs) for at in range(3)]
    assert [word.at_secs for word in words] == pytest.approx(times, abs=0.012)


@pytest.mark.parametrize("vendor", TIMED, ids=lambda voice: voice.name)
async def test_memory_and_captions_are_cut_at_the_spoken_word(vendor: Voice) -> None:
    async with open_voice(vendor) as (service, server):
        server.answer = lambda _: Speech()
        output = build_output()
        async with open_fake_pipeline(Pipeline([service, output])) as pipeline:
            await pipeline.send(*reply("Well now it is noon."))
            await pipeline.until_down(HeardTextFrame, 3)
            await pipeline.send(InterruptionFrame())
            await pipeline.until_down(InterruptionFrame)
            played_secs = output.playout.played_samples / RATE_HZ
            await asyncio.sleep(0.05)
            frames = [f for f in pipeline.down if isinstance(f, HeardTextFrame)]
    words = [word for word, at_secs in word_times("Well now it is noon.") if at_secs < played_secs]
    assert "".join(frame.text for frame in frames).split() == words
    assert 3 <= len(words) < 5
    assert all(frame.append_to_context for frame in frames)


async def test_a_voice_of_pipecats_own_is_cut_at_the_spoken_word_too() -> None:
    async with open_cartesia() as server:
        voice = CartesiaTTSService(
            api_key="key", url=server.base_url, settings=CartesiaTTSService.Settings(voice="any")
        )
        output = build_output()
        async with open_fake_pipeline(Pipeline([voice, output])) as pipeline:
            await pipeline.send(*reply("Well now. ", "It is noon, and it is warm."))
            await pipeline.until_down(HeardTextFrame, 5)
            await pipeline.send(InterruptionFrame())
            await pipeline.until_down(InterruptionFrame)
            played_secs = output.playout.played_samples / RATE_HZ
            await asyncio.sleep(0.05)
            frames = [f for f in pipeline.down if isinstance(f, HeardTextFrame)]
    # Pipecat sends the sentences without a space between them: two words are told of as one.
    told = word_times("Well now.It is noon, and it is warm.")
    times = [("Well", 0.0), ("now.", told[1][1]), ("It", told[1][1]), *told[2:]]
    begun_for_sure = [word for word, at_secs in times if at_secs < played_secs - 0.03]
    # Its clock is seen behind the voice: words are early by what a frame takes from there to here.
    begun_perhaps = [word for word, at_secs in times if at_secs < played_secs + 0.15]
    heard = "".join(frame.text for frame in frames).split()
    assert len(begun_for_sure) <= len(heard) <= len(begun_perhaps) < len(times)
    assert len(heard) >= 5
    assert begun_perhaps[: len(heard)] == heard


@pytest.mark.parametrize("voice", TIMED, ids=lambda voice: voice.name)
async def test_words_of_a_cut_text_that_come_late_move_none_of_the_next(voice: Voice) -> None:
    async with open_voice(voice) as (service, server), open_fake_pipeline(service) as pipeline:
        server.answer = lambda _: Speech(ending=Ending.HANG)
        await pipeline.send(*reply("Old is it."))
        await pipeline.until_down(TTSAudioRawFrame)
        await pipeline.send(InterruptionFrame())
        await pipeline.until_down(InterruptionFrame)
        await pipeline.settle()
        before = len(pipeline.down)
        server.answer = lambda _: Speech(is_haunted=True)
        await pipeline.send(*reply("New is it."))
        await pipeline.until_down(TTSTextFrame)
        told = [f for f in pipeline.down[before:] if isinstance(f, SpokenWordsFrame)]
    words = [(word.text, word.at_secs) for frame in told for word in frame.words]
    assert [text for text, _ in words] == ["New", "is", "it."]
    assert [at for _, at in words] == pytest.approx(
        [at for _, at in word_times("New is it.")], abs=0.01
    )
