"""Servers that send something else than the samples they were asked for, whoever's protocol."""

from __future__ import annotations

import json

import pytest

from tests.services.stand_ins.speech import Speech, WordOrder
from tests.services.text_to_speech.voices import VOICES, Voice, said
from tests.spoken_reply import Spoken
from tests.spoken_sound import encoded, length_secs, likeness, pcm, wav

pytestmark = pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)

_SECS = length_secs(pcm())


@pytest.mark.promise(
    "Text-to-speech",
    "Whatever form of audio a voice's server sends, it is heard as it was made.",
)
@pytest.mark.parametrize(
    "audio",
    [
        wav(),
        wav(rate_hz=16_000, channels=2),
        encoded("mp3", "libmp3lame"),
        encoded("flac", "flac"),
    ],
    ids=["wav", "another wav", "mp3", "flac"],
)
@pytest.mark.parametrize("words", [WordOrder.EARLY, WordOrder.LATE])
async def test_speech_in_another_form_is_heard(
    voice: Voice, audio: bytes, words: WordOrder
) -> None:
    heard, texts = await said(voice, "Hello.", Speech(audio, words=words), gone_secs=0.0)
    assert likeness(heard.heard) > 0.9
    assert length_secs(heard.heard) == pytest.approx(_SECS, abs=0.1)
    assert (heard.remembered, heard.errors, texts) == (["Hello."], [], ["Hello."])


@pytest.mark.promise(
    "Text-to-speech", "What is no speech, such as a page or noise, is never played."
)
@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"err_code": "BUSY", "err_msg": "Try again."}).encode(),
        b"<!doctype html><title>502</title>" + b"<p>Bad gateway.</p>" * 99,
        b"upstream connect error or disconnect/reset before headers" * 9,
    ],
    ids=["JSON", "page", "text"],
)
async def test_what_is_no_speech_is_asked_for_again_unheard(voice: Voice, body: bytes) -> None:
    heard, texts = await said(voice, "Hello.", Speech(body), gone_secs=0.0)
    assert heard == Spoken(pcm(), ["Hello."], ["Hello."], [])
    assert texts == ["Hello."] * 2
