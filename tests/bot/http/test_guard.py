"""Who may call from where, and what every answer carries."""

from __future__ import annotations

import socket

import httpx
import pytest

from tests.bot.http.api_client import BASE_URL, error_code, open_api

_FRIEND = "https://voice.example.com"
_STRANGER = "https://evil.example.com"


@pytest.mark.parametrize("origin", [None, BASE_URL, _FRIEND])
async def test_own_and_listed_pages_may_start(origin: str | None) -> None:
    async with open_api(allowed_origins=_FRIEND) as api:
        headers = {"Origin": origin} if origin else {}
        answer = await api.http.post("/api/sessions", headers=headers)
        assert answer.status_code == 201
        expected = _FRIEND if origin == _FRIEND else None
        assert answer.headers.get("access-control-allow-origin") == expected


@pytest.mark.promise(
    "Starting a call", "A page of somebody else's can neither start nor end a call, nor read one."
)
@pytest.mark.parametrize(
    "origin",
    [
        *(_STRANGER, "null", "http://[", f"{_FRIEND}.evil.example.com"),
        *("http://127.0.0.1:8000", "http://127.0.0.1", "http://0.1:7860", f"{BASE_URL}0"),
    ],
)
async def test_other_pages_start_and_end_nothing(origin: str) -> None:
    async with open_api(allowed_origins=_FRIEND) as api:
        for call in (
            api.http.post("/api/sessions", headers={"Origin": origin}),
            api.http.post("/api/token", headers={"Origin": origin}),
            api.http.delete(f"/api/sessions/{'0' * 20}", headers={"Origin": origin}),
        ):
            answer = await call
            assert (answer.status_code, error_code(answer)) == (403, "forbidden")
            assert "access-control-allow-origin" not in answer.headers
        assert api.rooms.created == []


@pytest.mark.promise(
    "Starting a call", "A page of somebody else's can neither start nor end a call, nor read one."
)
async def test_other_pages_cannot_read_answers() -> None:
    async with open_api() as api:
        answer = await api.http.get("/api/health", headers={"Origin": _STRANGER})
        assert "access-control-allow-origin" not in answer.headers
        assert "Origin" in answer.headers["vary"]


@pytest.mark.promise(
    "Starting a call", "A page named in ALLOWED_ORIGINS can make every call of the API."
)
@pytest.mark.parametrize(
    ("method", "sent"),
    [
        ("POST", "Content-Type, Idempotency-Key"),
        ("GET", "Authorization"),
        ("DELETE", "Authorization"),
        ("POST", "content-type,x-sandbox-id"),
    ],
)
async def test_preflight_of_a_listed_page_is_granted(method: str, sent: str) -> None:
    async with open_api(allowed_origins=_FRIEND) as api:
        answer = await api.http.options(
            "/api/sessions",
            headers={
                "Origin": _FRIEND,
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": sent,
            },
        )
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == _FRIEND
        assert method in listed(answer, "access-control-allow-methods")
        assert listed(sent) <= listed(answer, "access-control-allow-headers")
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.promise(
    "Starting a call", "A page named in ALLOWED_ORIGINS can make every call of the API."
)
async def test_listed_page_can_read_refusals_and_when_to_try_again() -> None:
    async with open_api(allowed_origins=_FRIEND, max_sessions=1) as api:
        headers = {"Origin": _FRIEND}
        await api.http.post("/api/sessions", headers=headers)
        refused = await api.http.post("/api/sessions", headers=headers)
        assert error_code(refused) == "at_capacity"
        assert refused.headers["access-control-allow-origin"] == _FRIEND
        assert "retry-after" in listed(refused, "access-control-expose-headers")
        assert refused.headers["retry-after"]


def listed(said: httpx.Response | str, name: str = "") -> set[str]:
    """Return the names in a header, or in a text like one; methods stay as they are."""
    text = said if isinstance(said, str) else said.headers[name]
    return {
        one.strip() if one.strip().isupper() else one.strip().lower() for one in text.split(",")
    }


async def test_preflight_of_a_stranger_is_refused() -> None:
    async with open_api(allowed_origins=_FRIEND) as api:
        answer = await api.http.options(
            "/api/sessions",
            headers={"Origin": _STRANGER, "Access-Control-Request-Method": "POST"},
        )
        assert (answer.status_code, error_code(answer)) == (403, "forbidden")


@pytest.mark.promise(
    "Starting a call", "A page of somebody else's can neither start nor end a call, nor read one."
)
@pytest.mark.parametrize(
    "host", ["evil.example.com", "evil.example.com:7860", "", "[::", "10.0.0.1"]
)
@pytest.mark.parametrize("own", ["127.0.0.1", "localhost", "::1"])
async def test_foreign_name_for_this_machine_is_refused(host: str, own: str) -> None:
    async with open_api(host=own) as api:
        headers = {"Host": host, "Origin": f"http://{host}"}
        answer = await api.http.post("/api/sessions", headers=headers)
        assert (answer.status_code, error_code(answer)) == (403, "forbidden")


@pytest.mark.parametrize("host", ["localhost:7860", "127.0.0.1", "[::1]:7860", "voice.example.com"])
async def test_known_names_are_served(host: str) -> None:
    async with open_api(allowed_origins=_FRIEND) as api:
        answer = await api.http.get("/api/health", headers={"Host": host})
        assert answer.status_code == 200


@pytest.mark.promise(
    "Starting a call", "A page of somebody else's can neither start nor end a call, nor read one."
)
@pytest.mark.parametrize("host", ["evil.example:7860", "parley.lan", "127.0.0.1.evil.example", ""])
@pytest.mark.parametrize("own", ["0.0.0.0", "::", "192.0.2.7"])
async def test_foreign_name_is_refused_on_every_address(host: str, own: str) -> None:
    async with open_api(host=own, access="open") as api:
        headers = {"Host": host, "Origin": f"http://{host}"}
        answer = await api.http.post("/api/sessions", headers=headers)
        assert (answer.status_code, error_code(answer)) == (403, "forbidden")
        message = answer.json()["error"]["message"]
        assert "PUBLIC_URL" in message
        assert "ALLOWED_ORIGINS" in message


@pytest.mark.parametrize("host", ["192.0.2.7:7860", "[2001:db8::7]:7860", "localhost", "127.0.0.1"])
async def test_addresses_and_own_names_are_served_when_listening_to_the_network(host: str) -> None:
    async with open_api(host="0.0.0.0", access="open") as api:
        for name in (host, socket.gethostname()):
            headers = {"Host": name, "Origin": f"http://{name}"}
            answer = await api.http.post("/api/sessions", headers=headers)
            assert answer.status_code == 201, name


@pytest.mark.promise(
    "Starting a call", "Behind a proxy the page at PUBLIC_URL is the server's own."
)
@pytest.mark.parametrize("host", ["voice.example:8443", "voice.example", "127.0.0.1:7860"])
async def test_page_at_the_public_address_is_its_own(host: str) -> None:
    async with open_api(public_url="https://voice.example:8443/") as api:
        for origin, status in (
            ("https://voice.example:8443", 201),
            ("https://voice.example", 403),
            ("http://voice.example:8443", 403),
            ("https://evil.example:8443", 403),
        ):
            headers = {"Host": host, "Origin": origin}
            answer = await api.http.post("/api/sessions", headers=headers)
            assert (origin, answer.status_code) == (origin, status)


@pytest.mark.parametrize("host", ["voice.example", "voice.example:443"])
async def test_port_that_goes_without_saying_makes_no_difference(host: str) -> None:
    async with open_api(allowed_origins="https://voice.example") as api:
        headers = {"Host": host, "Origin": "https://voice.example"}
        assert (await api.http.post("/api/sessions", headers=headers)).status_code == 201


_BROWSER = {"User-Agent": "Mozilla/5.0"}


@pytest.mark.promise("Starting a call", "A picture or a link on another site makes no token.")
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", **_BROWSER},
        {"Origin": _STRANGER, "Sec-Fetch-Site": "cross-site"},
        {"Origin": _STRANGER},
        {"Origin": "null"},
        _BROWSER,  # over plain HTTP a browser says nothing else
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_cross_site_get_mints_nothing(method: str, headers: dict[str, str]) -> None:
    async with open_api(starts_per_minute=1) as api:
        for _ in range(3):
            answer = await api.http.request(method, "/api/connection-details", headers=headers)
            assert answer.status_code == 403
        assert (await api.http.post("/api/sessions")).status_code == 201


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"User-Agent": "okhttp/4"},
        {**_BROWSER, "Sec-Fetch-Site": "same-origin"},
        {**_BROWSER, "Sec-Fetch-Site": "cross-site", "Origin": _FRIEND},
    ],
)
async def test_clients_and_friends_may_still_get_their_token(headers: dict[str, str]) -> None:
    async with open_api(allowed_origins=_FRIEND) as api:
        answer = await api.http.get("/api/connection-details", headers=headers)
        assert answer.json()["participant_token"]


async def test_head_answers_like_get_and_makes_nothing() -> None:
    async with open_api(starts_per_minute=1) as api:
        for path in ("/", "/api/health", "/api/connection-details", "/nope"):
            got, head = [await api.http.request(one, path) for one in ("HEAD", "GET")]
            assert (path, got.status_code) == (path, head.status_code)
        started = await api.http.head(f"/api/sessions/{'0' * 20}")
        assert started.status_code == 401


async def test_webhook_may_be_called_by_any_name() -> None:
    async with open_api() as api:
        answer = await api.http.post("/api/livekit/webhook", headers={"Host": "parley:7860"})
        assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/", "/api/health", "/api/nope", "/nope"])
async def test_every_answer_carries_the_security_headers(path: str) -> None:
    async with open_api() as api:
        headers = (await api.http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "microphone=(self)" in headers["permissions-policy"]
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def test_strange_calls_get_the_one_error_shape() -> None:
    async with open_api() as api:
        for method, path, status, code in (
            ("GET", "/api/nope", 404, "not_found"),
            ("POST", "/api/nope", 404, "not_found"),
            ("GET", "/api", 404, "not_found"),
            ("GET", "/api/sessions/", 404, "not_found"),
            ("GET", "/api/sessions", 405, "method_not_allowed"),
            ("PUT", "/api/sessions", 405, "method_not_allowed"),
            ("DELETE", "/api/health", 405, "method_not_allowed"),
            ("TRACE", "/api/token", 405, "method_not_allowed"),
            ("GET", "/docs", 404, "not_found"),
            ("GET", "/openapi.json", 404, "not_found"),
        ):
            answer = await api.http.request(method, path)
            assert (method, path, answer.status_code) == (method, path, status)
            assert error_code(answer) == code
