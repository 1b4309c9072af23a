"""How sentences follow each other, whoever makes their speech."""

from __future__ import annotations

import pytest
from pipecat.frames.frames import Frame, TTSSpeakFrame

from tests.services.stand_ins.speech import Speech
from tests.services.text_to_speech.voices import VOICES, Voice, open_voice
from tests.spoken_reply import reply, spoken
from tests.spoken_sound import RATE_HZ

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
