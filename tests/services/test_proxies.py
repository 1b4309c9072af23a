"""Every vendor that answers or speaks is reached through the proxy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from pipecat.frames.frames import LLMContextFrame, TTSSpeakFrame
from pipecat.processors.aggregators.llm_context import LLMContext

from bot.call.services import build_language_model, build_text_to_speech
from bot.settings import Settings
from bot.stages.vendor import LOCAL
from bot.stages.vendors import VENDORS
from tests.fake_pipeline import open_fake_pipeline
from tests.waiting import until
from tools.runtime.runtime import ToolRuntime

STAGES = ("language_model", "text_to_speech")
ASKED = [
    (one.kind.field, one.name) for one in VENDORS if one.kind.field in STAGES and one.name != LOCAL
]


@asynccontextmanager
async def open_proxy(lines: list[str]) -> AsyncGenerator[str]:
    """Keep the first line of each request, and hang up."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append((await reader.readline()).decode())
        writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.promise(
    "Settings", "Each vendor of an answer is reached through the proxy that is set."
)
@pytest.mark.parametrize(("stage", "vendor"), ASKED)
async def test_each_vendor_is_reached_through_the_proxy(
    monkeypatch: pytest.MonkeyPatch, stage: str, vendor: str
) -> None:
    async def is_asked() -> bool:
        return any("vendor.example" in line for line in lines)

    lines: list[str] = []
    given = {stage: vendor, f"{vendor}_api_key": "key"}
    given[f"{vendor}_base_url"] = "http://vendor.example/v1"
    settings = Settings.model_validate(given)
    async with open_proxy(lines) as proxy:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy)
        runtime = ToolRuntime(tools=[], resources={})
        is_model = stage == "language_model"
        service = (
            build_language_model(settings, tools=runtime)
            if is_model
            else build_text_to_speech(settings)
        )
        async with open_fake_pipeline(service) as pipeline:
            context = LLMContext([{"role": "user", "content": "Hi."}])
            await pipeline.send(LLMContextFrame(context) if is_model else TTSSpeakFrame("Hi."))
            await until(is_asked)
