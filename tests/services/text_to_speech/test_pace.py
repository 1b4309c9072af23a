"""How sentences follow each other, whoever makes their speech."""

from __future__ import annotations

import asyncio
import math

import pytest
from pipecat.frames.frames import ErrorFrame, Frame, TTSSpeakFrame, TTSTextFrame

from tests.fake_pipeline import open_fake_pipeline
from tests.fake_speech_server import SpeechAnswer
from tests.processors.text_to_speech.test_speech_attempts import heard_from
from tests.services.stand_ins.speech import Ending, Speech
from tests.services.text_to_speech.voices import VOICES, Voice, open_voice
from tests.spoken_reply import reply, spoken
from tests.spoken_sound import RATE_HZ, SECS, pcm

LONG = " ".join(
    ["This line of our own is so long that it is made in several pieces of speech."] * 4
)
PAUSE = bytes(2 * RATE_HZ * 150 // 1000)
SOUND = b"\x88\x13\x78\xec" * 4800
"""Audible from its first sample to its last."""
AT_ONCE = bytes(2 * RATE_HZ * 10 // 1000)


@pytest.mark.promise(
    "Text-to-speech",
    "An answer begins without the silence that a voice puts first, and 150 ms of it stay between "
    "two sentences.",
)
@pytest.mark.parametrize(
    ("frames", "pieces"),
    [(reply("One is it. ", "Two is it."), 2), ([TTSSpeakFrame(LONG)], 4)],
    ids=["reply", "line"],
)
@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
async def test_sentences_do_not_run_together(
    voice: Voice, frames: list[Frame], pieces: int
) -> None:
    # Each voice puts 300 ms of silence first.
    silence = bytes(2 * RATE_HZ * 300 // 1000)
    async with open_voice(voice) as (service, server):
        server.answer = lambda _: Speech(silence + SOUND)
        heard = await spoken(service, [*frames, *reply("Three is it.")])
    whole = AT_ONCE + SOUND + (PAUSE + SOUND) * (pieces - 1)
    assert heard.heard == whole + AT_ONCE + SOUND


@pytest.mark.promise(
    "Text-to-speech",
    "A voice that pauses while its words are still being heard is not asked for them again.",
)
@pytest.mark.parametrize(
    ("ahead_secs", "pause_secs", "is_whole"),
    [(0.2, 1.9, True), (0.2, 2.6, False), (2.0, 3.4, True), (2.0, 3.6, False), (4.0, 3.6, False)],
)
def test_a_pause_is_measured_by_what_is_still_to_be_heard(
    ahead_secs: float, pause_secs: float, is_whole: bool
) -> None:
    body = b"".join(pcm() for _ in range(math.ceil(2 * ahead_secs / SECS)))
    chunk_bytes = int(24_000 * ahead_secs) * 2
    answer = SpeechAnswer(body[: 2 * chunk_bytes], chunk_bytes=chunk_bytes, chunk_secs=pause_secs)
    said, _ = heard_from(answer)
    assert (said.heard == answer.body) is is_whole
    assert (not said.errors) is is_whole


GIVE_ALL = [voice for voice in VOICES if voice.name != "stock"]
"""Whose service gives on all that came, before it knows that this is the end."""


@pytest.mark.promise(
    "Text-to-speech",
    "A server that never says that a text is over is understood: where it tells of the words at "
    "once, else by the first text, which is heard twice.",
)
@pytest.mark.parametrize("voice", GIVE_ALL, ids=lambda voice: voice.name)
async def test_a_server_that_never_says_the_end_is_understood(voice: Voice) -> None:
    async with open_voice(voice) as (service, server):
        server.answer = lambda _: Speech(ending=Ending.HANG)
        heard = await spoken(service, reply("One is it. ", "Two is it. ", "Three is it."))
        again = 0 if voice.has_word_times else 1
        assert len(server.texts) == 3 + again
    assert heard.heard == pcm() * (3 + again)
    assert heard.remembered == ["One is it.", "Two is it.", "Three is it."]
    assert heard.errors == []


@pytest.mark.parametrize("voice", GIVE_ALL, ids=lambda voice: voice.name)
async def test_one_that_says_ends_again_is_believed(voice: Voice) -> None:
    half, heard_first = pcm()[:19_200], 1 if voice.has_word_times else 2
    unsaid = Speech(ending=Ending.HANG)
    async with open_voice(voice) as (service, server):
        plans = [unsaid] * heard_first + [Speech(), Speech(half, ending=Ending.HANG)]
        server.answer = lambda _: plans.pop(0) if plans else Speech()
        heard = await spoken(service, reply("One is it. ", "Two is it. ", "Three is it."))
    before, after = pcm() * (heard_first + 1), pcm()
    broken = heard.heard[len(before) : -len(after)]
    assert heard.heard == before + broken + after
    assert broken and half.startswith(broken)
    assert heard.remembered == ["One is it.", "Two is it.", "Three is it."]


TELLS_HEADERS = ("openai", "deepgram", "elevenlabs", "cartesia", "fallback")
"""Of what it is refused with; Pipecat's own services keep the body alone."""


@pytest.mark.promise(
    "Text-to-speech",
    "A voice that wants to be left alone is, and says then what it owed.",
)
@pytest.mark.parametrize(
    "voice", [one for one in VOICES if one.name in TELLS_HEADERS], ids=lambda voice: voice.name
)
async def test_a_voice_that_wants_to_be_left_alone_is(voice: Voice) -> None:
    clock = asyncio.get_running_loop()

    def let_in() -> None:
        server.refusal = 0

    async with open_voice(voice) as (service, server), open_fake_pipeline(service) as pipeline:
        await pipeline.settle()
        server.refusal, server.refusal_headers = 429, {"Retry-After": "4"}
        server.drop()
        await pipeline.settle()
        began_secs = clock.time()
        clock.call_later(3.9, let_in)
        await pipeline.send(*reply("One is it."))
        await pipeline.until_down(TTSTextFrame)
        # At once, or when it is as long as it wants.
        assert max(server.refused_secs) < began_secs + 0.5
        assert clock.time() > began_secs + 3.9
        assert not [frame for frame in pipeline.up if isinstance(frame, ErrorFrame)]
