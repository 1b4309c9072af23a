"""Where the page is looked at: our server without a key, and a Chromium that speaks a WAV."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser

from bench.keyless import NO_PROVIDERS
from bench.stage import Stage, open_stage
from bench.subjects import Ours, open_subject
from tests.installed_browser import open_chromium, speaking


@dataclass(frozen=True, kw_only=True)
class PageStage:
    """What stands while a page is looked at."""

    stage: Stage
    subject: Ours
    browser: Browser


@asynccontextmanager
async def open_page_stage(microphone: Path) -> AsyncGenerator[PageStage]:
    """Start all of it.

    Args:
        microphone: A WAV file, which begins again when it is over.
    """
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(open_stage())
        product = open_subject("ours", stage, environment=NO_PROVIDERS)
        subject = await stack.enter_async_context(product)
        assert isinstance(subject, Ours)
        browser = await stack.enter_async_context(open_chromium(*speaking(microphone)))
        yield PageStage(stage=stage, subject=subject, browser=browser)
