"""How sentences follow each other, whoever makes their speech."""

from __future__ import annotations

import math

import pytest
from pipecat.frames.frames import Frame, TTSSpeakFrame

from tests.fake_speech_server import SpeechAnswer
from tests.processors.text_to_speech.test_speech_attempts import heard_from
from tests.services.stand_ins.speech import Speech
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
