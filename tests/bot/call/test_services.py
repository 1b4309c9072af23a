"""The clients of a call are built as the table says; what they send is read on the wire."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from aiohttp import web
from pipecat.frames.frames import LLMContextFrame, TTSSpeakFrame
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.tests.utils import run_test
from pydantic import SecretStr

from bot.call.services import (
    build_language_model,
    build_speech_to_text,
    build_text_to_speech,
    system_prompt,
)
from bot.languages.de import LANGUAGE as GERMAN
from bot.settings import PROJECT_ROOT, Settings, prepare_environment
from tests import fake_openai
from tests.bot.stages.stand_ins import KeptModel, KeptService, Pair, stand_in_vendors
from tests.fake_openai import open_fake_openai
from tools import TOOLS
from tools.runtime.runtime import ToolRuntime
from tools.runtime.tool_calling import ToolCalls, ToolTurns

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def no_tools() -> ToolRuntime:
    return ToolRuntime(tools=[], resources={})


def changed(settings: Settings, **changes: object) -> Settings:
    return settings.model_copy(update=changes)


class Listener:
    """A server that keeps the Authorization of every request, and answers as it is told."""

    def __init__(self, answer: Handler) -> None:
        self.url = ""
        self.keys: list[str] = []
        self.headers: list[str] = []
        self._answer = answer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.keys.append(request.headers.get("Authorization", ""))
        self.headers += [*request.headers.keys(), *request.headers.values()]
        return await self._answer(request)


async def refuse(_: web.Request) -> web.StreamResponse:
    return web.Response(status=404)


def redirect_to(url: str) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": url + request.path})

    return answer


@asynccontextmanager
async def open_listener(answer: Handler = refuse) -> AsyncGenerator[Listener]:
    listener = Listener(answer)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", listener.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    listener.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield listener
    finally:
        await runner.cleanup()


async def call(settings: Settings) -> None:
    """Have the model think and the voice speak once; both fail."""
    context = LLMContext(messages=[{"role": "user", "content": "Hello."}])
    model = build_language_model(settings, tools=no_tools())
    await run_test(model, frames_to_send=[LLMContextFrame(context)])
    await run_test(build_text_to_speech(settings), frames_to_send=[TTSSpeakFrame("Hello.")])


@pytest.mark.promise(
    "Settings",
    "A key goes to the server it was given for and to no other.",
)
async def test_the_keys_of_two_servers_never_cross(settings: Settings) -> None:
    async with open_listener() as thinking, open_listener() as speaking:
        await call(
            changed(
                settings,
                openai_base_url=speaking.url,
                openai_api_key=SecretStr("shared"),
                openai_llm_base_url=thinking.url,
            )
        )
    assert set(speaking.keys) == {"Bearer shared"}
    assert set(thinking.keys) == {"Bearer local"}


@pytest.mark.promise(
    "Settings",
    "A key goes to the server it was given for and to no other.",
)
async def test_each_server_gets_its_own_key(settings: Settings) -> None:
    async with open_listener() as thinking, open_listener() as speaking:
        await call(
            changed(
                settings,
                openai_llm_base_url=thinking.url,
                openai_llm_api_key=SecretStr("model"),
                openai_tts_base_url=speaking.url,
                openai_tts_api_key=SecretStr("voice"),
                openai_api_key=SecretStr("shared"),
            )
        )
    assert set(speaking.keys) == {"Bearer voice"}
    assert set(thinking.keys) == {"Bearer model"}


@pytest.mark.promise(
    "Settings",
    "A key goes to the server it was given for and to no other.",
)
async def test_a_key_does_not_follow_a_redirect_to_another_server(settings: Settings) -> None:
    async with open_listener() as other, open_listener(redirect_to(other.url)) as first:
        await call(changed(settings, openai_base_url=first.url, openai_api_key=SecretStr("shared")))
    assert set(first.keys) == {"Bearer shared"}
    assert other.keys and set(other.keys) == {""}


@pytest.mark.promise("Settings", "A key goes to the address it was given for and nowhere else.")
async def test_what_the_sdk_reads_by_itself_goes_nowhere(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "of-openai")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Key: of-openai")
    assert len(prepare_environment(settings)) == 4
    async with open_listener() as other:
        await call(changed(settings, openai_base_url=other.url))
    assert other.keys
    assert "of-openai" not in other.headers


def test_the_prompt_that_ships_tells_the_model_that_it_speaks(settings: Settings) -> None:
    assert "spoken aloud" in system_prompt(settings)


async def test_the_model_is_told_what_the_prompt_file_says_and_nothing_else(
    settings: Settings,
) -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.chat(*fake_openai.text("Hello.")) for _ in range(2)]
        configured = changed(settings, openai_base_url=fake.base_url)
        runtime = ToolRuntime(tools=TOOLS, resources={})
        model = build_language_model(configured, tools=runtime)
        context = LLMContext(tools=list(runtime.function_schemas()))
        context.add_message({"role": "user", "content": "Hello?"})
        # Tools are registered with the first context: the second request would tell of it.
        await run_test(model, frames_to_send=[LLMContextFrame(context), LLMContextFrame(context)])
        await runtime.aclose()
    for request in fake.requests:
        system = [one for one in request["messages"] if one["role"] in ("system", "developer")]
        assert [one["content"] for one in system] == [system_prompt(configured)]
        assert request["tools"]


def test_every_vendor_is_built_with_what_is_set_for_it() -> None:
    keys = {f"{name}_api_key": f"key-{name}" for name in ("openai", "anthropic", "cartesia")}
    given = keys | {
        "speech_to_text": "openai",
        "language_model": "anthropic",
        "text_to_speech": "cartesia",
        "language": "de",
        "cartesia_voice": "somebody",
        "language_model_patience_secs": 7.0,
    }
    built = kept(given)
    assert built["speech_to_text"] == {
        "api_key": "key-openai",
        "base_url": "https://api.openai.com/v1",
        "model": "gpt-transcribe",
        "language": "de",
        "numerals": GERMAN.numerals,
        "patience_secs": 4.0,
    }
    assert built["text_to_speech"] == {
        "api_key": "key-cartesia",
        "base_url": "wss://api.cartesia.ai/tts/websocket",
        "shelf": None,
        "model": "sonic-3.6",
        "voice": "somebody",
        "language": "de",
        "patience_secs": 2.0,
    }
    model = built["language_model"]
    assert (model["api_key"], model["patience_secs"]) == ("key-anthropic", 7.0)
    assert model["system_instruction"] == system_prompt(Settings.model_validate(given))
    assert "German" in model["system_instruction"]
    assert model["excuses"] is GERMAN.excuses


@pytest.mark.promise("Settings", "A key goes to the address it was given for and nowhere else.")
@pytest.mark.promise(
    "Fallback",
    "A fallback is asked with its own key at its own address.",
)
def test_a_fallback_is_built_with_its_own_key_after_the_first() -> None:
    given = {
        "deepgram_api_key": "first",
        "speech_to_text_fallback": "local",
        "local_base_url": "http://127.0.0.1:5",
        "openai_api_key": "first",
        "language_model_fallback": "google",
        "google_api_key": "second",
        "text_to_speech_fallback": "deepgram",
        "language": "de",
    }
    settings = Settings.model_validate(given)
    hearing, thinking, speaking = all_built(settings)
    assert isinstance(hearing, Pair)
    assert isinstance(thinking, Pair)
    assert isinstance(speaking, Pair)
    # The local recogniser is asked for the language that it knows.
    languages = [one.given["language"] for one in halves(hearing)]
    assert languages == ["de", "en"]
    numerals = [one.given["numerals"] for one in (hearing, *halves(hearing))]
    assert numerals == [GERMAN.numerals] * 3
    keys = [one.given["api_key"] for one in halves(thinking)]
    assert keys == ["first", "second"]
    assert halves(speaking)[1].given["base_url"] == "https://api.deepgram.com"


@pytest.mark.promise(
    "Languages",
    "With several languages a voice is told none, and finds out.",
)
def test_a_voice_that_may_speak_several_languages_finds_out_by_itself() -> None:
    built = kept({"cartesia_api_key": "key", "text_to_speech": "cartesia", "language": "multi"})
    assert built["text_to_speech"]["language"] == ""
    assert built["language_model"]["system_instruction"].endswith("speaks to you.")


@pytest.mark.promise("Text-to-speech", "A reply is spoken ahead by the voice that is set.")
@pytest.mark.parametrize("fallback", [{}, {"language_model_fallback": "local"}])
async def test_the_model_has_its_speech_made_by_the_voice(fallback: dict[str, str]) -> None:
    settings = Settings.model_validate({"openai_api_key": "key"} | fallback)
    voice = build_text_to_speech(settings)
    model = build_language_model(
        settings, tools=no_tools(), voice=voice, vendors=stand_in_vendors()
    )
    models = halves(model) if isinstance(model, Pair) else [model]
    assert all(one.given["voice"] is voice for one in models)
    await voice.cleanup()


def test_both_models_call_the_same_tools() -> None:
    given = {"openai_api_key": "first", "language_model_fallback": "local"}
    model = build_language_model(
        Settings.model_validate(given), tools=no_tools(), vendors=stand_in_vendors()
    )
    assert isinstance(model, Pair)
    assert isinstance(model, ToolTurns)
    assert all(isinstance(one, ToolCalls) for one in (model.first, model.second))


def test_no_call_waits_for_the_import_of_its_services() -> None:
    """The process that bots are forked from has loaded them."""
    program = (
        "import sys; from bot.worker import preload; rooms = 'speech_to_text.deepgram', "
        "'language_model.openai', 'text_to_speech.openai'; "
        "print(all(f'processors.{room}' in sys.modules for room in rooms))"
    )
    done = subprocess.run(
        (sys.executable, "-c", program), cwd=PROJECT_ROOT, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1:] == ["True"], done.stderr


def all_built(settings: Settings) -> tuple[object, object, object]:
    vendors = stand_in_vendors()
    return (
        build_speech_to_text(settings, vendors=vendors),
        build_language_model(settings, tools=no_tools(), vendors=vendors),
        build_text_to_speech(settings, vendors=vendors),
    )


def kept(given: Mapping[str, object]) -> dict[str, dict[str, Any]]:
    """Return what the stand-in of each stage was built with."""
    built = all_built(Settings.model_validate(given))
    names = ("speech_to_text", "language_model", "text_to_speech")
    services = (cast("KeptService | KeptModel", one) for one in built)
    return {name: one.given for name, one in zip(names, services, strict=True)}


def halves(pair: Pair) -> list[KeptService | KeptModel]:
    return [cast("KeptService | KeptModel", one) for one in (pair.first, pair.second)]
