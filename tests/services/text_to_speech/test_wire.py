"""What goes to each vendor's server from a voice that is built as for a call."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    LLMFullResponseEndFrame,
    MetricsFrame,
    TTSSpeakFrame,
    TTSTextFrame,
)
from pipecat.metrics.metrics import TTFBMetricsData
from pipecat.utils.errors import ErrorCategory

from bot.call.services import build_text_to_speech
from bot.settings import Settings
from processors.provider_requests import ProviderError, failure_of
from processors.text_to_speech.deepgram import DeepgramTextToSpeech
from processors.text_to_speech.openai import OpenAITextToSpeech
from processors.text_to_speech.persevering import may_pass
from processors.text_to_speech.service_speech import failure_in
from processors.text_to_speech.speaking import Speaking
from tests.fake_pipeline import open_fake_pipeline
from tests.fake_speech_server import SpeechAnswer, open_fake_speech_server
from tests.services.stand_ins.http_voices import open_http_voice
from tests.services.stand_ins.speech import Ending, Speech, VoiceServer
from tests.services.text_to_speech.voices import VOICES, Voice, open_voice
from tests.spoken_reply import reply, spoken
from tests.spoken_sound import pcm
from tests.waiting import until

_UNKNOWN, _PASSES = ErrorCategory.INVALID_REQUEST, ErrorCategory.SERVER
Told = Mapping[str, object]
"""What a request says: its path, its key, and what is asked for."""


def _build(name: str, base_url: str, **more: object) -> Speaking:
    """Build a voice from settings, as a call does."""
    given: dict[str, object] = {
        "text_to_speech": name,
        f"{name}_api_key": "key-of-it",
        f"{name}_base_url": base_url,
        "language": "de-AT",
        **more,
    }
    built: Any = build_text_to_speech(Settings.model_validate(given))
    return built


def _named(name: str) -> dict[str, object]:
    voice = {"deepgram": "aura-2-julius-de"}.get(name, "somebody")
    model = {} if name == "deepgram" else {f"{name}_model": "eleven_flash_v2_5"}
    if name == "openai":
        return {"openai_voice": voice, "openai_tts_model": "eleven_flash_v2_5"}
    return {f"{name}_voice": voice, **model}


REAL = [
    replace(one, build=lambda url, name=one.name: _build(name, url, **_named(name)))
    for one in VOICES
    if one.name in ("openai", "deepgram", "elevenlabs", "cartesia")
]


def _openai(server: VoiceServer) -> Told:
    (path, headers), body = server.heads[-1], server.bodies[-1]
    return {"path": path, "key": headers["Authorization"], **body}


def _query(server: VoiceServer) -> tuple[str, dict[str, str], Mapping[str, str]]:
    path, headers = server.heads[-1]
    parts = urlsplit(path)
    return parts.path, {name: value for name, (value,) in parse_qs(parts.query).items()}, headers


def _deepgram(server: VoiceServer) -> Told:
    path, query, headers = _query(server)
    return {"path": path, "key": headers["Authorization"], **query, **server.bodies[-1]}


def _elevenlabs(server: VoiceServer) -> Told:
    path, query, headers = _query(server)
    lower = {name.lower(): value for name, value in headers.items()}
    said = "".join(body.get("text", "") for body in server.bodies)
    return {"path": path, "key": lower["xi-api-key"], "said": said.strip(), **query}


def _cartesia(server: VoiceServer) -> Told:
    (path, headers), body = server.heads[-1], server.bodies[0]
    lower = {name.lower(): value for name, value in headers.items()}
    told = {"path": path, "key": lower["x-api-key"], "voice": body["voice"]["id"]}
    names = ("transcript", "model_id", "output_format", "language", "add_timestamps")
    return told | {name: body[name] for name in names}


SAYS = {
    "openai": _openai,
    "deepgram": _deepgram,
    "elevenlabs": _elevenlabs,
    "cartesia": _cartesia,
}
WANTED: dict[str, Told] = {
    "openai": {
        "path": "/audio/speech",
        "key": "Bearer key-of-it",
        "input": "Guten Tag.",
        "model": "eleven_flash_v2_5",
        "voice": "somebody",
        "response_format": "pcm",
        "sample_rate": 24_000,
    },
    "deepgram": {
        "path": "/v1/speak",
        "key": "Token key-of-it",
        "text": "Guten Tag.",
        "model": "aura-2-julius-de",
        "encoding": "linear16",
        "sample_rate": "24000",
        "container": "none",
    },
    "elevenlabs": {
        "path": "/v1/text-to-speech/somebody/multi-stream-input",
        "key": "key-of-it",
        "said": "Guten Tag.",
        "model_id": "eleven_flash_v2_5",
        "output_format": "pcm_24000",
        "language_code": "de",
        "auto_mode": "true",
    },
    "cartesia": {
        "path": "/tts/websocket",
        "key": "key-of-it",
        "transcript": "Guten Tag.",
        "model_id": "eleven_flash_v2_5",
        "voice": "somebody",
        "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000},
        "language": "de-AT",
        "add_timestamps": True,
    },
}


@pytest.mark.promise(
    "Text-to-speech",
    "Each vendor is asked with its key for the voice, the model, the language and the form of "
    "audio that are set.",
)
@pytest.mark.parametrize("voice", REAL, ids=lambda voice: voice.name)
async def test_each_vendor_is_asked_for_what_is_set(voice: Voice) -> None:
    async with open_voice(voice) as (service, server):
        heard = await spoken(service, "Guten Tag.")
        told = SAYS[voice.name](server)
    assert heard.heard == pcm()
    assert told == WANTED[voice.name]


@pytest.mark.promise(
    "Text-to-speech", "How long a voice took to its first sound is measured for each reply."
)
@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
async def test_the_wait_for_the_first_sound_is_measured(voice: Voice) -> None:
    async with open_voice(voice) as (service, server):
        server.answer = lambda _: Speech(delay_secs=0.2)
        async with open_fake_pipeline(service, has_metrics=True) as pipeline:
            for replies in (1, 2):
                before = len(pipeline.down)
                await pipeline.send(*reply("One is it. ", "Two is it."))
                await pipeline.until_down(LLMFullResponseEndFrame, replies)
                await pipeline.settle()
                metrics = [f.data for f in pipeline.down[before:] if isinstance(f, MetricsFrame)]
                first = [
                    one for data in metrics for one in data if isinstance(one, TTFBMetricsData)
                ]
                assert [one.value for one in first if one.value > 0]


@pytest.mark.promise(
    "Text-to-speech",
    "A voice that holds a connection has it before its first text, and none is left open when the "
    "call is over.",
)
@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
async def test_connections_are_made_early_and_closed_after_the_call(voice: Voice) -> None:
    async def is_open() -> bool:
        return server.open_connections() > 0

    async def is_closed() -> bool:
        return server.open_connections() == 0

    async with open_voice(voice) as (service, server):
        async with open_fake_pipeline(service) as pipeline:
            if voice.is_socket or voice.name == "openai":
                await until(is_open)
            assert not server.texts
            await pipeline.send(TTSSpeakFrame("Hello."))
            await pipeline.settle()
            assert server.open_connections() > 0
        await until(is_closed)


@pytest.mark.promise(
    "Text-to-speech",
    "A voice whose connection was lost or hangs is connected anew, and nobody hears of it.",
)
@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
async def test_a_connection_lost_in_silence_is_made_again(voice: Voice) -> None:
    async def is_lost() -> bool:
        return server.open_connections() == 0 or server.connections > 1

    async with open_voice(voice) as (service, server):
        async with open_fake_pipeline(service) as pipeline:
            for number in (1, 2):
                await pipeline.send(TTSSpeakFrame("Hello."))
                await pipeline.until_down(TTSTextFrame, number)
                await pipeline.settle()
                server.drop()
                await until(is_lost)
                await pipeline.settle()
            assert not [frame for frame in pipeline.up if isinstance(frame, ErrorFrame)]
        assert server.texts == ["Hello."] * 2


@pytest.mark.promise(
    "Text-to-speech",
    "A voice whose connection was lost or hangs is connected anew, and nobody hears of it.",
)
@pytest.mark.parametrize("voice", [one for one in VOICES if one.is_socket], ids=lambda v: v.name)
async def test_a_second_attempt_is_made_on_a_new_connection(voice: Voice) -> None:
    plans = [Speech(b"", ending=Ending.HANG)]
    async with open_voice(voice) as (service, server):
        server.answer = lambda _: plans.pop() if plans else Speech()
        heard = await spoken(service, "Hello.")
        assert server.connections == 2
    assert heard.heard == pcm()


@pytest.mark.promise(
    "Text-to-speech",
    "A voice whose server ends each connection at once is asked again when there is something to "
    "say, and speaks when one lasts.",
)
@pytest.mark.parametrize("code", [1000, 1008, 1011])
@pytest.mark.parametrize("voice", [one for one in VOICES if one.is_socket], ids=lambda v: v.name)
async def test_a_server_that_ends_each_connection_is_not_asked_on_and_on(
    voice: Voice, code: int
) -> None:
    async with open_voice(voice) as (service, server):
        server.closes = code
        async with open_fake_pipeline(service) as pipeline:
            await asyncio.sleep(30.0)
            assert server.connections == 1
            server.closes = 0
            await pipeline.send(TTSSpeakFrame("Hello."))
            await pipeline.until_down(TTSTextFrame)
            # One that has lasted is made again at once.
            await asyncio.sleep(10.0)
            server.closes = code
            server.drop()
            await asyncio.sleep(30.0)
            assert server.connections <= 4
            assert not [frame for frame in pipeline.up if isinstance(frame, ErrorFrame)]


@pytest.mark.promise(
    "Text-to-speech",
    "A socket that is closed for the key, the voice or the account is told from one that is lost.",
)
@pytest.mark.parametrize(
    ("why", "category"),
    [
        ("1008 (policy violation) Invalid API key", ErrorCategory.AUTHENTICATION),
        ("1008 (policy violation) invalid_api_key", ErrorCategory.AUTHENTICATION),
        ("1008 (policy violation) A voice with voice_id abc does not exist.", _UNKNOWN),
        ("1008 (policy violation) voice_id_does_not_exist", _UNKNOWN),
        ("1008 (policy violation) This request exceeds your quota of 10000.", ErrorCategory.QUOTA),
        ("1008 (policy violation) voices can only be set in the first message", _PASSES),
        ("1008 (policy violation) Hello, that voice was not found.", _PASSES),
        ("1011 (internal error) keepalive ping timeout", _PASSES),
    ],
)
def test_why_a_socket_was_closed_is_read(why: str, category: ErrorCategory) -> None:
    lost = ErrorFrame(f"connection closed, but with an error: received {why}; then sent it")
    failure = failure_in(lost, text="Hello, that voice was not found.")
    assert failure_of(failure)[1] is category
    assert may_pass(failure) is (category is _PASSES)


@pytest.mark.parametrize(
    ("status", "said", "category"),
    [
        (403, "Quota exceeded.", ErrorCategory.QUOTA),
        (400, "The voice aura-9-x-en was not found.", _UNKNOWN),
        (403, "No: It was flagged.", ErrorCategory.AUTHORIZATION),
        (403, "Not yours.", ErrorCategory.AUTHORIZATION),
        (429, "Slow down.", ErrorCategory.RATE_LIMIT),
    ],
)
async def test_why_deepgram_refuses_is_read(
    status: int, said: str, category: ErrorCategory
) -> None:
    server_of = open_http_voice("/v1/speak", lambda body: body["text"], lambda *_: {"why": said})
    async with server_of as server:
        server.answer = lambda _: Speech(status=status)
        service = DeepgramTextToSpeech(api_key="key", base_url=server.base_url)
        with pytest.raises(ProviderError) as refused:
            _ = [sound async for sound in service.attempt("It was flagged.", 1)]
        await service.cleanup()
    assert failure_of(refused.value)[1] is category


@pytest.mark.promise(
    "Text-to-speech",
    "A server of one's own is asked for the rate that is played, or it may send its model's.",
)
@pytest.mark.parametrize("knows_rate", [True, False])
async def test_a_server_of_ones_own_is_asked_for_the_rate(*, knows_rate: bool) -> None:
    refusal = b'{"detail": [{"type": "extra_forbidden", "loc": ["body", "sample_rate"]}]}'

    def answer(body: dict[str, Any]) -> SpeechAnswer:
        if not knows_rate and "sample_rate" in body:
            return SpeechAnswer(refusal, "application/json", 422)
        return SpeechAnswer(pcm(body.get("sample_rate", 16_000 if knows_rate else 24_000)))

    async with open_fake_speech_server() as server:
        server.answer = answer
        service = OpenAITextToSpeech(api_key="key", base_url=server.base_url)
        heard = await spoken(service, reply("One is it. ", "Two is it."))
        asked = ["sample_rate" in body for body in server.requests]
    assert heard.heard == pcm() * 2
    assert asked == ([True, True] if knows_rate else [True, False, False])
