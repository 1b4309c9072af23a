"""Each vendor is asked for one word on its own wire, and its refusal becomes a fix."""

from __future__ import annotations

import json

import pytest
from aiohttp import web

from bot.doctor.finding import Finding
from bot.doctor.installation import examine
from bot.settings import Settings
from bot.stages.diagnosis import fix_of
from bot.stages.questions.question import FAILURES, question_of
from bot.stages.stage import Stage
from bot.stages.table import stages_of
from tests.bot.provider_server import open_provider
from tests.bot.stages.vendor_servers import (
    Handler,
    VendorServer,
    audio_message,
    events,
    hang,
    json_answer,
    open_vendor_server,
    refuse,
    socket,
    speech,
)

KEY = "key-private"
TOKEN = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}}
PART = {"candidates": [{"content": {"parts": [{"text": "Hi"}], "role": "model"}}]}
BAD_GOOGLE_KEY = {
    "code": 400,
    "message": "private words",
    "status": "INVALID_ARGUMENT",
    "details": [{"@type": "type", "reason": "API_KEY_INVALID"}],
}
BUSY = {"type": "error", "error": {"type": "overloaded_error", "message": "private words"}}

# Stage, vendor, path of what is asked, a kind answer.
KIND: dict[str, tuple[str, str, str, Handler]] = {
    "transcription": (
        "speech_to_text",
        "openai",
        "/v1/audio/transcriptions",
        json_answer({"text": ""}),
    ),
    "assemblyai": (
        "speech_to_text",
        "assemblyai",
        "/v3/ws",
        socket({"type": "Begin", "id": "1"}, after=0),
    ),
    "flux": (
        "speech_to_text",
        "deepgram",
        "/v2/listen",
        socket({"type": "Connected", "request_id": "1", "sequence_id": 0}, after=0),
    ),
    "anthropic": (
        "language_model",
        "anthropic",
        "/v1/messages",
        events({"type": "message_start"}, {"type": "ping"}, TOKEN, ends=False),
    ),
    "google": (
        "language_model",
        "google",
        "/v1beta/models/gemini-3.6-flash:streamGenerateContent",
        events(PART, ends=False),
    ),
    "aura": ("text_to_speech", "deepgram", "/v1/speak", speech),
    "elevenlabs": (
        "text_to_speech",
        "elevenlabs",
        "/v1/text-to-speech/JBFqnCBsd6RMkjVDRZzb/multi-stream-input",
        socket(audio_message(contextId="question"), after=3),
    ),
    "cartesia": (
        "text_to_speech",
        "cartesia",
        "/tts/websocket",
        socket({"type": "chunk", "data": "AAAA", "done": False}),
    ),
}
HEADERS = {
    "transcription": ("Authorization", f"Bearer {KEY}"),
    "assemblyai": ("Authorization", KEY),
    "flux": ("Authorization", f"Token {KEY}"),
    "anthropic": ("x-api-key", KEY),
    "google": ("x-goog-api-key", KEY),
    "aura": ("Authorization", f"Token {KEY}"),
    "elevenlabs": ("xi-api-key", KEY),
    "cartesia": ("X-API-Key", KEY),
}
SETTINGS = {
    "transcription": ("OPENAI_STT_API_KEY", "OPENAI_STT_MODEL, LANGUAGE and OPENAI_STT_BASE_URL"),
    "assemblyai": (
        "ASSEMBLYAI_API_KEY",
        "ASSEMBLYAI_MODEL, LANGUAGE and ASSEMBLYAI_BASE_URL",
    ),
    "flux": ("DEEPGRAM_API_KEY", "DEEPGRAM_MODEL, LANGUAGE and DEEPGRAM_BASE_URL"),
    "anthropic": ("ANTHROPIC_API_KEY", "ANTHROPIC_MODEL and ANTHROPIC_BASE_URL"),
    "google": ("GOOGLE_API_KEY", "GOOGLE_MODEL and GOOGLE_BASE_URL"),
    "aura": ("DEEPGRAM_API_KEY", "DEEPGRAM_VOICE and DEEPGRAM_BASE_URL"),
    "elevenlabs": (
        "ELEVENLABS_API_KEY",
        "ELEVENLABS_MODEL, ELEVENLABS_VOICE and ELEVENLABS_BASE_URL",
    ),
    "cartesia": ("CARTESIA_API_KEY", "CARTESIA_MODEL, CARTESIA_VOICE and CARTESIA_BASE_URL"),
}
# Who is asked otherwise for a model of another family.
MODELS: dict[str, dict[str, object]] = {"flux": {"deepgram_model": "flux-general-multi"}}
each = pytest.mark.parametrize("name", KIND)


def settings_of(name: str, server: VendorServer, **more: object) -> Settings:
    """Return the settings that lead one stage to the server."""
    kind, vendor, _, _ = KIND[name]
    key = SETTINGS[name][0].lower()
    end = "/v1" if name == "transcription" else ""
    address = {key.replace("_api_key", "_base_url"): server.url("http") + end}
    models = MODELS.get(name, {})
    return Settings.model_validate({kind: vendor, key: KEY, **address, **models, **more})


def stage_of(name: str, settings: Settings) -> Stage:
    stage: Stage = getattr(stages_of(settings), KIND[name][0])
    return stage


async def fix(name: str, *handlers: tuple[str, Handler], limit_secs: float = 10.0) -> str:
    """Ask a server that answers unkindly; return what to do about it."""
    async with open_vendor_server(*handlers) as server:
        settings = settings_of(name, server)
        stage = stage_of(name, settings)
        with pytest.raises(FAILURES) as caught:
            await question_of(stage).ask(stage, limit_secs=limit_secs)
        sentence = await fix_of(caught.value, stage, settings)
    assert KEY not in sentence
    assert "private words" not in sentence
    return sentence


@each
async def test_a_vendor_that_answers_is_well(name: str) -> None:
    _, _, path, answer = KIND[name]
    async with open_vendor_server((path, answer)) as server:
        stage = stage_of(name, settings_of(name, server))
        await question_of(stage).ask(stage, limit_secs=10.0)
    (request,) = server.requests
    assert request.path == path
    header, value = HEADERS[name]
    assert request.headers[header] == value


@each
@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_is_named(name: str, status: int) -> None:
    path = KIND[name][2]
    assert await fix(name, (path, refuse(status))) == (
        f"the key was refused: check {SETTINGS[name][0]}"
    )


@each
async def test_a_path_or_a_model_that_is_not_there_is_named(name: str) -> None:
    sentence = await fix(name)
    assert sentence == f"it refuses (HTTP 404): check {SETTINGS[name][1]}"


@each
async def test_an_answer_that_is_none_is_told(name: str) -> None:
    path = KIND[name][2]
    sentence = await fix(name, (path, json_answer({"private words": 1})))
    assert SETTINGS[name][1].rpartition(" ")[2] in sentence


@each
async def test_one_that_hangs_is_given_up(name: str) -> None:
    sentence = await fix(name, (KIND[name][2], hang), limit_secs=0.05)
    assert sentence.startswith("no answer within")
    assert "_PATIENCE_SECS" in sentence


@each
async def test_one_that_accepts_and_says_nothing_is_given_up(name: str) -> None:
    is_socket = KIND[name][3].__qualname__.startswith("socket")
    mute = socket(after=99) if is_socket else events(ends=False)
    sentence = await fix(name, (KIND[name][2], mute), limit_secs=0.05)
    assert sentence.startswith("no answer within")


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        # Refused in words, on a connection that was accepted.
        (
            "assemblyai",
            socket({"type": "Error", "error_code": 1008, "error": "private words"}, after=0),
            "check ASSEMBLYAI_API_KEY",
        ),
        ("assemblyai", socket(after=0, close=1008), "check ASSEMBLYAI_API_KEY"),
        ("assemblyai", socket(after=0, close=3006), "check ASSEMBLYAI_MODEL"),
        ("assemblyai", socket(after=0, close=1000), "check ASSEMBLYAI_MODEL"),
        (
            "elevenlabs",
            socket({"message": "private words", "error": "voice_not_found", "code": 1008}),
            "check ELEVENLABS_API_KEY",
        ),
        (
            "cartesia",
            socket({"type": "error", "status_code": 402, "error": "private words"}),
            "billing",
        ),
        (
            "cartesia",
            socket({"type": "error", "status_code": 400, "error": "private words"}),
            "check CARTESIA_MODEL, CARTESIA_VOICE",
        ),
        ("cartesia", socket({"type": "done"}, close=1011), "no usable answer"),
        (
            "flux",
            socket({"type": "Error", "code": "X", "description": "private words"}, after=0),
            "check DEEPGRAM_MODEL, LANGUAGE",
        ),
        ("google", refuse(400, BAD_GOOGLE_KEY), "check GOOGLE_API_KEY"),
        ("google", events({"error": {"code": 503, "message": "private words"}}), "HTTP 503"),
        ("google", events({"candidates": [{"finishReason": "SAFETY"}]}), "no usable answer"),
        ("anthropic", events(BUSY), "busy"),
        ("anthropic", refuse(529, BUSY["error"]), "busy"),
        ("anthropic", events({"type": "message_stop"}), "no usable answer"),
        ("transcription", json_answer(["private words"]), "no usable answer"),
        ("aura", json_answer({"private words": 1}), "no usable answer"),
    ],
)
async def test_what_a_vendor_says_against_it_is_understood(
    name: str, answer: Handler, words: str
) -> None:
    assert words in await fix(name, (KIND[name][2], answer))


@pytest.mark.parametrize(
    ("name", "listing", "words"),
    [
        ("anthropic", {"data": [{"id": "claude-a"}]}, "set ANTHROPIC_MODEL to one it has"),
        ("google", {"models": [{"name": "models/a"}]}, "(models/a)"),
        ("transcription", {"data": [{"id": "whisper"}]}, "set OPENAI_STT_MODEL to one"),
    ],
)
async def test_a_wrong_model_is_told_with_those_there_are(
    name: str, listing: object, words: str
) -> None:
    refused = (KIND[name][2], refuse(404))
    assert words in await fix(name, refused, ("/models", json_answer(listing)))


async def test_what_is_set_is_what_is_asked_for() -> None:
    given = {"language": "pt-BR", "cartesia_voice": "somebody", "openai_stt_model": "whisper"}
    heard: list[str] = []

    async def listen(request: web.Request) -> web.StreamResponse:
        accepted = web.WebSocketResponse()
        await accepted.prepare(request)
        heard.append(await accepted.receive_str())
        await accepted.send_json({"type": "chunk"})
        return accepted

    transcribe = (KIND["transcription"][2], KIND["transcription"][3])
    async with open_vendor_server((KIND["cartesia"][2], listen), transcribe) as server:
        for name in ("cartesia", "transcription"):
            stage = stage_of(name, settings_of(name, server, **given))
            await question_of(stage).ask(stage, limit_secs=10.0)
    message = json.loads(heard[0])
    assert (message["voice"]["id"], message["language"]) == ("somebody", "pt")
    (form,) = server.bodies
    assert b"whisper" in form and b"RIFF" in form
    assert b'name="language"\r\n\r\npt\r\n' in form


async def test_doctor_asks_a_fallback_and_says_whose_fix_it_is() -> None:
    refused = (KIND["anthropic"][2], refuse(401))
    async with open_provider() as provider, open_vendor_server(refused) as server:
        found = await findings(
            **provider.settings,
            language_model_fallback="anthropic",
            anthropic_api_key=KEY,
            anthropic_base_url=server.url("http"),
            elevenlabs_voice="somebody",
        )
    (bad,) = [one for one in found if not one.is_well and "page" not in one.what]
    assert bad.what.startswith("language-model fallback answers (claude-sonnet-4-6 at http://127")
    assert bad.fix == "the key was refused: check ANTHROPIC_API_KEY"
    (read,) = [one for one in found if one.what == "the settings are valid"]
    assert read.is_well
    assert (
        read.fix == "ELEVENLABS_VOICE is set and not used: TEXT_TO_SPEECH=elevenlabs would use it"
    )


async def findings(**given: object) -> list[Finding]:
    return await examine(Settings.model_validate({"port": 0, **given}))
