"""LiveKit's standard token endpoint, as `TokenSource.endpoint` and older starter apps call it."""

from __future__ import annotations

from fastapi import Request
from pydantic import ValidationError

from bot.http.body import read_json
from bot.http.errors import ApiError, refusal_of
from bot.http.wire import TokenRequest
from bot.rooms.tokens import Caller, StartedSession

SANDBOX_PATH = "/api/v2/sandbox/connection-details"
"""Where `TokenSource.developmentTokenServer(id, {baseUrl})` and its like on Android ask."""


async def read_token_request(request: Request) -> TokenRequest:
    """Return what is asked for: in the body of a POST, in the query of a GET.

    Raises:
        ApiError: as `read_json` does.
    """
    if request.method == "POST":
        return await read_json(request, TokenRequest)
    try:
        # As LiveKit Meet asks, with a `roomName` beside it, which is not heeded.
        name = request.query_params.get("participantName")
        return TokenRequest.model_validate({"participant_name": name})
    except ValidationError as error:
        raise refusal_of(error) from None


def caller_of(body: TokenRequest, *, agent_name: str, person: str = "") -> Caller:
    """Return who asks.

    Raises:
        ApiError: code "field_not_allowed" if the body asks for somebody else's agent.
    """
    agents = (body.room_config and body.room_config.agents) or ()
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
        "participant_name": caller.person or caller.name,
        "participant_identity": prepared.plan.caller_identity,
        "session_id": prepared.plan.session_id,
        "resume_ticket": resume_ticket,
    }
    return answer | {_camel(name): value for name, value in answer.items()}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
