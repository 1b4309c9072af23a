"""What the room of a session looks like: its name, metadata, limits and dispatch.

The same plan is sent to LiveKit when we create the room and when a token creates it.
"""

from __future__ import annotations

import json
import math
import re
import secrets
from dataclasses import dataclass
from typing import cast

from livekit.protocol.agent_dispatch import RoomAgentDispatch
from livekit.protocol.room import CreateRoomRequest, RoomConfiguration

MAX_PARTICIPANTS = 3
"""The caller and two listeners; bots do not count."""
DEPARTURE_MARGIN_SECS = 15
"""LiveKit keeps a room without its caller for longer than the bot waits, which ends it."""
JOIN_LIMIT_SECS = 20.0
"""How long a line is kept for a caller on the way: a page joins as soon as it has its token."""
EMPTY_TIMEOUT_SECS = 45
"""A started room nobody enters, if no runner is left that would end it sooner."""
PARKED_EMPTY_TIMEOUT_SECS = 300
PERSON_ATTRIBUTE = "parley.person"
"""Of a caller, by whom the runner knows them; the API takes no attribute of that name."""

MOST_TAKEOVERS = 3
"""The bot after that says goodbye."""
RECOVERY_FAILED = "error"
"""The reason of an end after too many."""

_TEXTS = (
    *("end_reason", "end_asked", "usage", "continues", "network"),
    *("given_by", "given_caller", "instead_of"),
)
_SESSION_ID_BYTES = 10
SESSION_ID_PATTERN = "^[0-9a-f]{20}$"
_SESSION_ID = re.compile(SESSION_ID_PATTERN)


def new_session_id() -> str:
    """Return an id nobody can guess."""
    return secrets.token_hex(_SESSION_ID_BYTES)


def is_session_id(text: str) -> bool:
    """Tell whether `text` has the form of our session ids."""
    return _SESSION_ID.fullmatch(text) is not None


@dataclass(frozen=True, kw_only=True)
class RoomMetadata:
    """The JSON in a room's metadata."""

    session_id: str
    is_parked: bool = False
    """A bot waits in it and no caller has it yet."""
    is_admitted: bool = False
    """A start held a place for its session."""
    end_reason: str | None = None
    end_asked: str | None = None
    """Why the runner wants the bot to say goodbye; its call still lives."""
    usage: str | None = None
    """What the session has used in all, as its bot reports it; in the note about its end."""
    takeovers: int = 0
    """How many bots have been lost in the middle of its call."""
    is_recovering: bool = False
    """Its bot is lost, and another one is on its way."""
    given_by: str | None = None
    """Of a dispatch: the job of the bot that hands its call over."""
    given_caller: str | None = None
    """Beside it: whom that call is held with."""
    instead_of: str | None = None
    """LiveKit's id of a bot that is gone, which it goes on listing."""
    continues: str | None = None
    """The session that ended and whose talk goes on here."""
    network: str | None = None
    """Digest: whose share of the lines its session is of; None: nobody's."""
    handed_out_at: int = 0
    """Unix seconds by LiveKit's clock: when a start got this room, which had waited parked."""

    def to_json(self) -> str:
        """Return the wire form; what is not so is left out."""
        fields: dict[str, object] = {"session_id": self.session_id}
        names = ("is_parked", "is_admitted", "takeovers", "handed_out_at", "is_recovering", *_TEXTS)
        fields |= {name: value for name in names if (value := getattr(self, name))}
        return json.dumps(fields)

    @staticmethod
    def from_json(text: str) -> RoomMetadata:
        """Read the wire form; anything unreadable becomes empty fields."""
        try:
            parsed: object = json.loads(text or "{}")
        except ValueError:
            parsed = {}
        fields = cast("dict[str, object]", parsed) if isinstance(parsed, dict) else {}
        return RoomMetadata(
            session_id=str(fields.get("session_id", "")),
            is_parked=fields.get("is_parked") is True,
            is_admitted=fields.get("is_admitted") is True,
            takeovers=_count(fields.get("takeovers")),
            is_recovering=fields.get("is_recovering") is True,
            handed_out_at=_count(fields.get("handed_out_at")),
            **{name: _text(fields.get(name)) for name in _TEXTS},
        )


@dataclass(frozen=True, kw_only=True)
class RoomPlan:
    """One room that is to be."""

    agent_name: str
    session_id: str
    is_parked: bool = False
    is_admitted: bool = False
    empty_timeout_secs: int = EMPTY_TIMEOUT_SECS
    resume_secs: float = 60.0
    """How long its session waits for a caller who is gone."""
    takeover: int = 0
    """The bot that is sent for is the so many-th to take over from one that was lost."""
    given_by: str | None = None
    """The bot that is sent for is handed the call by the bot of this job, which is well."""
    given_caller: str | None = None
    """Whom it is held with."""
    instead_of: str | None = None
    """LiveKit's id of a bot that is gone, which it goes on listing."""
    continues: str | None = None
    """The session that ended and whose talk goes on here."""
    network: str | None = None
    """Digest: whose share of the lines its session is of; None: nobody's."""

    @property
    def room_name(self) -> str:
        return f"{self.agent_name}-{self.session_id}"

    @property
    def metadata(self) -> str:
        return RoomMetadata(
            session_id=self.session_id,
            is_parked=self.is_parked,
            is_admitted=self.is_admitted,
            continues=self.continues,
            network=self.network,
            takeovers=self.takeover,
            is_recovering=self.takeover > 0,
        ).to_json()

    @property
    def caller_identity(self) -> str:
        return caller_identity_of(self.session_id)

    @property
    def job_metadata(self) -> str:
        """What the bot's job is told."""
        told: dict[str, object] = {"session_id": self.session_id, "is_parked": self.is_parked}
        if self.takeover:
            told["takeovers"] = self.takeover
        who = ("given_by", "given_caller", "instead_of")
        return json.dumps(told | {name: text for name in who if (text := getattr(self, name))})

    @property
    def _departure_timeout_secs(self) -> int:
        return math.ceil(self.resume_secs) + DEPARTURE_MARGIN_SECS

    def dispatch(self) -> RoomAgentDispatch:
        """Return the explicit dispatch of our bot."""
        return RoomAgentDispatch(agent_name=self.agent_name, metadata=self.job_metadata)

    def create_request(self) -> CreateRoomRequest:
        """Return what creates the room and dispatches the bot at once."""
        return CreateRoomRequest(
            name=self.room_name,
            metadata=self.metadata,
            max_participants=MAX_PARTICIPANTS,
            empty_timeout=self.empty_timeout_secs,
            departure_timeout=self._departure_timeout_secs,
            agents=[self.dispatch()],
        )

    def configuration(self) -> RoomConfiguration:
        """Return the same for a token whose holder creates the room by joining, but without a bot.

        Who holds it could join again and again: the runner sends the bot, once it has admitted
        the session.
        """
        return RoomConfiguration(
            metadata=self.metadata,
            max_participants=MAX_PARTICIPANTS,
            empty_timeout=self.empty_timeout_secs,
            departure_timeout=self._departure_timeout_secs,
        )


def session_id_of_room(room_name: str, *, agent_name: str) -> str | None:
    """Return the session of one of our rooms; None if the room is not ours."""
    prefix = f"{agent_name}-"
    session_id = room_name.removeprefix(prefix)
    is_ours = room_name.startswith(prefix) and is_session_id(session_id)
    return session_id if is_ours else None


def caller_identity_of(session_id: str) -> str:
    """Return the identity LiveKit knows a session's caller by."""
    return f"caller-{session_id}"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
