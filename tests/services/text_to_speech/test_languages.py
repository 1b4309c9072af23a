"""Each voice is told its language, and a reply is cut into pieces by that language's rules."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from processors.text_to_speech.cartesia import CartesiaTextToSpeech
from processors.text_to_speech.elevenlabs import ElevenLabsTextToSpeech
from processors.text_to_speech.openai import OpenAITextToSpeech
from processors.text_to_speech.speaking import Speaking
from processors.text_to_speech.with_fallback import TextToSpeechWithFallback
from tests.services.stand_ins.cartesia import open_cartesia
from tests.spoken_reply import reply, spoken

KINDS = (CartesiaTextToSpeech, ElevenLabsTextToSpeech, OpenAITextToSpeech)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("tag", "language"), [("de", "de"), ("de-AT", "de"), ("ja-JP", "ja"), ("", "en")]
)
def test_a_reply_is_cut_by_the_rules_of_its_language(
    kind: Callable[..., Speaking], tag: str, language: str
) -> None:
    voice = kind(api_key="key", base_url="http://127.0.0.1:9", language=tag)
    assert voice.text_aggregation_language == language
    assert voice.reply_pieces().language == language


async def test_a_japanese_reply_is_spoken_sentence_by_sentence_by_a_pair_as_well() -> None:
    sentences = ["今日は良い天気です。", "明日は雨が降るでしょう。", "傘を持って行ってください。"]
    async with open_cartesia() as server:

        def build() -> CartesiaTextToSpeech:
            return CartesiaTextToSpeech(api_key="key", base_url=server.base_url, language="ja")

        for voice in (build(), TextToSpeechWithFallback(build(), build())):
            heard = await spoken(voice, reply("".join(sentences)))
            assert heard.remembered == sentences
    assert server.texts == sentences * 2
