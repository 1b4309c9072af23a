"""A long line of our own: spoken, captioned and remembered by the piece."""

from __future__ import annotations

import pytest
from pipecat.frames.frames import (
    InterruptionFrame,
    LLMAssistantPushAggregationFrame,
    TTSSpeakFrame,
)
from pipecat.pipeline.pipeline import Pipeline

from processors.frames import HeardTextFrame
from tests.fake_output import build_output
from tests.fake_pipeline import open_fake_pipeline
from tests.services.stand_ins.speech import Speech, word_times
from tests.services.text_to_speech.voices import VOICES, Voice, open_voice
from tests.spoken_reply import Spoken, spoken
from tests.spoken_sound import RATE_HZ, SECS, pcm

NAMES = ("one", "two", "three", "four", "five", "six")
PIECES = [f"This is the sentence {name} of a line that is long." for name in NAMES]
LINE = " ".join(PIECES)

everybody = pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
timed = pytest.mark.parametrize(
    "voice", [voice for voice in VOICES if voice.has_word_times], ids=lambda voice: voice.name
)


@everybody
async def test_each_piece_is_asked_for_announced_and_remembered(voice: Voice) -> None:
    async with open_voice(voice) as (service, server):
        heard = await spoken(service, LINE)
    assert heard == Spoken(pcm() * len(PIECES), PIECES, PIECES, [])
    assert server.texts == PIECES


@pytest.mark.promise(
    "Text-to-speech",
    "Text whose speech failed is never remembered as spoken, and the rest of the answer is spoken.",
)
@everybody
@pytest.mark.parametrize("lost", [0, 2, 5])
async def test_of_a_piece_that_failed_nothing_is_remembered(voice: Voice, lost: int) -> None:
    async with open_voice(voice) as (service, server):
        server.answer = lambda text: Speech(b"") if text == PIECES[lost] else Speech()
        heard = await spoken(service, LINE)
    assert heard.heard == pcm() * (len(PIECES) - 1)
    assert heard.remembered == [piece for piece in PIECES if piece != PIECES[lost]]
    assert len(heard.errors) == 1


@timed
async def test_a_long_line_that_is_cut_was_heard_to_the_word(voice: Voice) -> None:
    async with open_voice(voice) as (service, _):
        output = build_output()
        async with open_fake_pipeline(Pipeline([service, output])) as pipeline:
            await pipeline.send(TTSSpeakFrame(LINE))
            await pipeline.until_down(HeardTextFrame, 14)
            await pipeline.send(InterruptionFrame())
            await pipeline.until_down(InterruptionFrame)
            played_secs = output.playout.played_samples / RATE_HZ
            await pipeline.settle()
            frames = [f for f in pipeline.down if isinstance(f, HeardTextFrame)]
    begun = [
        word
        for number, piece in enumerate(PIECES)
        for word, at_secs in word_times(piece)
        if number * SECS + at_secs < played_secs
    ]
    assert "".join(frame.text for frame in frames).split() == begun
    assert all(frame.append_to_context for frame in frames)


@timed
async def test_a_long_line_is_remembered_or_not_as_a_whole(voice: Voice) -> None:
    async with open_voice(voice) as (service, server):
        server.answer = lambda _: Speech(pcm()[:9600])
        output = build_output()
        async with open_fake_pipeline(Pipeline([service, output])) as pipeline:
            await pipeline.send(TTSSpeakFrame(LINE))
            await pipeline.until_down(LLMAssistantPushAggregationFrame)
            frames = [f for f in pipeline.down if isinstance(f, HeardTextFrame)]
            assert "".join(frame.text for frame in frames) == LINE
            assert all(frame.append_to_context for frame in frames)
            await pipeline.send(TTSSpeakFrame(LINE, append_to_context=False))
            await pipeline.until_down(HeardTextFrame, 2 * len(frames))
            more = [f for f in pipeline.down if isinstance(f, HeardTextFrame)][len(frames) :]
    assert not any(frame.append_to_context for frame in more)


async def test_a_line_that_is_rewritten_is_said_in_one_piece() -> None:
    async def shout(text: str, _: str) -> str:
        return text.upper()

    [voice] = [voice for voice in VOICES if voice.name == "cartesia"]
    async with open_voice(voice) as (service, server):
        service.add_text_transformer(shout)
        heard = await spoken(service, LINE)
    assert server.texts == [LINE.upper()]
    assert heard == Spoken(pcm(), [LINE], [LINE], [])
