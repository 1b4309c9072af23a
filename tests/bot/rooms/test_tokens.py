"""Tokens as such: what is in them and which are believed (what they open: test_token_grants)."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from livekit.api import AccessToken, VideoGrants
from pydantic import SecretStr

from bot.rooms.job_plan import JobPlan
from bot.rooms.plan import RoomPlan, is_session_id, new_session_id
from bot.rooms.tokens import TOKEN_TTL_SECS, Caller, TokenError, Tokens

_KEY = "APIunit"
_SECRET = SecretStr("a-secret-of-the-unit-tests-32-characters-long")
_NOBODY = Caller()


def unit_tokens() -> Tokens:
    return Tokens(api_key=_KEY, api_secret=_SECRET, session_max_secs=1800.0)


def a_plan(agent_name: str = "unit") -> RoomPlan:
    return RoomPlan(agent_name=agent_name, session_id=new_session_id())


def claims_of(token: str) -> dict[str, object]:
    return jwt.decode(token, options={"verify_signature": False})


# --- what is in the token


@pytest.mark.promise("Rooms", "A caller's token opens one room, for a microphone and nothing else.")
def test_token_has_the_fewest_grants() -> None:
    plan = a_plan()

    claims = claims_of(unit_tokens().for_caller(plan, caller=Caller(name="Ada")).jwt)

    assert claims["video"] == {
        "roomJoin": True,
        "room": plan.room_name,
        "canPublish": True,
        "canPublishSources": ["microphone"],
        "canSubscribe": True,
        "canPublishData": True,
        "canUpdateOwnMetadata": False,
    }
    assert (claims["kind"], claims["name"]) == ("standard", "Ada")
    assert claims["sub"] == f"caller-{plan.session_id}"
    assert "roomConfig" not in claims


@pytest.mark.promise("Rooms", "A caller's token opens its room for ten minutes at most.")
def test_token_lives_ten_minutes_at_most() -> None:
    before = datetime.now(UTC)

    token = unit_tokens().for_caller(a_plan(), caller=_NOBODY)

    expiry = claims_of(token.jwt)["exp"]
    assert isinstance(expiry, int)
    assert expiry <= before.timestamp() + TOKEN_TTL_SECS
    assert abs(token.expires_at.timestamp() - expiry) <= 1


@pytest.mark.promise("Rooms", "A room whose session has ended is deleted and gets no other bot.")
def test_token_that_makes_its_room_sends_for_no_bot() -> None:
    plan = a_plan("unit")
    token = unit_tokens().for_caller(plan, caller=_NOBODY, creates_room=True)

    config = claims_of(token.jwt)["roomConfig"]

    assert isinstance(config, dict)
    assert "agents" not in config
    assert config["maxParticipants"] == 3
    assert config["metadata"] == plan.metadata


@pytest.mark.promise("Rooms", "The caller named in the plan is the caller, whoever comes first.")
@pytest.mark.parametrize("is_parked", [False, True])
def test_bots_job_knows_the_caller_by_the_name_in_the_token(is_parked: bool) -> None:
    plan = replace(a_plan(), is_parked=is_parked)
    claims = claims_of(unit_tokens().for_caller(plan, caller=_NOBODY).jwt)
    metadata = plan.create_request().agents[0].metadata
    job = JobPlan.from_job(metadata, room_name=plan.room_name, room_sid="RM_1")
    assert job.caller_identity == claims["sub"]
    assert (job.session_id, job.is_parked) == (plan.session_id, is_parked)


@pytest.mark.promise("Rooms", "Nobody can guess the name of a room.")
def test_session_ids_cannot_be_guessed() -> None:
    ids = [new_session_id() for _ in range(2000)]
    assert len(set(ids)) == len(ids)
    assert all(is_session_id(one) for one in ids)
    assert all(len(set(digits)) == 16 for digits in zip(*ids, strict=True))


# --- checking a token that comes back


def test_token_of_another_session_is_forbidden() -> None:
    token = unit_tokens().for_caller(a_plan(), caller=_NOBODY).jwt

    with pytest.raises(TokenError) as caught:
        unit_tokens().check_caller(f"Bearer {token}", room_name=a_plan().room_name)

    assert caught.value.code == "forbidden"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer abc", "Bearer a.b.c", "Bearer \udcff"]
)
def test_header_without_a_valid_token_is_unauthorized(header: str) -> None:
    with pytest.raises(TokenError) as caught:
        unit_tokens().check_caller(header, room_name="unit-x")
    assert caught.value.code == "unauthorized"


def test_token_signed_by_somebody_else_is_unauthorized() -> None:
    plan = a_plan()
    forger = Tokens(api_key=_KEY, api_secret=SecretStr("x" * 40), session_max_secs=1800.0)
    token = forger.for_caller(plan, caller=_NOBODY).jwt

    with pytest.raises(TokenError) as caught:
        unit_tokens().check_caller(f"Bearer {token}", room_name=plan.room_name)

    assert caught.value.code == "unauthorized"


def signed(*, room: str, ttl_secs: float, kind: AccessToken.ParticipantKind = "standard") -> str:
    return (
        AccessToken(_KEY, _SECRET.get_secret_value())
        .with_identity("somebody")
        .with_kind(kind)
        .with_ttl(timedelta(seconds=ttl_secs))
        .with_grants(VideoGrants(room_join=True, room=room))
        .to_jwt()
    )


def test_token_of_a_long_call_still_ends_it() -> None:
    token = signed(room="unit-1", ttl_secs=-900.0)
    unit_tokens().check_caller(f"Bearer {token}", room_name="unit-1")


def test_token_older_than_any_session_is_unauthorized() -> None:
    token = signed(room="unit-1", ttl_secs=-1900.0)
    with pytest.raises(TokenError) as caught:
        unit_tokens().check_caller(f"Bearer {token}", room_name="unit-1")
    assert caught.value.code == "unauthorized"


def test_token_of_a_bot_is_not_a_callers() -> None:
    token = signed(room="unit-1", ttl_secs=60.0, kind="agent")
    with pytest.raises(TokenError) as caught:
        unit_tokens().check_caller(f"Bearer {token}", room_name="unit-1")
    assert caught.value.code == "forbidden"


# --- webhooks


def webhook_signature(body: bytes) -> str:
    token = AccessToken(_KEY, _SECRET.get_secret_value()).with_ttl(timedelta(minutes=5))
    token.claims.sha256 = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return token.to_jwt()


def test_signed_webhook_is_read() -> None:
    body = json.dumps({"event": "room_finished", "room": {"name": "unit-1"}}).encode()
    event = unit_tokens().check_webhook(webhook_signature(body), body)
    assert (event.event, event.room.name) == ("room_finished", "unit-1")


@pytest.mark.promise("Rooms", "A webhook that LiveKit has not signed changes nothing.")
def test_changed_webhook_is_unauthorized() -> None:
    signature = webhook_signature(b'{"event":"room_started"}')
    with pytest.raises(TokenError) as caught:
        unit_tokens().check_webhook(signature, b'{"event":"room_finished"}')
    assert caught.value.code == "unauthorized"


@pytest.mark.promise(
    "Rooms", "A LiveKit whose clock differs by up to a minute is believed, an old webhook is not."
)
@pytest.mark.parametrize(
    ("from_secs", "until_secs", "is_believed"),
    [(50, 350, True), (-350, -50, True), (90, 390, False), (-390, -90, False)],
)
def test_a_webhook_may_be_signed_by_a_clock_that_differs(
    from_secs: int, until_secs: int, is_believed: bool
) -> None:
    body, now_secs = b'{"event":"room_finished"}', datetime.now(UTC).timestamp()
    claims = {
        "iss": _KEY,
        "nbf": now_secs + from_secs,
        "exp": now_secs + until_secs,
        "sha256": base64.b64encode(hashlib.sha256(body).digest()).decode(),
    }
    signature = jwt.encode(claims, _SECRET.get_secret_value(), algorithm="HS256")
    with nullcontext() if is_believed else pytest.raises(TokenError):
        unit_tokens().check_webhook(signature, body)


def test_callers_token_does_not_sign_a_webhook() -> None:
    token = unit_tokens().for_caller(a_plan(), caller=_NOBODY).jwt
    with pytest.raises(TokenError) as caught:
        unit_tokens().check_webhook(token, b'{"event":"room_finished"}')
    assert caught.value.code == "unauthorized"


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[1]", b"{"])
def test_signed_nonsense_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(TokenError) as caught:
        unit_tokens().check_webhook(webhook_signature(body), body)
    assert caught.value.code == "bad_request"
