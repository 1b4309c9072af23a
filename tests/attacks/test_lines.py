"""Lines and starts: what one caller, one network and everybody together may take."""

from __future__ import annotations

import asyncio
from typing import Any

import jwt
import pytest
from google.protobuf.message import DecodeError
from livekit.api import AccessToken, VideoGrants
from livekit.protocol.models import ParticipantInfo, Room
from livekit.protocol.webhook import WebhookEvent

from bot.errors import RoomError
from bot.livekit.server_api import limited
from bot.rooms.plan import caller_identity_of
from tests.bot.http.api_client import Api, bearer, error_code, open_api
from tests.fake_rooms import API_KEY, API_SECRET
from tests.virtual_time import run_in_virtual_time

_EXPOSED: dict[str, Any] = {"public_url": "https://voice.example"}


async def start(api: Api, address: str = "203.0.113.9", **headers: str) -> dict[str, str]:
    answer = await api.client_at(address).post("/api/sessions", headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def refusal(api: Api, address: str = "203.0.113.9", path: str = "/api/sessions") -> str:
    """Return why a start is refused, or "" if it is not."""
    answer = await api.client_at(address).post(path)
    return "" if answer.status_code == 201 else error_code(answer)


def join(api: Api, session: dict[str, str]) -> None:
    """Let the caller come, as the webhook tells it."""
    caller = ParticipantInfo(identity=caller_identity_of(session["room_name"].split("-")[1]))
    api.rooms.live[session["room_name"]].has_caller = True
    room = Room(name=session["room_name"])
    event = WebhookEvent(event="participant_joined", room=room, participant=caller)
    api.backend.events.handle(event)


async def park(api: Api) -> None:
    for _ in range(2):
        await api.backend.parking.tend()


@pytest.mark.promise(
    "Limits", "A call nobody comes to is over after 20 seconds, and its line is free."
)
@pytest.mark.parametrize("parked_bots", [0, 1])
@pytest.mark.parametrize("address", ["127.0.0.1", "203.0.113.9"])
def test_line_is_free_again_if_nobody_comes(parked_bots: int, address: str) -> None:
    async def story() -> None:
        async with open_api(parked_bots=parked_bots, max_sessions=1) as api:
            if parked_bots:
                await park(api)
            session = await start(api, address)
            await asyncio.sleep(15.0)
            assert await refusal(api, "198.51.100.1") == "at_capacity"
            await asyncio.sleep(6.0)
            assert session["room_name"] not in api.rooms.live
            assert await refusal(api, "198.51.100.1") == ""
            found = await api.http.get(
                f"/api/sessions/{session['session_id']}",
                headers=bearer(session["participant_token"]),
            )
            assert found.json() == {"state": "ended", "reason": "never_joined"}

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Limits", "A call nobody comes to is over after 20 seconds, and its line is free."
)
@pytest.mark.parametrize("comes_after_secs", [0.0, 1.0, 12.0, 19.0])
@pytest.mark.parametrize("has_webhook", [True, False])
@pytest.mark.parametrize("livekit_fails", [True, False])
def test_caller_who_comes_in_time_stays(
    comes_after_secs: float, has_webhook: bool, livekit_fails: bool
) -> None:
    async def story() -> None:
        async with open_api() as api:
            session = await start(api)
            await asyncio.sleep(comes_after_secs)
            if livekit_fails:
                api.rooms.error = RoomError("livekit_unreachable", "It does not answer.")
            if has_webhook:
                join(api, session)
            else:
                api.rooms.live[session["room_name"]].has_caller = True
            await asyncio.sleep(30.0)
            api.rooms.error = None
            await asyncio.sleep(300.0)
            assert session["room_name"] in api.rooms.live

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Limits", "A call nobody comes to is over after 20 seconds, and its line is free."
)
def test_line_is_freed_although_livekit_was_away_in_between() -> None:
    async def story() -> None:
        async with open_api(max_sessions=1) as api:
            session = await start(api)
            await asyncio.sleep(10.0)
            api.rooms.error = RoomError("livekit_unreachable", "It does not answer.")
            await asyncio.sleep(40.0)
            api.rooms.error = None
            await asyncio.sleep(5.0)
            assert session["room_name"] not in api.rooms.live

    run_in_virtual_time(story())


@pytest.mark.promise(
    "Limits", "One address may have no more calls at once than SESSIONS_PER_ADDRESS says."
)
@pytest.mark.parametrize(
    ("given", "most"),
    [({}, 4), ({"sessions_per_address": 1}, 1), ({"max_sessions": 3}, 1), ({"max_sessions": 1}, 1)],
)
async def test_one_address_never_has_all_lines(given: dict[str, Any], most: int) -> None:
    async with open_api(starts_per_minute=1000, **_EXPOSED, **given) as api:
        for _ in range(most):
            join(api, await start(api))
        assert await refusal(api) == "rate_limited"
        assert await refusal(api, path="/api/token") == "rate_limited"
        ended = next(iter(api.rooms.live))
        if given.get("max_sessions") != 1:
            assert await refusal(api, "198.51.100.1") == ""
        # One that ends is the address's again.
        api.backend.records.note_ended(ended.split("-")[1], "goodbye")
        api.rooms.live.pop(ended)
        if most > 1:
            assert await refusal(api) == ""


@pytest.mark.promise("Limits", "One address has two calls at most that nobody has come to yet.")
@pytest.mark.parametrize("at_once", [True, False])
async def test_third_call_waits_until_one_of_two_was_joined(at_once: bool) -> None:
    async with open_api(**_EXPOSED) as api:
        if at_once:
            reasons = await asyncio.gather(*(refusal(api) for _ in range(8)))
        else:
            reasons = [await refusal(api) for _ in range(8)]
        assert sorted(reasons) == ["", ""] + ["rate_limited"] * 6
        name = next(iter(api.rooms.live))
        join(api, {"room_name": name})
        assert await refusal(api) == ""


@pytest.mark.promise("Limits", "All addresses of one IPv6 customer have one share between them.")
async def test_whole_ipv6_site_is_one_address() -> None:
    async with open_api(**_EXPOSED) as api:
        addresses = [f"2001:db8:7:{part:x}::{part:x}" for part in range(1, 9)]
        reasons = [await refusal(api, address) for address in addresses]
        assert reasons == ["", ""] + ["rate_limited"] * 6
        assert await refusal(api, "2001:db8:8::1") == ""


async def test_refused_starts_hold_nothing() -> None:
    async with open_api(**_EXPOSED) as api:
        api.rooms.create_error = RoomError("livekit_unreachable", "It does not answer.")
        for _ in range(5):
            assert await refusal(api) == "livekit_unreachable"
        api.rooms.create_error = None
        assert await refusal(api) == ""


async def test_somebody_at_this_machine_has_all_lines_while_nobody_else_can_reach_it() -> None:
    async with open_api() as api:
        assert [await refusal(api, "127.0.0.1") for _ in range(9)] == [""] * 8 + ["at_capacity"]
    limited: list[dict[str, Any]] = [_EXPOSED, {"host": "0.0.0.0"}, {"sessions_per_address": 1}]
    for given in limited:
        async with open_api(**given) as api:
            assert "rate_limited" in [await refusal(api, "127.0.0.1") for _ in range(3)]


async def test_callers_behind_a_proxy_nobody_trusts_are_one_network() -> None:
    async with open_api() as api:
        client = api.client_at("127.0.0.1")
        codes = [
            (await client.post("/api/sessions", headers={"X-Forwarded-For": f"192.0.2.{n}"}))
            for n in range(4)
        ]
        assert [answer.status_code for answer in codes] == [201, 201, 429, 429]
        assert "wait" in codes[-1].json()["error"]["message"]
        assert codes[-1].headers["retry-after"]


@pytest.mark.promise(
    "Limits", "One address may have no more calls at once than SESSIONS_PER_ADDRESS says."
)
async def test_rooms_that_tokens_make_count_as_well() -> None:
    async with open_api(max_sessions=8, sessions_per_address=2) as api:
        client = api.client_at("203.0.113.9")
        minted = [(await client.post("/api/token")).json() for _ in range(5)]
        other = (await api.client_at("198.51.100.1").post("/api/token")).json()
        for session in (*minted, other):
            await api.rooms.make_by_token(session["room_name"], session["participant_token"])
        await api.backend.sweep.sweep()
        left = {minted[0]["room_name"], minted[1]["room_name"], other["room_name"]}
        assert set(api.rooms.live) == left


@pytest.mark.promise("Limits", "A token that starts a call by joining is good for a minute.")
async def test_token_that_makes_rooms_is_soon_over() -> None:
    async with open_api() as api:
        token = (await api.http.post("/api/token")).json()["participant_token"]
        claims = jwt.decode(token, options={"verify_signature": False})
        assert 0 < claims["exp"] - claims["nbf"] <= 60


@pytest.mark.promise(
    "Starting a call", "A start that is repeated with its key costs no second one."
)
async def test_refused_starts_make_nobodys_key_be_forgotten() -> None:
    async with open_api(starts_per_minute=2) as api:
        first = await start(api, "198.51.100.1", **{"Idempotency-Key": "one-click"})
        attacker = api.client_at("203.0.113.9")
        for number in range(1_100):
            await attacker.post("/api/sessions", headers={"Idempotency-Key": f"flush-{number:05}"})
        again = await start(api, "198.51.100.1", **{"Idempotency-Key": "one-click"})
        assert again == first


@pytest.mark.promise("Limits", "Everybody together starts no more calls than the lines can take.")
async def test_many_addresses_share_one_rate() -> None:
    async with open_api(max_sessions=2, starts_per_minute=5) as api:
        reasons = [await refusal(api, f"203.0.{n}.1", "/api/token") for n in range(40)]
        assert reasons.count("") == 20
        assert set(reasons) == {"", "rate_limited"}


async def test_starts_do_not_wait_without_bound_for_a_livekit_that_hangs() -> None:
    async with open_api(starts_per_minute=1000) as api:

        async def hang(call: str) -> None:
            if call == "survey":
                await asyncio.Event().wait()

        api.rooms.on_request = hang
        starts = [asyncio.create_task(refusal(api, f"203.0.{n}.1")) for n in range(40)]
        done, waiting = await asyncio.wait(starts, timeout=0.5)
        assert {task.result() for task in done} == {"at_capacity"}
        assert len(waiting) == 32
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)


def test_start_behind_a_livekit_that_hangs_is_refused_in_time() -> None:
    async def story() -> None:
        async with open_api() as api:

            async def hang(call: str) -> None:
                if call == "survey":
                    await asyncio.Event().wait()

            api.rooms.on_request = hang
            async with asyncio.timeout(11.0):
                reasons = await asyncio.gather(*(refusal(api, f"203.0.{n}.1") for n in range(9)))
            assert set(reasons) == {"livekit_unreachable"}

    run_in_virtual_time(story())


@pytest.mark.promise("Rooms", "The room behind the printed link is kept for it.")
@pytest.mark.parametrize("max_sessions", [2, 3])
async def test_full_house_keeps_the_room_of_the_join_link(max_sessions: int) -> None:
    async with open_api(parked_bots=1, max_sessions=max_sessions, **_EXPOSED) as api:
        await park(api)
        reasons = [await refusal(api, f"203.0.113.{n}") for n in range(max_sessions + 1)]
        assert reasons == [""] * (max_sessions - 1) + ["at_capacity"] * 2
        body = {"join_code": api.join_link.code}
        answer = await api.client_at("198.51.100.1").post("/api/sessions", json=body)
        assert answer.status_code == 201


@pytest.mark.promise("Starting a call", "A call is seen and ended only by its own caller.")
@pytest.mark.parametrize("identity", ["listener", "caller-", "caller-00000000000000000000"])
async def test_listener_neither_ends_nor_watches(identity: str) -> None:
    async with open_api() as api:
        session = await start(api)
        grants = VideoGrants(room_join=True, room=session["room_name"])
        token = AccessToken(API_KEY, API_SECRET.get_secret_value()).with_identity(identity)
        token = token.with_grants(grants)
        path = f"/api/sessions/{session['session_id']}"
        for method in ("GET", "HEAD", "DELETE"):
            answer = await api.http.request(method, path, headers=bearer(token.to_jwt()))
            assert answer.status_code in (401, 403)
        assert session["room_name"] in api.rooms.live
        own = bearer(session["participant_token"])
        assert (await api.http.delete(path, headers=own)).status_code == 204


@pytest.mark.promise("Starting a call", "A call is seen and ended only by its own caller.")
async def test_the_callers_name_in_another_room_neither_ends_nor_watches() -> None:
    async with open_api() as api:
        session, other = await start(api), await start(api)
        identity = f"caller-{session['session_id']}"
        grants = VideoGrants(room_join=True, room=other["room_name"])
        token = AccessToken(API_KEY, API_SECRET.get_secret_value()).with_identity(identity)
        headers = bearer(token.with_grants(grants).to_jwt())
        for method in ("GET", "HEAD", "DELETE"):
            path = f"/api/sessions/{session['session_id']}"
            assert (await api.http.request(method, path, headers=headers)).status_code == 403
        assert session["room_name"] in api.rooms.live


@pytest.mark.parametrize("stumble", [ValueError, TypeError, AttributeError, DecodeError])
async def test_livekit_that_answers_anything_is_one_that_does_not_answer(
    stumble: type[Exception],
) -> None:
    async def call() -> None:
        raise stumble

    with pytest.raises(RoomError) as caught:
        await limited(call())
    assert caught.value.code == "livekit_unreachable"


@pytest.mark.promise("Limits", "Strangers learn from GET /api/health whether it works, no more.")
async def test_health_tells_strangers_nothing_but_whether_it_works() -> None:
    async with open_api(trusted_proxies="127.0.0.1") as api:
        for client in (api.http, api.client_at("203.0.113.9")):
            assert (await client.get("/api/health")).json() == {"status": "ok"}
    async with open_api() as api:
        assert "capacity" in (await api.http.get("/api/health")).json()
        forwarded = await api.http.get("/api/health", headers={"X-Forwarded-For": "192.0.2.1"})
        assert forwarded.json() == {"status": "ok"}
        for address, is_told in (("::ffff:127.0.0.1", True), ("::ffff:192.0.2.1", False)):
            told = (await api.client_at(address).get("/api/health")).json()
            assert ("capacity" in told) is is_told
