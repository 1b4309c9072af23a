"""The doctor finds what is wrong and says the fix."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from aiohttp import web

from bot.doctor.finding import Finding
from bot.doctor.installation import examine
from bot.http.listener import bind
from bot.launch import free_port
from bot.livekit.server import LiveKitServer
from bot.settings import Settings
from tests.bot.provider_server import (
    CHAT,
    LISTEN,
    MODELS,
    SPEECH,
    Handler,
    chunks,
    deaf,
    hang,
    hang_up,
    models,
    open_provider,
    page,
    refuse,
)


@pytest.fixture
async def providers() -> AsyncGenerator[dict[str, str]]:
    """Settings that lead to providers that answer: nothing local has to be started."""
    async with open_provider() as provider:
        yield provider.settings


async def findings(**given: object) -> dict[str, Finding]:
    settings = Settings.model_validate({"port": 0, **given})
    return {finding.what: finding for finding in await examine(settings)}


async def failures(**given: object) -> list[str]:
    """Return the fixes; the page may or may not be built where the tests run."""
    found = await findings(**given)
    bad = [one for one in found.values() if not one.is_well and "page" not in one.what]
    assert all(finding.fix for finding in bad)
    return [finding.fix for finding in bad]


async def test_healthy_installation_has_no_failures() -> None:
    assert await failures() == []


async def test_reachable_livekit_is_well(
    livekit_server: LiveKitServer, providers: dict[str, str]
) -> None:
    given = providers | {
        "livekit_url": livekit_server.url,
        "livekit_api_key": livekit_server.api_key,
        "livekit_api_secret": livekit_server.api_secret.get_secret_value(),
    }
    assert await failures(**given) == []
    (fix,) = await failures(**given | {"livekit_api_secret": "w" * 40})
    assert "LIVEKIT_API_KEY" in fix


async def test_every_missing_server_is_named() -> None:
    dead = f"127.0.0.1:{free_port()}"
    fixes = await failures(
        livekit_url=f"ws://{dead}",
        livekit_api_key="key",
        livekit_api_secret="s" * 40,
        deepgram_base_url=f"ws://{dead}",
        openai_base_url=f"http://{dead}",
    )
    assert len(fixes) == 4
    assert "LIVEKIT_URL" in fixes[0]


async def test_taken_port_is_found(providers: dict[str, str]) -> None:
    with bind("127.0.0.1", 0) as listener:
        (fix,) = await failures(**providers, port=listener.getsockname()[1])
    assert "running already" in fix


async def test_no_key_is_ever_shown(providers: dict[str, str]) -> None:
    keys = {"deepgram_api_key": "dg-private-key", "openai_api_key": "sk-private-key"}
    assert "private-key" not in repr(await findings(**providers, **keys))


_SHORT_LLM = {"openai_llm_patience_secs": 0.5}
_SHORT_TTS = {"openai_tts_patience_secs": 0.5}
_UNEXPECTED = page('{"error":"Unexpected endpoint or method"}', "application/json")


@pytest.mark.parametrize(
    ("answers", "given", "words"),
    [
        # The key.
        ({CHAT: refuse(401)}, {}, "set OPENAI_LLM_API_KEY"),
        ({CHAT: refuse(401)}, {"openai_llm_api_key": "k"}, "check OPENAI_LLM_API_KEY"),
        ({CHAT: refuse(403)}, {"openai_api_key": "k"}, "check OPENAI_API_KEY"),
        ({SPEECH: refuse(401)}, {"openai_tts_api_key": "k"}, "check OPENAI_TTS_API_KEY"),
        ({LISTEN: refuse(401)}, {}, "set DEEPGRAM_API_KEY"),
        ({LISTEN: refuse(401)}, {"deepgram_api_key": "k"}, "check DEEPGRAM_API_KEY"),
        # The model.
        ({CHAT: refuse(404, "model_not_found"), MODELS: models("a", "b")}, {}, "has (a, b)"),
        ({CHAT: refuse(400), MODELS: models(*"abcdefg")}, {}, "(a, b, c, d, e, ...)"),
        ({CHAT: refuse(404), MODELS: refuse(404)}, {}, "OPENAI_MODEL and OPENAI_BASE_URL"),
        ({CHAT: refuse(404), MODELS: models("models/tiny")}, {}, "check OPENAI_MODEL"),
        ({SPEECH: refuse(404), MODELS: refuse(404)}, {}, "OPENAI_TTS_MODEL, OPENAI_VOICE"),
        ({SPEECH: refuse(422), MODELS: models("gpt-4o-mini-tts")}, {}, "OPENAI_VOICE"),
        ({LISTEN: refuse(400)}, {}, "DEEPGRAM_MODEL, LANGUAGE"),
        # The account and the server.
        ({CHAT: refuse(429, "insufficient_quota")}, {}, "billing"),
        ({SPEECH: refuse(402)}, {}, "billing"),
        ({LISTEN: refuse(402)}, {}, "billing"),
        ({CHAT: refuse(429)}, {}, "busy"),
        ({SPEECH: refuse(500)}, {}, "HTTP 500"),
        ({CHAT: refuse(503)}, {}, "loading"),
        ({CHAT: page('data: {"error":{"code":429}}\n\n', "text/event-stream")}, {}, "busy"),
        ({CHAT: page('data: {"error":"no"}\n\n', "text/event-stream")}, {}, "OPENAI_MODEL"),
        # Success without a word.
        ({CHAT: chunks({"role": "assistant"}, {"content": ""})}, {}, "no usable answer"),
        ({CHAT: page("<html>")}, {}, "OPENAI_BASE_URL"),
        ({CHAT: _UNEXPECTED, MODELS: _UNEXPECTED}, {}, "OPENAI_BASE_URL"),
        ({CHAT: page('data: {"choices":5}\n\ndata: [1]\n\n')}, {}, "no usable answer"),
        ({SPEECH: page("<html>")}, {}, "OPENAI_TTS_MODEL"),
        ({SPEECH: page("{}", "application/octet-stream")}, {}, "OPENAI_TTS_MODEL"),
        ({SPEECH: page("", "audio/pcm")}, {}, "OPENAI_TTS_MODEL"),
        ({LISTEN: page("<html>")}, {}, "DEEPGRAM_BASE_URL"),
        # Time.
        ({CHAT: hang}, _SHORT_LLM, "OPENAI_LLM_PATIENCE_SECS"),
        ({CHAT: chunks({"role": "assistant"}, goes_on=True)}, _SHORT_LLM, "within 0.5 s"),
        ({SPEECH: hang}, _SHORT_TTS, "OPENAI_TTS_PATIENCE_SECS"),
        ({LISTEN: hang}, {}, "within 3 s"),
        ({LISTEN: deaf}, {}, "within 3 s"),
        ({CHAT: hang_up}, {}, "closes the connection"),
        ({LISTEN: hang_up}, {}, "closes the connection"),
    ],
)
async def test_what_is_wrong_with_a_provider_is_named_with_its_fix(
    answers: dict[str, Handler], given: dict[str, object], words: str
) -> None:
    async with open_provider(answers) as provider:
        (fix,) = await failures(**provider.settings | given)
    assert words in fix
    assert "private" not in fix


async def test_speech_that_begins_like_text_is_speech() -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=b"{" + bytes(range(256)) * 8, content_type="audio/pcm")

    async with open_provider({SPEECH: answer}) as provider:
        assert await failures(**provider.settings) == []


async def test_a_model_without_tools_is_told() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        has_tools = "tools" in await request.json()
        return await (refuse(400) if has_tools else chunks({"content": "Hi"}))(request)

    async with open_provider({CHAT: answer}) as provider:
        (fix,) = await failures(**provider.settings)
    assert "takes no tools" in fix


async def test_a_base_url_without_its_end_is_completed() -> None:
    async with open_provider() as provider:
        short = provider.url.removesuffix("/v1")
        fixes = await failures(**provider.settings | {"openai_base_url": short})
        (fix,) = await failures(
            **provider.settings | {"openai_llm_base_url": short, "openai_llm_api_key": "k"}
        )
    assert [f"set OPENAI_BASE_URL={short}/v1" in one for one in fixes] == [True, True]
    assert f"set OPENAI_LLM_BASE_URL={short}/v1" in fix


@pytest.mark.parametrize(
    ("name", "url", "words"),
    [
        ("openai_llm_base_url", "https://127.0.0.1:{port}/v1", "does not speak TLS"),
        ("openai_tts_base_url", "https://127.0.0.1:{port}/v1", "does not speak TLS"),
        ("deepgram_base_url", "wss://127.0.0.1:{port}", "does not speak TLS"),
        ("openai_llm_base_url", "http://nowhere.invalid/v1", "no such host"),
        ("deepgram_base_url", "ws://nowhere.invalid", "no such host"),
        ("openai_llm_base_url", "http://127.0.0.1:{dead}/v1", "nothing listens"),
        ("deepgram_base_url", "ws://127.0.0.1:{dead}", "nothing listens"),
    ],
)
async def test_an_address_nobody_answers_at_is_told(name: str, url: str, words: str) -> None:
    async with open_provider() as provider:
        given = {name: url.format(port=provider.port, dead=free_port())}
        (fix,) = await failures(**provider.settings | given)
    assert words in fix
    assert name.upper() in fix


async def test_local_providers_that_do_not_run_are_told_by_their_setting() -> None:
    async with open_provider() as provider:
        given = {"openai_base_url": "", "local_base_url": f"http://127.0.0.1:{free_port()}"}
        fixes = await failures(**provider.settings | given)
    assert fixes == ["nothing listens there: start the server, or check LOCAL_BASE_URL"] * 2


@pytest.mark.parametrize("answer", [refuse(401), refuse(404), refuse(400), page("<html>")])
async def test_another_server_in_the_place_of_the_local_providers_is_told(answer: Handler) -> None:
    async with open_provider({CHAT: answer, MODELS: models("a", "b")}) as provider:
        local_url = provider.url.removesuffix("/v1")
        given = {"openai_base_url": "", "local_base_url": local_url, "text_to_speech": "local"}
        (fix,) = await failures(**provider.settings | given)
    assert fix == "these are not the local providers: check LOCAL_BASE_URL"


async def test_each_stage_is_asked_what_a_call_asks_and_no_other_is() -> None:
    async with open_provider() as provider, open_provider() as speech:
        found = await failures(
            deepgram_base_url=speech.settings["deepgram_base_url"],
            openai_tts_base_url=speech.url,
            openai_tts_api_key="voice",
            openai_voice="somebody",
            openai_llm_base_url=provider.url,
            openai_model="tiny",
        )
    assert found == []
    assert provider.requests == [("/v1/chat/completions", "Bearer local")]
    (asked,) = provider.bodies
    assert (asked["model"], asked["stream"], bool(asked["tools"])) == ("tiny", True, True)
    assert sorted(speech.requests) == [
        ("/v1/audio/speech", "Bearer voice"),
        (LISTEN, "Token local"),
    ]
    (spoken,) = speech.bodies
    assert (spoken["voice"], spoken["response_format"]) == ("somebody", "pcm")


async def test_openai_is_not_asked_when_only_the_recogniser_is_elsewhere() -> None:
    async with open_provider() as provider:
        found = await findings(deepgram_base_url=provider.settings["deepgram_base_url"])
    assert provider.requests == [(LISTEN, "Token local")]
    assert {"language-model is local", "text-to-speech is local"} <= found.keys()


async def test_a_proxy_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    async with open_provider() as provider:
        given = {"openai_llm_base_url": "http://somewhere.example/v1"}
        (fix,) = await failures(**provider.settings | given)
    assert "NO_PROXY" in fix


async def test_a_language_the_local_recogniser_does_not_know_is_told() -> None:
    async with open_provider() as provider:
        given = {**provider.settings, "deepgram_base_url": "", "language": "de"}
        (fix,) = await failures(**given)
    assert "DEEPGRAM_API_KEY" in fix
