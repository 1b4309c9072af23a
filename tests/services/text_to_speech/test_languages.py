"""A reply is cut, and a formula read out, by the rules of the language a voice is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from processors.text_to_speech.cartesia import CartesiaTextToSpeech
from processors.text_to_speech.deepgram import DeepgramTextToSpeech
from processors.text_to_speech.elevenlabs import ElevenLabsTextToSpeech
from processors.text_to_speech.openai import OpenAITextToSpeech
from processors.text_to_speech.speaking import Speaking
from processors.text_to_speech.with_fallback import TextToSpeechWithFallback
from tests.services.text_to_speech.voices import PATIENCE_SECS, VOICES, Voice, open_voice
from tests.spoken_reply import reply, spoken

SENTENCES = ["Das ist am 6. Oktober, ca. um zwei.", "Gut."]


def in_german(kind: Callable[..., Speaking]) -> Callable[[str], Speaking]:
    return lambda base_url: kind(
        api_key="key", base_url=base_url, language="de-AT", patience_secs=PATIENCE_SECS
    )


def of_two_in_german(base_url: str) -> Speaking:
    first = in_german(OpenAITextToSpeech)("http://127.0.0.1:9")
    return TextToSpeechWithFallback(first, in_german(CartesiaTextToSpeech)(base_url))


_BUILDERS = {
    "openai": in_german(OpenAITextToSpeech),
    "deepgram": in_german(DeepgramTextToSpeech),
    "elevenlabs": in_german(ElevenLabsTextToSpeech),
    "cartesia": in_german(CartesiaTextToSpeech),
    "fallback": of_two_in_german,
}
_GERMAN = [replace(one, build=_BUILDERS[one.name]) for one in VOICES if one.name in _BUILDERS]


@pytest.mark.promise(
    "Languages",
    "An answer is cut into sentences, and formulas are read out, by the rules of its language.",
)
@pytest.mark.parametrize("voice", _GERMAN, ids=lambda voice: voice.name)
async def test_a_reply_is_cut_by_the_rules_of_its_language(voice: Voice) -> None:
    async with open_voice(voice) as (service, server):
        heard = await spoken(service, reply("Ja. ", f"{SENTENCES[0]} ", SENTENCES[1]))
        assert server.texts == ["Ja.", *SENTENCES]
        assert heard.remembered == ["Ja.", *SENTENCES]


@pytest.mark.promise(
    "Languages",
    "An answer is cut into sentences, and formulas are read out, by the rules of its language.",
)
@pytest.mark.parametrize("voice", _GERMAN, ids=lambda voice: voice.name)
async def test_a_line_is_read_out_in_its_language(voice: Voice) -> None:
    async with open_voice(voice) as (service, server):
        await spoken(service, r"Das ist \(x^2\).")
        assert server.texts == ["Das ist x zum Quadrat."]


@pytest.mark.parametrize("voice", _GERMAN, ids=lambda voice: voice.name)
async def test_speech_ahead_is_cut_alike(voice: Voice) -> None:
    async with open_voice(voice) as (service, _):
        cutter = service.reply_pieces()
        pieces = [piece.text async for piece in cutter.aggregate(" ".join(["Ja.", *SENTENCES]))]
        rest = await cutter.flush()
        assert [*pieces, rest.text if rest else ""] == ["Ja.", *SENTENCES]
        await service.cleanup()
