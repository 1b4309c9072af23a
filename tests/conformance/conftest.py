"""A room with a stage bot and a caller in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from livekit.api import AccessToken, VideoGrants

from bot.livekit.server import LiveKitServer
from bot.rooms.plan import RoomPlan, new_session_id
from bot.rooms.tokens import Caller, Tokens
from tests.conformance.listener import Listener
from tests.conformance.stage_bot import StageBot


@pytest.fixture
def plan() -> RoomPlan:
    """Return the plan of a room of its own."""
    return RoomPlan(agent_name="stage", session_id=new_session_id())


@pytest.fixture
def caller_token(livekit_server: LiveKitServer, plan: RoomPlan) -> str:
    """Return the token our runner would give the caller."""
    tokens = Tokens(
        api_key=livekit_server.api_key,
        api_secret=livekit_server.api_secret,
        session_max_secs=60,
    )
    return tokens.for_caller(plan, caller=Caller()).jwt


@pytest.fixture
def observer_token(livekit_server: LiveKitServer, plan: RoomPlan) -> str:
    """Return the token of somebody who only listens, but may send data."""
    key, secret = livekit_server.api_key, livekit_server.api_secret.get_secret_value()
    grants = VideoGrants(
        room_join=True, room=plan.room_name, can_publish=False, can_publish_data=True
    )
    return AccessToken(key, secret).with_identity("observer").with_grants(grants).to_jwt()


@pytest.fixture
async def stage_bot(livekit_server: LiveKitServer, plan: RoomPlan) -> AsyncIterator[StageBot]:
    """Open a bot in the plan's room."""
    async with StageBot(
        server=livekit_server, room_name=plan.room_name, caller_identity=plan.caller_identity
    ) as bot:
        yield bot


@pytest.fixture
async def caller(
    livekit_server: LiveKitServer, stage_bot: StageBot, caller_token: str
) -> AsyncIterator[Listener]:
    """Open the caller, with the bot already there."""
    async with Listener(url=livekit_server.url, token=caller_token) as caller:
        await caller.until(lambda: caller.agent is not None)
        stage_bot.audience.tell(lambda to: to.began())
        yield caller
