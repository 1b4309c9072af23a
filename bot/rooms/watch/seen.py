"""What a look at LiveKit's rooms shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, NamedTuple

from livekit.protocol.models import ParticipantInfo, Room

from bot.rooms.end_note import session_id_of_end_note
from bot.rooms.plan import RoomMetadata, session_id_of_room
from bot.rooms.records import UNKNOWN_REASON
from bot.rooms.watch.worker_mark import END_REASON_ATTRIBUTE, is_our_bot

_AGENT_STATE = "lk.agent.state"
# The bot says `listening` first; a caller who is already there moves it on at once.
_READY_STATES = ("listening", "thinking", "speaking")
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
    """Whether somebody is in the room who is no agent."""
    sid: str = ""
    """LiveKit's id of this bot in this room: another one once it has joined again."""
    identity: str = ""
    publishers: int = 0
    """How many of those whom LiveKit lists have a track."""
    ghost: str = ""
    """LiveKit's id of one that is gone, which it goes on listing; the room's node may be dead."""


@dataclass(frozen=True, kw_only=True)
class RoomState:
    """One live room of ours."""

    room_name: str
    session_id: str
    is_parked: bool
    created_at: float
    """Unix seconds by LiveKit's clock."""
    sid: str = ""
    """LiveKit's id: another one once a room of this name is made anew."""
    is_bare: bool = False
    """It has no metadata. LiveKit has made it by itself: for a client that has come back to a
    LiveKit that was started anew, or for a request about a room that was gone by then."""
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
    instead_of: str | None = None
    """LiveKit's id of a bot that is gone, which it goes on listing."""
    continues: str | None = None
    """The session that ended and whose talk goes on here."""
    network: str | None = None
    """Digest: whose share of the lines it is of; None: nobody's."""
    handed_out_at: int = 0
    """By the same clock: when a start got it, if it had waited parked before."""
    publishers: int = 0
    """How many have a track, as the room's node has counted them: up to 5 s old."""

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
            instead_of=self.instead_of,
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


def bot_seen(there: Sequence[ParticipantInfo], *, ghost: str = "") -> BotSeen:
    """Return what a list of those who are in a room shows of its bot."""
    bots = [one for one in there if is_our_bot(one)]
    has_caller = any(one.kind != ParticipantInfo.Kind.AGENT for one in there)
    if not bots:
        return BotSeen(BotState.ABSENT, has_caller=has_caller, ghost=ghost)
    is_ready = any(bot.attributes.get(_AGENT_STATE) in _READY_STATES for bot in bots)
    reasons = [reason for bot in bots if (reason := bot.attributes.get(END_REASON_ATTRIBUTE))]
    return BotSeen(
        BotState.READY if is_ready else BotState.STARTING,
        reasons[0] if reasons else None,
        bots[0].metadata,
        has_caller,
        sid=bots[0].sid,
        identity=bots[0].identity,
        publishers=sum(one.is_publisher for one in there),
    )


def survey_of(rooms: Iterable[Room], *, agent_name: str) -> Survey:
    """Return what LiveKit's list says of our rooms, and of the ends that bots have noted."""
    survey = Survey(live=[], ends={})
    for room in rooms:
        metadata = RoomMetadata.from_json(room.metadata)
        if (session_id := session_id_of_room(room.name, agent_name=agent_name)) is not None:
            survey.live.append(_state(room, session_id, metadata))
        elif (session_id := session_id_of_end_note(room.name, agent_name=agent_name)) is not None:
            survey.ends[session_id] = metadata.end_reason or UNKNOWN_REASON
            survey.usage[session_id] = metadata.usage or ""
    return survey


def _state(room: Room, session_id: str, metadata: RoomMetadata) -> RoomState:
    return RoomState(
        room_name=room.name,
        session_id=session_id,
        is_parked=metadata.is_parked,
        created_at=float(room.creation_time),
        sid=room.sid,
        is_bare=not metadata.session_id,
        is_admitted=metadata.is_admitted,
        end_reason=metadata.end_reason,
        end_asked=metadata.end_asked,
        takeovers=metadata.takeovers,
        is_recovering=metadata.is_recovering,
        instead_of=metadata.instead_of,
        continues=metadata.continues,
        network=metadata.network,
        handed_out_at=metadata.handed_out_at,
        publishers=room.num_publishers,
    )
