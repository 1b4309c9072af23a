"""What a bot's job knows of its session, by what its dispatch was told."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.rooms.plan import RoomMetadata, caller_identity_of, is_session_id

_MOST_NAME_CHARS = 200
"""Of a room that is not ours: with its id it fits the store's column and the bot's identity."""


@dataclass(frozen=True, kw_only=True)
class JobPlan:
    """What a bot's job knows of its session."""

    session_id: str
    is_parked: bool = False
    caller_identity: str | None = None
    """None if any person may be the caller: the bot was dispatched by somebody else's program."""
    takeover: int = 0
    """So many bots were lost in this call before; 0: it begins."""
    given_by: str | None = None
    """The job of the bot that hands its call over; None if none does."""
    given_caller: str | None = None
    """Whom it is held with, in whoever's room; nothing else is known of them by that."""
    instead_of: str | None = None
    """LiveKit's id of a bot that is gone, which it goes on listing: it is in nobody's way."""

    @staticmethod
    def from_job(metadata: str, *, room_name: str, room_sid: str) -> JobPlan:
        """Read a dispatch's metadata; without ours the room stands for the session.

        Not by its name alone: the next room of that name has other callers.
        """
        fields = RoomMetadata.from_json(metadata)
        if not is_session_id(fields.session_id):
            # Its callers may have chosen the name, and it is in every line of the log.
            name = "".join(one if one.isprintable() else "_" for one in room_name)
            plan = JobPlan(session_id=f"{name[:_MOST_NAME_CHARS]}.{room_sid}")
            if fields.session_id != plan.session_id:
                return plan
            # The bot that has the call has sent for this one, or whoever saw it lost.
            return replace(
                plan,
                given_by=fields.given_by,
                given_caller=fields.given_caller,
                takeover=fields.takeovers,
            )
        return JobPlan(
            session_id=fields.session_id,
            is_parked=fields.is_parked,
            caller_identity=caller_identity_of(fields.session_id),
            takeover=fields.takeovers,
            given_by=fields.given_by,
            given_caller=fields.given_caller,
            instead_of=fields.instead_of,
        )
