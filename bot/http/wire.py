"""Every HTTP body, in and out. Mirrored in `web/lib/api.ts`.

Text is bounded, and nothing here says more than it must. Unknown fields are refused in our own
calls; LiveKit's standard token request may hold more than we heed.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, AliasGenerator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from bot.plain_text import is_one_line
from bot.rooms.plan import SESSION_ID_PATTERN
from bot.rooms.tickets import MAX_TICKET_CHARS

# Keys that LiveKit's own conventions and ours give a meaning to.
_RESERVED_PREFIXES = ("lk.", "parley.")
_MOST = 16  # attributes, and agents


def _no_controls(text: str) -> str:
    if not is_one_line(text):
        raise PydanticCustomError("control_character", "must be one line of plain text")
    return text.strip()


def _without_reserved_keys(attributes: dict[str, str]) -> dict[str, str]:
    return {k: v for k, v in attributes.items() if not k.startswith(_RESERVED_PREFIXES)}


Name = Annotated[str, Field(max_length=64), AfterValidator(_no_controls)]
AttributeKey = Annotated[str, Field(min_length=1, max_length=64)]
AttributeValue = Annotated[str, Field(max_length=256)]
Attributes = Annotated[
    dict[AttributeKey, AttributeValue],
    Field(max_length=_MOST),
    AfterValidator(_without_reserved_keys),
]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ContinuedSession(_Request):
    """A session that has ended, by whoever held it."""

    session_id: Annotated[str, Field(pattern=SESSION_ID_PATTERN)]
    resume_ticket: Annotated[str, Field(min_length=1, max_length=MAX_TICKET_CHARS)] | None = None
    """Given with its start. Not needed by the person whom a proxy or an invite names as its own."""


class StartRequest(_Request):
    """Body of `POST /api/sessions`."""

    participant_name: Name | None = None
    join_code: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    wait: bool = False
    """If every line is busy, take a place in the waiting line."""
    continues: ContinuedSession | None = None
    """Begin with the memory of this one."""


class ResumeRequest(_Request):
    """Body of `POST /api/sessions/{id}/resume`."""

    resume_ticket: Annotated[str, Field(min_length=1, max_length=MAX_TICKET_CHARS)]


class RatingRequest(ResumeRequest):
    """Body of `POST /api/sessions/{id}/rating`."""

    is_good: bool
    comment: Annotated[str, Field(max_length=500), AfterValidator(_no_controls)] = ""


class _LiveKitRequest(BaseModel):
    """A message of LiveKit's in protobuf's JSON: either spelling, and fields we do not heed."""

    model_config = ConfigDict(
        extra="ignore",
        strict=True,
        frozen=True,
        alias_generator=AliasGenerator(
            validation_alias=lambda name: AliasChoices(name, to_camel(name))
        ),
    )


class AgentDispatchRequest(_LiveKitRequest):
    """One entry of `room_config.agents`."""

    agent_name: str | None = Field(default=None, max_length=64)


class RoomConfigRequest(_LiveKitRequest):
    """What a client may wish for its room: our bot, nothing else."""

    agents: Annotated[
        tuple[AgentDispatchRequest, ...] | None, Field(max_length=_MOST, strict=False)
    ] = None


class TokenRequest(_LiveKitRequest):
    """Body of `POST /api/token`: LiveKit's standard token endpoint.

    Every call has a room and an identity of its own, which the answer names; those that a client
    asks for are not heeded.
    """

    participant_name: Name | None = None
    participant_metadata: Annotated[str, Field(max_length=2048)] | None = None
    participant_attributes: Attributes | None = None
    room_config: RoomConfigRequest | None = None


class Caption(BaseModel):
    """One turn of the conversation, as it was heard."""

    who: Literal["caller", "bot"]
    text: str
    is_cut: bool = False


class StartAnswer(BaseModel):
    """Answer of `POST /api/sessions` and of `/resume`."""

    session_id: str
    room_name: str
    server_url: str
    participant_token: str
    expires_at: str
    """RFC 3339, UTC: until then the token opens the room."""
    resume_ticket: str
    """Brings the caller back to this session, and goes on with its talk when it has ended."""
    resume_secs: float
    """How long the session waits for a caller who is gone."""
    lived_secs: float | None = None
    """How long it has been the caller's, by the server's clock; None if nobody knows."""
    is_kept: bool
    """Whether its talk can be gone on with when it has ended."""
    captions: list[Caption] | None = None
    """What was said so far, or in the session that this one continues; None if nothing is kept."""


class WaitAnswer(BaseModel):
    """Answer of `POST /api/sessions` with status 202: ask again, with the same key."""

    place: int
    """1 is next."""
    kept_secs: int
    """Whoever does not ask for so long loses it."""


class TokenAnswer(BaseModel):
    """Answer of `POST /api/token`, in the spelling of protobuf's JSON and of JavaScript."""

    server_url: str
    participant_token: str
    room_name: str
    participant_name: str
    participant_identity: str
    session_id: str
    resume_ticket: str
    serverUrl: str
    participantToken: str
    roomName: str
    participantName: str
    participantIdentity: str
    sessionId: str
    resumeTicket: str


class StateAnswer(BaseModel):
    """Answer of `GET /api/sessions/{id}`."""

    state: Literal["starting", "live", "away", "recovering", "ended"]
    reason: str | None = None


class CheckAnswer(BaseModel):
    """Answer of `POST /api/check`."""

    server_url: str
    participant_token: str
    """Opens a room in which nobody is."""
    secs: int
    """So long it is there."""


class ErrorDetail(BaseModel):
    """A code for programs and a sentence for people."""

    code: str
    message: str
    reason: str | None = None
    """Why the session ended, of the code `session_gone`, if that is known."""


class ErrorAnswer(BaseModel):
    """Answer of every call that fails."""

    error: ErrorDetail


class ProvidersHealth(BaseModel):
    """Who does each part of the work."""

    speech_to_text: Literal["local", "cloud"]
    language_model: Literal["local", "cloud"]
    text_to_speech: Literal["local", "cloud"]
    vendors: dict[str, str]
    """By the names above: who it is, as in the settings."""
    fallbacks: dict[str, str]
    """Who stands in while the vendor fails; only those that are set."""
    local: Literal["ok", "down", "unused"]


class CapacityHealth(BaseModel):
    """Sessions that live, the most there may be, warm bots and callers that wait."""

    used: int | None
    limit: int
    parked: int
    waiting: int
    """Callers in the waiting line."""
    short_of: Literal["memory", "lag"] | None
    """Why the machine takes no further call although there are lines: `lag` is lost time."""


class HealthAnswer(BaseModel):
    """Answer of `GET /api/health`."""

    status: Literal["ok", "unavailable"]
    livekit: Literal["ok", "unreachable"]
    worker: Literal["ok", "down"]
    providers: ProvidersHealth
    capacity: CapacityHealth
    draining: bool
    upkeep: dict[str, Literal["ok", "failing"]]
    """What the runner does all the time: `parking` bots, and looking after all `rooms`."""


class StrangersHealth(BaseModel):
    """What is told of it to whoever is not at the machine."""

    status: Literal["ok", "unavailable"]
