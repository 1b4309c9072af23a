"""The voices' suite runs on a clock that jumps: faults that take seconds cost none."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.services.text_to_speech.voices import Voice
from tests.virtual_time import VirtualTimePolicy


@pytest.fixture
def event_loop_policy(request: pytest.FixtureRequest) -> asyncio.AbstractEventLoopPolicy:
    """Have pytest-asyncio make such loops."""
    params: dict[str, Any] = request.node.callspec.params if "voice" in _names(request) else {}
    voice: Voice | None = params.get("voice")
    is_real = voice is None or voice.needs_real_time
    return asyncio.DefaultEventLoopPolicy() if is_real else VirtualTimePolicy()


def _names(request: pytest.FixtureRequest) -> list[str]:
    return list(request.fixturenames)
