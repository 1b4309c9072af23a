"""Tokens of callers: made with the fewest grants, and checked when they come back.

A caller's token opens one room, for a microphone and for data, within ten minutes. LiveKit itself
renews it for a caller who is connected.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import jwt
from google.protobuf.json_format import Parse, ParseError
from livekit.api import AccessToken, TokenVerifier, VideoGrants
from livekit.api.access_token import Claims
from livekit.protocol.webhook import WebhookEvent
from pydantic import SecretStr

from bot.errors import VoiceError
from bot.rooms.plan import PERSON_ATTRIBUTE, RoomPlan

TOKEN_TTL_SECS = 600
CREATING_TOKEN_TTL_SECS = 20
"""Clients join as soon as they have it; LiveKit 1.13.5 forgives clocks another 60 s."""
_UNAUTHORIZED = "This call needs the token that came with the session."


@dataclass(frozen=True, kw_only=True)
class Caller:
    """What a caller says about themselves, shown to the room; only `person` is to be trusted."""

    name: str = ""
    person: str = ""
    """Who they are by the word of whoever let them in, not by theirs; empty if nobody knows."""
    metadata: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class CallerToken:
    """A signed token and when it stops opening the room."""

    jwt: str
    expires_at: datetime
    name: str = ""
    """What its caller is called by their own word."""


@dataclass(frozen=True, kw_only=True)
class StartedSession:
    """What a caller needs to join."""

    plan: RoomPlan
    token: CallerToken
    lived_secs: float | None = None
    """How long the session has been its caller's; None if nobody knows."""


class TokenError(VoiceError):
    """A token is missing, forged, too old or for something else."""


class Tokens:
    """Makes and checks tokens with one LiveKit key.

    Args:
        api_key: LiveKit's API key.
        api_secret: LiveKit's API secret.
        session_max_secs: How long a session may last: so long its token may end or ask about it.
    """

    def __init__(self, *, api_key: str, api_secret: SecretStr, session_max_secs: float) -> None:
        self._api_key = api_key
        self._api_secret = api_secret
        self._session_max_secs = session_max_secs

    def for_caller(
        self, plan: RoomPlan, *, caller: Caller, creates_room: bool = False
    ) -> CallerToken:
        """Return a token that opens the plan's room.

        Args:
            plan: The room.
            caller: Name, metadata and attributes for the participant.
            creates_room: Let LiveKit create the room when its holder joins.
        """
        # Clients that keep a token until a minute before its end ask for a new one each time.
        ttl_secs = CREATING_TOKEN_TTL_SECS if creates_room else TOKEN_TTL_SECS
        expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=ttl_secs)
        grants = VideoGrants(
            room_join=True,
            room=plan.room_name,
            can_publish=True,
            can_publish_sources=["microphone"],
            can_subscribe=True,
            can_publish_data=True,
            can_update_own_metadata=False,
        )
        token = (
            AccessToken(self._api_key, self._api_secret.get_secret_value())
            .with_identity(plan.caller_identity)
            .with_kind("standard")
            .with_name(caller.person or caller.name)
            .with_metadata(caller.metadata)
            .with_attributes({**caller.attributes, **_person_attributes(caller)})
            .with_ttl(expires_at - datetime.now(UTC))
            .with_grants(grants)
        )
        if creates_room:
            token = token.with_room_config(plan.configuration())
        return CallerToken(jwt=token.to_jwt(), expires_at=expires_at, name=caller.name)

    def check_caller(self, authorization: str, *, room_name: str) -> Claims:
        """Check a bearer header; the token may be as old as a session can be.

        A page keeps the token it started with, while a call outlives it by far.

        Raises:
            TokenError: code "unauthorized", or "forbidden" for another session's token.
        """
        claims = self._verify(_bearer(authorization), leeway_secs=self._session_max_secs)
        if claims.video is None or not claims.video.room_join or claims.kind == "agent":
            raise TokenError("forbidden", "This is not the token of a caller.")
        if claims.video.room != room_name:
            raise TokenError("forbidden", "This token belongs to another session.")
        return claims

    def check_webhook_sender(self, authorization: str) -> Claims:
        """Check that LiveKit signed a body, which need not have arrived yet.

        Raises:
            TokenError: code "unauthorized".
        """
        claims = self._verify(authorization.removeprefix("Bearer ").strip(), leeway_secs=60.0)
        if not claims.sha256:
            raise TokenError("unauthorized", "LiveKit did not sign this body.")
        return claims

    def check_webhook(self, authorization: str, body: bytes) -> WebhookEvent:
        """Check LiveKit's signature of a webhook and read its event.

        Raises:
            TokenError: code "unauthorized" if LiveKit did not sign just this body.
        """
        signed = self.check_webhook_sender(authorization).sha256 or ""
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        if not hmac.compare_digest(signed.encode(), digest.encode()):
            raise TokenError("unauthorized", "LiveKit did not sign this body.")
        try:
            return Parse(body, WebhookEvent(), ignore_unknown_fields=True)
        except (ParseError, UnicodeDecodeError) as error:
            raise TokenError("bad_request", "This is not a webhook event.") from error

    def _verify(self, token: str, *, leeway_secs: float) -> Claims:
        verifier = TokenVerifier(
            self._api_key,
            self._api_secret.get_secret_value(),
            leeway=timedelta(seconds=leeway_secs),
        )
        try:
            return verifier.verify(token)
        except (jwt.PyJWTError, UnicodeError) as error:
            raise TokenError("unauthorized", _UNAUTHORIZED) from error


def _person_attributes(caller: Caller) -> dict[str, str]:
    # Signed with the token, and its holder may not change it.
    return {PERSON_ATTRIBUTE: caller.person} if caller.person else {}


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenError("unauthorized", _UNAUTHORIZED)
    return token.strip()
