"""What goes to each vendor's server from a model that is built as for a call."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pipecat.frames.frames import (
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    MetricsFrame,
)
from pipecat.metrics.metrics import LLMUsageMetricsData, TTFBMetricsData
from pipecat.processors.aggregators.llm_context import LLMContext

from bot.call.services import build_language_model, system_prompt
from bot.settings import Settings
from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tests.fake_room import settle
from tests.services.language_model.dialects import ANTHROPIC, GOOGLE, OPENAI, Vendor
from tests.tools.sample_tools import look_up
from tests.unkind_server import Answer, UnkindServer, chunk, open_unkind_server, refused, sse
from tests.waiting import until
from tools.runtime.runtime import ToolRuntime

WORDS = "It is noon."
VENDORS = [OPENAI, ANTHROPIC, GOOGLE]
KEYS = {
    "openai": "authorization: bearer key-of-it",
    "anthropic": "x-api-key: key-of-it",
    "google": "x-goog-api-key: key-of-it",
}
PATHS = {
    "openai": "/v1/chat/completions",
    "anthropic": "/v1/messages",
    "google": "/v1beta/models/some-model:streamGenerateContent",
}
USED = {"openai": (9, 3), "anthropic": (9, 5), "google": (9, 3)}
"""Tokens that the stand-ins tell of, asked and answered."""


def settings_for(vendor: Vendor, server: UnkindServer, **more: object) -> Settings:
    is_openai = vendor.name == "openai"
    address = server.base_url if is_openai else server.base_url.removesuffix("/v1")
    given: dict[str, object] = {
        "language_model": vendor.name,
        f"{vendor.name}_api_key": "key-of-it",
        f"{vendor.name}_base_url": address,
        f"{vendor.name}_model": "some-model",
        "language": "de",
        "max_reply_tokens": 777,
        **more,
    }
    return Settings.model_validate(given)


def caller_says() -> LLMContextFrame:
    messages: list[Any] = [
        {"role": "assistant", "content": "Hallo."},
        {"role": "user", "content": "Wie spät ist es?"},
    ]
    runtime = ToolRuntime(tools=[look_up], resources={})
    return LLMContextFrame(LLMContext(messages, tools=list(runtime.function_schemas())))


@asynccontextmanager
async def open_model(vendor: Vendor, *answers: Answer) -> AsyncGenerator[tuple[Any, UnkindServer]]:
    async with open_unkind_server() as server:
        server.endpoints = (vendor.endpoint,)
        server.answers = list(answers)
        runtime = ToolRuntime(tools=[look_up], resources={})
        yield build_language_model(settings_for(vendor, server), tools=runtime), server
        await runtime.aclose(grace_secs=0.1)


async def answered(pipeline: FakePipeline, replies: int = 1) -> None:
    await pipeline.send(caller_says())
    await pipeline.until_down(LLMFullResponseEndFrame, replies)
    await pipeline.settle()


@pytest.fixture(params=VENDORS, ids=lambda vendor: vendor.name)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    return request.param


@pytest.mark.promise(
    "Language model",
    "Each vendor is asked with its key, its model, the system prompt, the conversation and the "
    "tools, and nothing else decides how it answers.",
)
@pytest.mark.promise("Cost", "How long an answer may be is told to each model.")
async def test_each_vendor_is_asked_for_what_is_set(vendor: Vendor) -> None:
    async with open_model(vendor, vendor.wire.text(WORDS)) as (model, server):
        async with open_fake_pipeline(model) as pipeline:
            await answered(pipeline)
        (asked,), (head,) = server.requests, server.heads
        prompt = system_prompt(settings_for(vendor, server))
    assert head.startswith(f"POST {PATHS[vendor.name]}")
    assert KEYS[vendor.name] in head.lower()
    if vendor.name != "google":
        # Google's is part of the address.
        assert (asked.pop("model"), asked.pop("stream")) == ("some-model", True)
    EXPECTED[vendor.name](asked, prompt)


def _expect_openai(asked: dict[str, Any], prompt: str) -> None:
    assert asked.pop("messages") == [
        {"role": "system", "content": prompt},
        {"role": "assistant", "content": "Hallo."},
        {"role": "user", "content": "Wie spät ist es?"},
    ]
    (tool,) = asked.pop("tools")
    assert tool["function"]["name"] == "look_up"
    assert tool["function"]["parameters"]["properties"]["number"]["type"] == "integer"
    # Without it, no server of this protocol tells what a reply has cost.
    assert asked == {"max_tokens": 777, "stream_options": {"include_usage": True}}


def _expect_anthropic(asked: dict[str, Any], prompt: str) -> None:
    (system,) = asked.pop("system")
    # The prompt is paid for once.
    assert system == {"type": "text", "text": prompt, "cache_control": {"type": "ephemeral"}}
    roles = [message["role"] for message in asked.pop("messages")]
    assert roles[-1] == "user"
    (tool,) = asked.pop("tools")
    assert tool["name"] == "look_up"
    assert tool["input_schema"]["properties"]["number"]["type"] == "integer"
    assert asked.pop("max_tokens") == 777
    assert asked.keys() <= {"betas"}


def _expect_google(asked: dict[str, Any], prompt: str) -> None:
    assert [part["text"] for part in asked.pop("systemInstruction")["parts"]] == [prompt]
    contents = asked.pop("contents")
    assert [one["role"] for one in contents][-1] == "user"
    assert contents[-1]["parts"] == [{"text": "Wie spät ist es?"}]
    (tools,) = asked.pop("tools")
    (tool,) = tools["functionDeclarations"]
    assert tool["name"] == "look_up"
    config = asked.pop("generationConfig")
    assert config.pop("maxOutputTokens") == 777
    assert config.keys() <= {"thinkingConfig"}
    assert asked == {}


EXPECTED = {
    "openai": _expect_openai,
    "anthropic": _expect_anthropic,
    "google": _expect_google,
}


def _with_usage(vendor: Vendor, *, is_last: bool) -> Answer:
    if vendor.name != "openai":
        return vendor.wire.text("It is ", "noon.")
    usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
    told = {**chunk(), "choices": [], "usage": usage}
    rest = [chunk({"content": "noon."}), chunk({}, finish="stop")]
    # OpenAI tells it at the end, some servers before the last words.
    return sse(chunk({"content": "It is "}), *([*rest, told] if is_last else [told, *rest]))


@pytest.mark.promise(
    "Language model",
    "What a reply has cost, and how long its first word took, is measured once for each reply.",
)
async def test_what_a_reply_costs_and_takes_is_measured_once(vendor: Vendor) -> None:
    replied = [_with_usage(vendor, is_last=is_last) for is_last in (True, False)]
    async with (
        open_model(vendor, vendor.wire.refused(500), *replied) as (model, _),
        open_fake_pipeline(model, has_metrics=True) as pipeline,
    ):
        for replies in (1, 2):
            await answered(pipeline, replies)
        metrics = [one for f in pipeline.down if isinstance(f, MetricsFrame) for one in f.data]
        usage = [one.value for one in metrics if isinstance(one, LLMUsageMetricsData)]
        first_words = [one for one in metrics if isinstance(one, TTFBMetricsData) and one.value > 0]
    # A request that was refused has cost nothing; Pipecat may say so.
    counted = [(one.prompt_tokens, one.completion_tokens) for one in usage if one.total_tokens]
    assert counted == [USED[vendor.name]] * 2
    assert len(first_words) == 2


@pytest.mark.promise(
    "Language model",
    "The connection to the model is open before the first reply, kept for the next ones, and "
    "closed at the end of the call.",
)
async def test_a_connection_is_there_before_it_is_needed_and_gone_after_the_call(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A machine that is busy may need longer to read the end of an answer.
    monkeypatch.setattr("processors.language_model.event_stream.DRAIN_SECS", 10.0)

    async def is_open() -> bool:
        return server.open_connections == server.answered == 1

    async def is_closed() -> bool:
        return server.open_connections == 0

    async with open_model(vendor, *[vendor.wire.text(WORDS)] * 2) as (model, server):
        async with open_fake_pipeline(model) as pipeline:
            await until(is_open)
            # The client has the answer too, and the connection is free.
            await settle()
            assert not server.requests
            for replies in (1, 2):
                await answered(pipeline, replies)
            assert server.connections == 1
        await until(is_closed)


async def test_a_reply_is_opened_and_closed_once_whatever_its_attempts(vendor: Vendor) -> None:
    answers = (refused(500), vendor.wire.text(WORDS))
    async with open_model(vendor, *answers) as (model, _), open_fake_pipeline(model) as pipeline:
        await answered(pipeline)
        marks = (LLMFullResponseStartFrame, LLMFullResponseEndFrame)
        assert [type(one) for one in pipeline.down if isinstance(one, marks)] == [*marks]
