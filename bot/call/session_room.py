"""The room as a session needs it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from livekit import rtc

from bot.call.ear import Ear
from bot.settings import Settings


class SessionRoom(Protocol):
    """The room as its owner, the job, offers it to the session."""

    @property
    def room(self) -> rtc.Room:
        """The room, not yet connected."""
        ...

    @property
    def is_replaced(self) -> bool:
        """Whether the call is another bot's by now or soon, with all that is known of it."""
        ...

    async def has_other_bot(self) -> bool:
        """Tell whether another bot is in it."""
        ...

    async def send_for_next(self, *, caller: str) -> None:
        """Send for the bot that is to be given this one's call, which is held with `caller`.

        Raises:
            RoomError: LiveKit does not take it.
        """
        ...

    def ear(self, settings: Settings) -> AbstractAsyncContextManager[Ear]:
        """Listen to the call that this bot is to be given."""
        ...

    def let_be(self) -> None:
        """Leave the room to the bot that is in it."""
        ...

    async def leave(self) -> None:
        """Leave it as it is, for another bot."""
        ...

    def abandon(self, why: str) -> None:
        """Be gone at once, as another bot has the call."""
        ...

    async def connect(self) -> None:
        """Join it."""
        ...

    async def delete(self, *, reason: str, usage: str = "") -> None:
        """Write down why, and what it used, and put everybody out; a room that is gone is fine."""
        ...
