"""Who may call, on the real app: what is kept shut, what stays free, and how the page gets in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy import text
from starlette.types import ASGIApp

from bot.access.invites import make_invite, open_signer
from bot.http.listener import bind, url_of
from bot.http.server import open_http_server
from bot.store.store import open_store
from tests.bot.http.api_client import bearer, error_code, open_api

_KEY = "correct horse battery"
_STARTS = (
    ("POST", "/api/sessions"),
    ("POST", "/api/token"),
    ("POST", "/api/connection-details"),
    ("POST", "/api/v2/sandbox/connection-details"),
    ("GET", "/api/connection-details"),
)


def _at_key() -> dict[str, Any]:
    return {"access": "key", "access_key": _KEY}


@pytest.mark.promise("Who may call", "With ACCESS=key nobody starts a call without the key.")
@pytest.mark.parametrize(("method", "path"), _STARTS)
async def test_nothing_that_starts_a_call_is_done_for_a_stranger(method: str, path: str) -> None:
    async with open_api(**_at_key()) as api:
        answer = await api.http.request(method, path)
        assert (answer.status_code, error_code(answer)) == (401, "key_needed")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["cache-control"] == "no-store"
        wrong = await api.http.request(method, path, headers=bearer("wrong key guessed"))
        assert (wrong.status_code, error_code(wrong)) == (401, "wrong_key")
        assert api.count() == 0 and not api.rooms.created
        right = await api.http.request(method, path, headers=bearer(_KEY))
        assert right.is_success


@pytest.mark.promise(
    "Who may call", "An invite is good for so many calls and days, and until it is taken back."
)
@pytest.mark.parametrize(("method", "path"), [*_STARTS, ("POST", "/api/access")])
async def test_while_invites_cannot_be_read_nobody_is_in_and_everybody_may_try_again(
    tmp_path: Path, method: str, path: str
) -> None:
    async with open_store(tmp_path) as store:
        given = await make_invite(store, name="Ada", uses=3, days=7)
        token = open_signer(tmp_path).token_of(given.id)
        async with open_api(store=store, access="invite", data_dir=tmp_path) as api:
            async with store.transaction() as connection:
                await connection.execute(text("ALTER TABLE invites RENAME TO gone"))
            body: dict[str, Any] = {"json": {"key": token}} if path == "/api/access" else {}
            answer = await api.http.request(method, path, headers=bearer(token), **body)
            assert (answer.status_code, error_code(answer)) == (503, "store_unreachable")
            assert int(answer.headers["retry-after"]) > 0
            assert api.count() == 0 and not api.rooms.created


async def test_what_spends_nothing_stays_free() -> None:
    async with open_api(**_at_key()) as api:
        assert (await api.http.get("/api/health")).status_code == 200
        assert (await api.http.get("/")).status_code == 200
        assert error_code(await api.http.post("/api/livekit/webhook")) == "unauthorized"
        session = (await api.http.post("/api/sessions", headers=bearer(_KEY))).json()
        headers = bearer(session["participant_token"])
        path = f"/api/sessions/{session['session_id']}"
        assert (await api.http.get(path, headers=headers)).status_code == 200
        assert (await api.http.delete(path, headers=headers)).status_code == 204


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/anything", "/api/health/", "/api/access/"])
async def test_whatever_else_is_below_the_api_is_shut(path: str) -> None:
    async with open_api(**_at_key()) as api:
        assert error_code(await api.http.get(path)) == "key_needed"


async def test_a_join_link_needs_the_key_too_and_is_not_used_up() -> None:
    async with open_api(**_at_key()) as api:
        body = {"join_code": api.join_link.code}
        assert error_code(await api.http.post("/api/sessions", json=body)) == "key_needed"
        answer = await api.http.post("/api/sessions", json=body, headers=bearer(_KEY))
        assert answer.status_code == 201


@pytest.mark.promise(
    "Who may call", "The page asks for the key once; what it keeps then, no script can read."
)
async def test_the_key_becomes_a_cookie() -> None:
    async with open_api(**_at_key()) as api:
        answer = await api.http.post("/api/access", json={"key": _KEY})
        assert answer.status_code == 204
        cookie = answer.headers["set-cookie"]
        assert _KEY not in cookie
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
        assert (await api.http.post("/api/sessions")).status_code == 201


@pytest.mark.parametrize(
    ("given", "url"),
    [({}, "https://127.0.0.1"), ({"public_url": "https://voice.example"}, "http://127.0.0.1")],
)
async def test_behind_https_the_cookie_is_secure(given: dict[str, Any], url: str) -> None:
    async with open_api(**_at_key(), **given) as api:
        answer = await api.http.post(f"{url}/api/access", json={"key": _KEY})
        assert "Secure" in answer.headers["set-cookie"]


async def test_behind_a_trusted_proxy_each_caller_guesses_alone() -> None:
    async with open_api(**_at_key(), trusted_proxies="10.0.0.5") as api:
        proxy = api.client_at("10.0.0.5")
        for _ in range(6):
            await proxy.post("/api/access", json={"key": "guess"}, headers=_behind("192.0.2.9"))
        other = _behind("198.51.100.7")
        assert (await proxy.post("/api/access", json={"key": _KEY}, headers=other)).is_success


@pytest.mark.promise(
    "Who may call", "Whoever guesses at the key waits longer and longer, from many networks too."
)
async def test_guesses_are_slowed_and_told_so() -> None:
    async with open_api(**_at_key()) as api:
        answers = [await api.http.post("/api/access", json={"key": "guess"}) for _ in range(6)]
        assert [error_code(answer) for answer in answers] == ["wrong_key"] * 5 + ["access_slowed"]
        assert answers[-1].status_code == 429
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 2
        assert "set-cookie" not in answers[-1].headers


@pytest.mark.parametrize("body", [{}, {"key": ""}, {"key": 7}, {"key": "x" * 513}, {"word": "x"}])
async def test_a_strange_body_is_no_guess(body: dict[str, object]) -> None:
    async with open_api(**_at_key()) as api:
        for _ in range(7):
            assert error_code(await api.http.post("/api/access", json=body)) == "bad_request"


async def test_a_refused_start_leaves_the_key_of_the_request_alone() -> None:
    async with open_api(**_at_key()) as api:
        again = {"Idempotency-Key": "the-same-key"}
        refused = await api.http.post("/api/sessions", headers=again)
        answer = await api.http.post("/api/sessions", headers=again | bearer(_KEY))
        assert (refused.status_code, answer.status_code) == (401, 201)


async def test_another_page_cannot_spend_the_cookie() -> None:
    async with open_api(**_at_key()) as api:
        await api.http.post("/api/access", json={"key": _KEY})
        answer = await api.http.post("/api/sessions", headers={"Origin": "https://evil.example"})
        assert error_code(answer) == "forbidden"


# --- a proxy in front


def _behind(address: str) -> dict[str, str]:
    """Return what a proxy says of whom it speaks for."""
    return {"X-Forwarded-For": address} if address else {}


_PROXY: dict[str, Any] = {
    "access": "proxy",
    "access_proxies": ("10.0.0.5",),
    # The second one tells where callers are and signs nobody in.
    "trusted_proxies": "10.0.0.5, 10.0.0.6",
}


@pytest.mark.promise("Who may call", "With ACCESS=proxy only a listed proxy says who somebody is.")
async def test_a_person_comes_in_by_the_proxy_under_their_own_name() -> None:
    async with open_api(**_PROXY) as api:
        answer = await api.client_at("10.0.0.5").post(
            "/api/sessions",
            headers={"Remote-User": "ada", **_behind("192.0.2.9")},
            json={"participant_name": "Eve"},
        )
        token = jwt.decode(answer.json()["participant_token"], options={"verify_signature": False})
        assert (token["name"], token["attributes"]) == ("ada", {"parley.person": "ada"})


@pytest.mark.promise("Who may call", "With ACCESS=proxy only a listed proxy says who somebody is.")
@pytest.mark.parametrize(
    ("peer", "behind"),
    [("192.0.2.9", "10.0.0.5"), ("192.0.2.9", ""), ("10.0.0.6", "10.0.0.5"), ("127.0.0.1", "")],
)
@pytest.mark.parametrize(("method", "path"), _STARTS)
async def test_a_forged_header_opens_nothing(
    peer: str, behind: str, method: str, path: str
) -> None:
    async with open_api(**_PROXY) as api:
        headers = {"Remote-User": "ada", **_behind(behind)}
        answer = await api.client_at(peer).request(method, path, headers=headers)
        assert (answer.status_code, error_code(answer)) == (401, "sign_in_needed")


@pytest.mark.promise("Who may call", "With ACCESS=proxy only a listed proxy says who somebody is.")
async def test_a_forwarded_address_makes_nobody_a_proxy_on_a_real_socket() -> None:
    async with open_api(access="proxy", access_proxies=("10.0.0.5",)) as api:
        answer = await _post_by_socket(api.app, {"X-Forwarded-For": "10.0.0.5"})
        assert error_code(answer) == "sign_in_needed"
    async with open_api(access="proxy", access_proxies=("127.0.0.1",)) as api:
        answer = await _post_by_socket(api.app, {"X-Forwarded-For": "192.0.2.9"})
        assert answer.status_code == 201


async def _post_by_socket(app: ASGIApp, headers: dict[str, str]) -> httpx.Response:
    with bind("127.0.0.1", 0) as listener:
        url = f"{url_of(listener)}/api/sessions"
        async with open_http_server(app, listener=listener), httpx.AsyncClient() as http:
            return await http.post(url, headers={"Remote-User": "ada", **headers})


async def test_nobody_names_themselves_by_an_attribute() -> None:
    async with open_api() as api:
        body = {"participant_attributes": {"parley.person": "ada"}}
        answer = await api.http.post("/api/token", json=body)
        claims = jwt.decode(answer.json()["participant_token"], options={"verify_signature": False})
        assert "parley.person" not in claims.get("attributes", {})
