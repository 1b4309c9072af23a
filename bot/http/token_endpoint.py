"""LiveKit's standard token endpoint, as `TokenSource.endpoint` and older starter apps call it."""

from __future__ import annotations

from bot.http.errors import ApiError
from bot.http.wire import TokenAnswer, TokenRequest
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


def answer_of(prepared: StartedSession, caller: Caller, livekit_url: str) -> TokenAnswer:
    """Return the answer, with the camelCase copies older apps read."""
    jwt, room_name = prepared.token.jwt, prepared.plan.room_name
    return TokenAnswer(
        server_url=livekit_url,
        serverUrl=livekit_url,
        participant_token=jwt,
        participantToken=jwt,
        room_name=room_name,
        roomName=room_name,
        participant_name=caller.name,
        participantName=caller.name,
    )
