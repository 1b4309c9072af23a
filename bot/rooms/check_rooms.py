"""Rooms in which a page tries its line before a call: no bot, nobody else, gone after a minute.

They are no sessions: their names are none of a session's, so they take no line and nothing is
written down of them.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

from livekit.api import AccessToken, VideoGrants
from livekit.protocol.agent_dispatch import RoomAgentDispatch
from livekit.protocol.room import CreateRoomRequest
from loguru import logger
from pydantic import SecretStr

from bot.errors import RoomError
from bot.processes.task_set import TaskSet
from bot.rooms.rooms import Rooms

CHECK_TTL_SECS = 60
_FORGIVEN_SECS = 60
"""LiveKit takes a token that is older by so much, for clocks that differ (1.13.5)."""
_EMPTY_SECS = 20
_ID_BYTES = 10
_IDENTITY = "checker"


class CheckRooms:
    """Makes such rooms, and removes them.

    Args:
        rooms: Where.
        api_key: LiveKit's API key.
        api_secret: LiveKit's API secret.
        tasks: Owns the removing.
        agent_name: Their names begin with it.
    """

    def __init__(
        self,
        *,
        rooms: Rooms,
        api_key: str,
        api_secret: SecretStr,
        tasks: TaskSet,
        agent_name: str,
    ) -> None:
        self._rooms = rooms
        self._api_key = api_key
        self._api_secret = api_secret
        self._tasks = tasks
        self._agent_name = agent_name
        self._open: set[str] = set()

    async def open(self) -> str:
        """Make a room and return the token that opens it.

        Raises:
            RoomError: LiveKit makes none.
        """
        name = f"{self._agent_name}-{secrets.token_hex(_ID_BYTES)}.check"
        self._open.add(name)
        # Before it is there: an answer that comes late leaves no room behind.
        self._tasks.spawn(self._remove_in_time(name), name=f"check {name}")
        await self._rooms.create_bare(
            CreateRoomRequest(
                name=name,
                max_participants=1,
                empty_timeout=CHECK_TTL_SECS,
                departure_timeout=_EMPTY_SECS,
                # Without a name LiveKit would send every worker that has none.
                agents=[RoomAgentDispatch(agent_name=name)],
            )
        )
        return self.token_of(name)

    async def close(self) -> None:
        """Remove all of them."""
        await asyncio.gather(*(self._remove(name) for name in tuple(self._open)))

    def token_of(self, name: str) -> str:
        """Return what opens such a room."""
        expires_at = datetime.now(UTC) + timedelta(seconds=CHECK_TTL_SECS)
        grants = VideoGrants(
            room_join=True,
            room=name,
            can_publish=True,
            can_publish_sources=["microphone"],
            # There is nobody to hear, so that nobody can use it to be heard.
            can_subscribe=False,
            can_publish_data=False,
            can_update_own_metadata=False,
        )
        return (
            AccessToken(self._api_key, self._api_secret.get_secret_value())
            .with_identity(_IDENTITY)
            .with_kind("standard")
            .with_ttl(expires_at - datetime.now(UTC))
            .with_grants(grants)
            .to_jwt()
        )

    async def _remove_in_time(self, name: str) -> None:
        """Put out who is in it, and once more when the token opens nothing any longer.

        Until then it could bring the room back: LiveKit makes a room for whoever may join it.
        """
        for secs in (CHECK_TTL_SECS, _FORGIVEN_SECS + 1):
            await asyncio.sleep(secs)
            await self._remove(name)
        self._open.discard(name)

    async def _remove(self, name: str) -> None:
        try:
            await self._rooms.delete(name)
        except RoomError as error:
            logger.warning("{} could not be deleted: {}", name, error.message)
