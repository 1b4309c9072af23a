"""The voices' suite runs on a clock that jumps: faults that take seconds cost none."""

from __future__ import annotations

import asyncio

import pytest

from tests.virtual_time import VirtualTimePolicy


@pytest.fixture
def event_loop_policy(request: pytest.FixtureRequest) -> asyncio.AbstractEventLoopPolicy:
    """Have pytest-asyncio make such loops."""
    is_of_voice = "voice" in _names(request)
    return VirtualTimePolicy() if is_of_voice else asyncio.DefaultEventLoopPolicy()


def _names(request: pytest.FixtureRequest) -> list[str]:
    return list(request.fixturenames)
