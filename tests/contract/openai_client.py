"""OpenAI's unmodified SDK, pointed at the local providers."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from openai import AsyncOpenAI

from tests.local_providers import LocalProviders


@asynccontextmanager
async def opened(
    providers: LocalProviders, *, timeout_secs: float = 30.0
) -> AsyncGenerator[AsyncOpenAI]:
    """A client that does not retry, so that each error is seen."""
    async with AsyncOpenAI(
        api_key="local", base_url=providers.openai_url, max_retries=0, timeout=timeout_secs
    ) as client:
        yield client


def faults(**plan: Any) -> dict[str, str]:
    """Return the header that gives one request these faults."""
    return {"X-Faults": json.dumps(plan)}
