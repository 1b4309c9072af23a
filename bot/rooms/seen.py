"""What a look at LiveKit's rooms shows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, NamedTuple

from bot.rooms.plan import RoomMetadata

START_SECS = 30.0
"""No start takes as long: a bot that has not come by then does not come any more."""


class BotState(Enum):
    """Where the bot of one room is."""

    ABSENT = "absent"
    STARTING = "starting"
    """In the room, not yet warm."""
    READY = "ready"


class BotSeen(NamedTuple):
    """What a look at a room's bot shows."""

    state: BotState
    end_reason: str | None = None
    """Why the call ends, if the bot says that it does."""
    usage: str = ""
    """What the bot reports that its session has used so far."""
    has_caller: bool = False
    """Whether somebody else is in the room."""


@dataclass(frozen=True, kw_only=True)
class RoomState:
    """One live room of ours."""

    room_name: str
    session_id: str
    is_parked: bool
    created_at: float
    """Unix seconds by LiveKit's clock."""
    is_admitted: bool = False
    """A start held a place for it; any other room was made by somebody's token."""
    end_reason: str | None = None
    """Why its session has ended, if it has: then only the room is left."""
    end_asked: str | None = None
    """Why its bot was asked to end it."""
    takeovers: int = 0
    """How many bots its call has lost."""
    is_recovering: bool = False
    """Another bot is on its way into it."""
    continues: str | None = None
    """The session that ended and whose talk goes on here."""
    network: str | None = None
    """Digest: whose share of the lines it is of; None: nobody's."""
    handed_out_at: int = 0
    """Unix seconds: when a start got it, if it had waited parked before."""

    @property
    def begun_at(self) -> float:
        """Since when it has been its session's, in Unix seconds."""
        return max(self.created_at, self.handed_out_at)

    def metadata(self, **changes: Any) -> RoomMetadata:
        """Return what its metadata says, but for what changes."""
        told = RoomMetadata(
            session_id=self.session_id,
            is_parked=self.is_parked,
            is_admitted=self.is_admitted,
            end_reason=self.end_reason,
            end_asked=self.end_asked,
            takeovers=self.takeovers,
            is_recovering=self.is_recovering,
            continues=self.continues,
            network=self.network,
            handed_out_at=self.handed_out_at,
        )
        return replace(told, **changes)


@dataclass(frozen=True, kw_only=True)
class Survey:
    """Our rooms at one moment."""

    live: list[RoomState]
    ends: dict[str, str]
    """Why sessions have ended, as their bots have left it, by session id."""
    usage: dict[str, str] = field(default_factory=dict[str, str])
    """What those sessions have used in all, as their bots have left it."""
