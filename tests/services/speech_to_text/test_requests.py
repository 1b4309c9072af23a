"""What each vendor is asked for, read where its server does."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    InputAudioRawFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.utils.errors import ErrorCategory

from bot.languages.en import LANGUAGE as ENGLISH
from processors.speech_to_text.assemblyai import AssemblyAISpeechToText
from processors.speech_to_text.deepgram import DeepgramSpeechToText
from processors.speech_to_text.openai import OpenAISpeechToText
from tests.fake_deepgram import FakeDeepgram, open_fake_deepgram
from tests.fake_pipeline import open_fake_pipeline
from tests.services.stand_ins.assemblyai import open_fake_assemblyai
from tests.services.stand_ins.whisper_server import open_fake_whisper_server
from tests.waiting import until

# Words that may change come as they are said, and turns end as soon as they can.
_DEEPGRAM = {
    "interim_results": "true",
    "punctuate": "true",
    "encoding": "linear16",
    "channels": "1",
    "sample_rate": "16000",
    "model": "nova-3-general",
    "language": "en",
}
_ASSEMBLYAI = {"sample_rate": "16000", "encoding": "pcm_s16le", "format_turns": "true"}
_PRO = {
    "speech_model": "universal-3-6-pro",
    "min_turn_silence": "100",
    "max_turn_silence": "100",
    "continuous_partials": "true",
}
_OLDER = {
    "speech_model": "universal-streaming-english",
    "min_turn_silence": "160",
    "end_of_turn_confidence_threshold": "1.0",
}
_EVERY_VENDOR = (DeepgramSpeechToText, AssemblyAISpeechToText, OpenAISpeechToText)


def asked(fake: FakeDeepgram) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(fake.queries[0]).query))


@pytest.mark.promise("Speech-to-text", "Deepgram is asked for words as they are said.")
async def test_deepgram_is_asked_for_words_as_they_are_said() -> None:
    async with open_fake_deepgram() as fake:
        service = DeepgramSpeechToText(api_key="k", base_url=fake.base_url)
        async with open_fake_pipeline(service):
            assert asked(fake) == _DEEPGRAM


@pytest.mark.promise("Speech-to-text", "AssemblyAI ends its turns as soon as it can.")
@pytest.mark.parametrize(
    ("model", "language", "query"),
    [
        ("", "", _PRO),
        ("", "multi", _PRO),
        ("", "de-AT", {**_PRO, "language_codes": '["de"]'}),
        (_OLDER["speech_model"], "de", _OLDER),
    ],
)
async def test_assemblyai_is_asked_to_end_its_turns_soon(
    model: str, language: str, query: dict[str, str]
) -> None:
    async with open_fake_assemblyai() as fake:
        service = AssemblyAISpeechToText(
            api_key="k", base_url=fake.base_url, model=model, language=language
        )
        async with open_fake_pipeline(service):
            assert asked(fake) == {
                **_ASSEMBLYAI,
                **({"speech_model": model} if model else {}),
                **query,
            }


@pytest.mark.promise(
    "Speech-to-text",
    "A key that AssemblyAI refuses, which it does behind the handshake, is not tried again.",
)
@pytest.mark.parametrize(
    ("why", "is_final"),
    [
        ("Invalid API key", True),
        ("Missing Authorization header", True),
        ("insufficient account balance", True),
        ("Too many concurrent sessions", False),
    ],
)
async def test_a_key_that_assemblyai_refuses_behind_the_handshake_is_refused(
    why: str, is_final: bool
) -> None:
    async def is_decided() -> bool:
        return not service.is_usable or len(fake.queries) > 2

    async with open_fake_assemblyai() as fake:
        fake.refusal = f"Unauthorized Connection: {why}"
        service = AssemblyAISpeechToText(api_key="k", base_url=fake.base_url)
        async with open_fake_pipeline(service) as pipeline:
            await until(is_decided)
            assert service.is_usable is not is_final
            errors = await pipeline.until_up(ErrorFrame, 2)
            told = [(error.category, why in error.error) for error in errors]
            kind = ErrorCategory.AUTHENTICATION if is_final else ErrorCategory.CONNECTIVITY
            assert told == [(ErrorCategory.UNKNOWN, False), (kind, False)]
            await asyncio.sleep(1.0)
            assert (len(fake.queries) == 1) is is_final


@pytest.mark.promise("Speech-to-text", "A Whisper server is told the language if there is one.")
@pytest.mark.parametrize(("language", "told"), [("", ""), ("multi", ""), ("de-AT", "de")])
async def test_a_whisper_server_is_told_the_language_alone(language: str, told: str) -> None:
    async with open_fake_whisper_server() as fake:
        service = OpenAISpeechToText(api_key="k", base_url=fake.base_url, language=language)
        async with open_fake_pipeline(service) as pipeline:
            await pipeline.send_up(VADUserStartedSpeakingFrame())
            await pipeline.until_up(VADUserStartedSpeakingFrame)
            await pipeline.send(*[InputAudioRawFrame(b"\1" * 640, 16_000, 1)] * 50)
            await pipeline.send_up(VADUserStoppedSpeakingFrame())
            await fake.until(uploads=1)
            fake.say("Good morning.")
            await pipeline.until_down(TranscriptionFrame)
        fields = fake.uploads[0].fields
        assert fields.get("language", "") == told
        assert (fields["model"], fields["response_format"]) == ("gpt-transcribe", "json")


@pytest.mark.promise("Languages", "A number in words and in digits is one, for every recogniser.")
@pytest.mark.parametrize("service", _EVERY_VENDOR)
async def test_every_recogniser_knows_the_number_words_of_its_language(service: Any) -> None:
    words = service(api_key="k", numerals=ENGLISH.numerals).words
    assert words.admit(TranscriptionFrame("It costs twenty five.", "", ""))
    assert not words.admit(TranscriptionFrame("It costs 25.", "", ""))
