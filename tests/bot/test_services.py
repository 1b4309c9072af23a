from __future__ import annotations

from collections.abc import Callable

import pytest
from pipecat.frames.frames import LLMContextFrame
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.tests.utils import run_test
from pydantic import SecretStr

from bot.services import (
    Endpoint,
    build_language_model,
    build_text_to_speech,
    language_model_endpoint,
    speech_to_text_endpoint,
    system_prompt,
    text_to_speech_endpoint,
)
from bot.settings import Settings
from tests import fake_openai
from tests.fake_openai import open_fake_openai
from tools import TOOLS
from tools.runtime import ToolRuntime

_LOCAL_URL = "http://127.0.0.1:9/v1"


def changed(settings: Settings, **changes: object) -> Settings:
    return settings.model_copy(update=changes)


def test_a_key_alone_goes_to_the_vendor(settings: Settings) -> None:
    with_keys = changed(
        settings, openai_api_key=SecretStr("sk-1"), deepgram_api_key=SecretStr("dg-1")
    )
    assert language_model_endpoint(with_keys) == Endpoint("sk-1", "")
    assert text_to_speech_endpoint(with_keys) == Endpoint("sk-1", "")
    assert speech_to_text_endpoint(with_keys) == Endpoint("dg-1", "")


def test_a_base_url_alone_needs_no_key(settings: Settings) -> None:
    endpoint = language_model_endpoint(changed(settings, openai_base_url=_LOCAL_URL))
    assert endpoint.base_url == _LOCAL_URL
    assert endpoint.api_key


@pytest.mark.parametrize(
    ("field", "choose", "other"),
    [
        ("openai_llm_base_url", language_model_endpoint, text_to_speech_endpoint),
        ("openai_tts_base_url", text_to_speech_endpoint, language_model_endpoint),
    ],
)
def test_a_base_url_of_its_own_wins_over_the_shared_one(
    settings: Settings,
    field: str,
    choose: Callable[[Settings], Endpoint],
    other: Callable[[Settings], Endpoint],
) -> None:
    shared = changed(settings, openai_base_url="http://127.0.0.1:1/v1", **{field: _LOCAL_URL})
    assert choose(shared).base_url == _LOCAL_URL
    assert other(shared).base_url == "http://127.0.0.1:1/v1"


async def test_the_clients_are_built_from_the_settings(settings: Settings) -> None:
    local = changed(
        settings, openai_base_url=_LOCAL_URL, openai_model="a-model", openai_voice="a-voice"
    )
    model = build_language_model(local)
    voice = build_text_to_speech(local)
    assert str(model._client.base_url).rstrip("/") == _LOCAL_URL  # pyright: ignore
    assert voice._settings.voice == "a-voice"  # pyright: ignore[reportPrivateUsage]
    await model.cleanup()
    await voice.cleanup()


def test_the_prompt_that_ships_tells_the_model_that_it_speaks(settings: Settings) -> None:
    assert "spoken aloud" in system_prompt(settings)


async def test_the_model_is_told_what_the_prompt_file_says_and_nothing_else(
    settings: Settings,
) -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.chat(*fake_openai.text("Hello.")) for _ in range(2)]
        configured = changed(settings, openai_base_url=fake.base_url)
        runtime = ToolRuntime(tools=TOOLS, resources={})
        model = build_language_model(configured)
        model.use_tools(runtime)
        context = LLMContext(tools=list(runtime.function_schemas()))
        context.add_message({"role": "user", "content": "Hello?"})
        # Tools are registered with the first context: the second request would tell of it.
        await run_test(model, frames_to_send=[LLMContextFrame(context), LLMContextFrame(context)])
        await runtime.aclose()
    for request in fake.requests:
        system = [one for one in request["messages"] if one["role"] in ("system", "developer")]
        assert [one["content"] for one in system] == [system_prompt(configured)]
        assert request["tools"]
