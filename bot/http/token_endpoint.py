"""LiveKit's standard token endpoint, as `TokenSource.endpoint` and older starter apps call it."""

from __future__ import annotations

from bot.http.errors import ApiError
from bot.http.wire import TokenRequest
from bot.rooms.sessions import StartedSession
from bot.rooms.tokens import Caller


def caller_of(body: TokenRequest, *, agent_name: str, person: str = "") -> Caller:
    """Return who asks.

    Raises:
        ApiError: code "field_not_allowed" if the body asks for somebody else's agent.
    """
    agents = body.room_config.agents if body.room_config else ()
    for agent in agents:
        if agent.agent_name not in (None, "", agent_name):
            message = f"room_config.agents may name {agent_name} only."
            raise ApiError("field_not_allowed", message)
    return Caller(
        name=body.participant_name or "",
        person=person,
        metadata=body.participant_metadata or "",
        attributes=body.participant_attributes or {},
    )


def answer_of(
    prepared: StartedSession, caller: Caller, *, livekit_url: str, resume_ticket: str
) -> dict[str, str]:
    """Return the answer in snake_case, with the camelCase copies older apps read."""
    answer = {
        "server_url": livekit_url,
        "participant_token": prepared.token.jwt,
        "room_name": prepared.plan.room_name,
        "participant_name": caller.name,
        "session_id": prepared.plan.session_id,
        "resume_ticket": resume_ticket,
    }
    return answer | {_camel(name): value for name, value in answer.items()}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
