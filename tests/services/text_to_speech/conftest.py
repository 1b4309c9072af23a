"""The voices' suite runs on a clock that jumps: faults that take seconds cost none."""

from __future__ import annotations

import asyncio

import pytest
from typing_extensions import override

from tests.services.text_to_speech.voices import Voice
from tests.virtual_time import VirtualTimeLoop


class _Policy(asyncio.DefaultEventLoopPolicy):
    @override
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return VirtualTimeLoop()


@pytest.fixture
def event_loop_policy(request: pytest.FixtureRequest) -> asyncio.AbstractEventLoopPolicy:
    """Have pytest-asyncio make such loops."""
    voice: Voice | None = request.node.callspec.params.get("voice")
    is_real = voice is not None and voice.needs_real_time
    return asyncio.DefaultEventLoopPolicy() if is_real else _Policy()
