"""Rooms and stand-in bots on the real LiveKit server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import pytest

from bot.livekit.server import LiveKitServer
from bot.rooms.plan import new_session_id
from bot.rooms.rooms import Rooms
from tests.bot.call.session_call import OpenCall, running_session
from tests.fake_bot import FakeBots
from tests.local_providers import LocalProviders


@pytest.fixture
def agent_name() -> str:
    """Return a name of its own for each test: rooms and bots of tests never mix."""
    return f"test{new_session_id()[:8]}"


@pytest.fixture
async def rooms(livekit_server: LiveKitServer, agent_name: str) -> AsyncIterator[Rooms]:
    """Open the rooms of one test and delete what it leaves."""
    async with Rooms(
        url=livekit_server.url,
        api_key=livekit_server.api_key,
        api_secret=livekit_server.api_secret,
        agent_name=agent_name,
    ) as rooms:
        yield rooms
        for state in await rooms.list_live():
            await rooms.delete(state.room_name)


@pytest.fixture
async def bots(livekit_server: LiveKitServer, agent_name: str) -> AsyncIterator[FakeBots]:
    """Register a worker for the test's agent name."""
    async with FakeBots(
        url=livekit_server.url,
        api_key=livekit_server.api_key,
        api_secret=livekit_server.api_secret.get_secret_value(),
        agent_name=agent_name,
    ) as bots:
        yield bots


@pytest.fixture
def open_call(
    livekit_server: LiveKitServer, local_providers: LocalProviders, rooms: Rooms, agent_name: str
) -> OpenCall:
    """Return what runs a whole session; its settings may be given."""
    return partial(running_session, livekit_server, local_providers, rooms, agent_name=agent_name)
