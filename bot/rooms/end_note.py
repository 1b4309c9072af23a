"""What is left of a session once its room is gone: a note that it has ended, and why.

LiveKit forgets a deleted room, and its webhook may lead nowhere. So the bot leaves the reason in
the metadata of a second room that nobody enters and that LiveKit removes by itself. Every runner
can read it, also one that was started later, as long as a token can open the session's room.
"""

from __future__ import annotations

from livekit.protocol.agent_dispatch import RoomAgentDispatch
from livekit.protocol.room import CreateRoomRequest

from bot.rooms.plan import RoomMetadata, session_id_of_room
from bot.rooms.tokens import TOKEN_TTL_SECS

_SUFFIX = ".ended"
# LiveKit renews the token of a caller who is connected, for as long as a new one lasts.
_KEPT_SECS = TOKEN_TTL_SECS + 60


def end_note_name(room_name: str) -> str:
    """Return the name of the note about a session's room."""
    return room_name + _SUFFIX


def session_id_of_end_note(name: str, *, agent_name: str) -> str | None:
    """Return whose note this is; None if the room is none of our notes."""
    room_name = name.removesuffix(_SUFFIX)
    return session_id_of_room(room_name, agent_name=agent_name) if room_name != name else None


def create_end_note_request(
    room_name: str, *, session_id: str, reason: str, usage: str = ""
) -> CreateRoomRequest:
    """Return what leaves the note, with what the session has used."""
    name = end_note_name(room_name)
    return CreateRoomRequest(
        name=name,
        metadata=RoomMetadata(
            session_id=session_id, end_reason=reason, usage=usage or None
        ).to_json(),
        empty_timeout=_KEPT_SECS,
        max_participants=1,
        # Without a name LiveKit would send every worker that has none.
        agents=[RoomAgentDispatch(agent_name=name)],
    )
