"""Servers of others load their models before the first call; nothing waits for that."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from aiohttp import web

from bot.launch import free_port
from bot.settings import Settings
from bot.stages import first_load as module
from bot.stages.first_load import first_load
from tests.bot.provider_server import CHAT, Handler, Provider, hang, open_provider, refuse, token
from tests.log_lines import log_lines

_LIMIT_SECS = 30.0


@pytest.fixture
def lines() -> Iterator[list[str]]:
    with log_lines("bot.stages", line="{level} {message}") as kept:
        yield kept


def led_to(provider: Provider) -> Settings:
    return Settings.model_validate(provider.settings)


async def until_said(lines: list[str], words: str) -> str:
    async with asyncio.timeout(_LIMIT_SECS):
        while True:
            for line in lines:
                if words in line:
                    return line
            await asyncio.sleep(0.01)


async def test_one_word_of_model_and_voice_is_asked_for(lines: list[str]) -> None:
    async with open_provider() as provider, first_load(led_to(provider)):
        line = await until_said(lines, "language-model")
        await until_said(lines, "text-to-speech")
    assert line.startswith("INFO language-model: tiny at http://127.0.0.1")
    assert "first answer after" in line
    assert sorted(path for path, _ in provider.requests) == [
        "/v1/audio/speech",
        "/v1/chat/completions",
    ]


@pytest.mark.promise(
    "Language model", "A server of your own is asked for one word when the runner starts."
)
async def test_a_server_that_only_stands_in_is_asked_too(lines: list[str]) -> None:
    async with open_provider() as provider:
        given = {"openai_llm_base_url": provider.url, "language_model": "local"}
        given |= {"language_model_fallback": "openai", "openai_model": "tiny"}
        async with first_load(Settings.model_validate(given)):
            line = await until_said(lines, "language-model fallback")
    assert "first answer after" in line


@pytest.mark.parametrize("given", [{}, {"openai_api_key": "k", "deepgram_api_key": "k"}])
async def test_vendors_and_the_providers_that_stand_in_are_not_asked(
    given: dict[str, str], lines: list[str]
) -> None:
    async with first_load(Settings.model_validate(given)):
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1
    assert not lines


@pytest.mark.parametrize(
    ("answer", "name"), [(refuse(401), "Refusal"), (refuse(404), "Refusal"), (refuse(500), "Re")]
)
async def test_a_failure_is_a_warning_without_a_secret(
    answer: Handler, name: str, lines: list[str]
) -> None:
    async with open_provider({CHAT: answer}) as provider, first_load(led_to(provider)):
        line = await until_said(lines, "no answer yet")
    assert line.startswith("WARNING language-model")
    assert name in line and "private" not in line


async def test_a_server_that_hangs_does_not_hold_up_the_end(lines: list[str]) -> None:
    async with (
        open_provider({CHAT: hang}) as provider,
        asyncio.timeout(_LIMIT_SECS),
        first_load(led_to(provider)),
    ):
        await until_said(lines, "text-to-speech")
    assert not [line for line in lines if "language-model" in line]


@pytest.mark.promise(
    "Language model", "A server of your own is asked for one word when the runner starts."
)
async def test_a_server_that_still_loads_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, lines: list[str]
) -> None:
    monkeypatch.setattr(module, "_RETRY_SECS", 0.01)
    answers = [refuse(503), refuse(503), token]

    async def answer(request: web.Request) -> web.StreamResponse:
        return await answers.pop(0)(request)

    async with open_provider({CHAT: answer}) as provider, first_load(led_to(provider)):
        await until_said(lines, "language-model")
    assert not answers
    assert not [line for line in lines if line.startswith("WARNING")]


async def test_a_server_that_is_not_up_yet_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, lines: list[str]
) -> None:
    monkeypatch.setattr(module, "_RETRY_SECS", 0.01)
    settings = Settings(openai_llm_base_url=f"http://127.0.0.1:{free_port()}/v1")
    async with first_load(settings):
        await asyncio.sleep(0.1)
        assert not lines
