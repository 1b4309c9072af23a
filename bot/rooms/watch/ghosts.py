"""Bots that LiveKit goes on listing although they are gone, as the node of their room has died.

A LiveKit of several nodes lists who is in a room by what the room's node wrote down. One that dies
takes nobody out, and a node that has the room next only adds who joins there. Nobody would send
another bot: the one that is listed seems to be well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from bot.rooms.rooms import Rooms
from bot.rooms.watch.seen import BotSeen, RoomState

_ASK_EVERY_SECS = 30.0
"""For rooms whose caller does not come back to show it; a question costs LiveKit no more than a
look, of which there is one every 5 s."""
_BACK_SECS = 6.0
"""So long a bot tries to come back to a room that another node has by now
(`_RECONNECT_LIMIT_SECS` of bot/worker/job_room.py); two would take each other's place."""
_HELD_UP_SECS = 20.0
"""A node that hangs for ten seconds has all its calls afterwards (tried): its room stays there."""


@dataclass
class _Asked:
    at_secs: float
    missed_at_secs: float | None = None
    """Since when nobody has answered for the bot."""


class Ghosts:
    """Finds out which bots are gone, by asking after them where there is a doubt.

    Args:
        rooms: LiveKit's rooms.
    """

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._asked: dict[str, _Asked] = {}
        """By session."""

    def forget_others(self, session_ids: Iterable[str]) -> None:
        """Keep nothing of sessions but these."""
        kept = set(session_ids)
        self._asked = {key: asked for key, asked in self._asked.items() if key in kept}

    async def is_gone(self, room: RoomState, seen: BotSeen) -> bool:
        """Tell whether the bot that LiveKit lists is gone for good; it counts no more then."""
        if not seen.sid:
            return False
        now_secs = asyncio.get_running_loop().time()
        asked = self._asked.setdefault(room.session_id, _Asked(now_secs))
        # The node that has the room knows fewer of those who are listed.
        is_elsewhere = seen.publishers > room.publishers
        is_due = now_secs - asked.at_secs >= _ASK_EVERY_SECS
        if not (is_elsewhere or is_due or asked.missed_at_secs is not None):
            return False
        if await self._rooms.is_there(room.room_name, seen):
            self._asked[room.session_id] = _Asked(now_secs)
            return False
        if asked.missed_at_secs is None:
            asked.missed_at_secs = now_secs
        limit_secs = _BACK_SECS if is_elsewhere else _HELD_UP_SECS
        if now_secs - asked.missed_at_secs < limit_secs:
            return False
        self._rooms.count_no_more(room.room_name, seen.sid)
        del self._asked[room.session_id]
        return True
