"""No body, however strange, ever gets more than a clear refusal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from bot.http.body import MAX_BODY_BYTES, read_json
from bot.http.errors import ApiError
from bot.http.wire import StartRequest
from tests.bot.http.api_client import error_code, open_api
from tests.virtual_time import run_in_virtual_time

_PATHS = (
    *("/api/sessions", "/api/token"),
    *("/api/connection-details", "/api/v2/sandbox/connection-details"),
)
_JSON = {"Content-Type": "application/json"}


async def post(path: str, content: bytes | AsyncIterator[bytes], **headers: str) -> httpx.Response:
    async with open_api() as api:
        answer = await api.http.post(path, content=content, headers={**_JSON, **headers})
        if answer.status_code >= 400:
            assert api.rooms.created == []
        return answer


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"nonsense",
        b'{"participant_name": NaN',
        b"\xff\xfe{}",
        b'{"participant_name": "\xc3"}',
        b"[" * 8000,
        b'{"a":' * 3000,
        b"\x00",
    ],
)
async def test_unreadable_body_is_a_bad_request(path: str, content: bytes) -> None:
    answer = await post(path, content)
    assert (answer.status_code, error_code(answer)) == (400, "bad_request")


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize("content", [b"[]", b"1", b"null", b'"text"', b"1e999", b"9" * 5000])
async def test_body_that_is_no_object_is_unfit(path: str, content: bytes) -> None:
    answer = await post(path, content)
    assert (answer.status_code, error_code(answer)) in ((422, "bad_request"), (400, "bad_request"))


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b'{"participant_nmae": "Ada"}', "participant_nmae"),
        (b'{"participant_name": 7}', "participant_name"),
        (b'{"participant_name": {"a": 1}}', "participant_name"),
        (b'{"participant_name": "' + b"x" * 65 + b'"}', "participant_name"),
        (b'{"participant_name": "two\\nlines"}', "participant_name"),
        (b'{"participant_name": "\\u0000"}', "participant_name"),
        (b'{"join_code": ""}', "join_code"),
        ('{"\u202e": 1}'.encode(), "\\u202e"),
    ],
)
async def test_unfit_field_is_named(content: bytes, named: str) -> None:
    answer = await post("/api/sessions", content)
    assert (answer.status_code, error_code(answer)) == (422, "bad_request")
    assert named in answer.json()["error"]["message"]


async def test_values_are_never_repeated() -> None:
    answer = await post("/api/sessions", b'{"participant_name": 5550123}')
    assert "5550123" not in answer.text


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_other_media_types_are_unsupported(media_type: str) -> None:
    answer = await post("/api/sessions", b"{}", **{"Content-Type": media_type})
    assert (answer.status_code, error_code(answer)) == (415, "unsupported_media_type")


async def test_media_type_may_have_parameters() -> None:
    answer = await post(
        "/api/sessions", b"{}", **{"Content-Type": "Application/JSON; charset=utf-8"}
    )
    assert answer.status_code == 201


async def test_oversized_body_is_refused_by_its_declared_length() -> None:
    answer = await post("/api/sessions", b"{}" + b" " * MAX_BODY_BYTES)
    assert (answer.status_code, error_code(answer)) == (413, "body_too_large")


@pytest.mark.promise("Limits", "A body that is too long is refused while it arrives.")
async def test_oversized_chunked_body_is_refused_while_it_arrives() -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield b" " * 1024

    answer = await post("/api/sessions", chunks())
    assert (answer.status_code, error_code(answer)) == (413, "body_too_large")


@pytest.mark.promise("Limits", "A request that never ends is refused within ten seconds.")
@pytest.mark.parametrize("pause_secs", [1.0, 3600.0])
def test_body_that_never_ends_is_given_up(pause_secs: float) -> None:
    async def trickle() -> Message:
        await asyncio.sleep(pause_secs)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def story() -> None:
        request = Request({"type": "http", "method": "POST", "headers": []}, trickle)
        with pytest.raises(ApiError) as caught:
            await read_json(request, StartRequest)
        assert caught.value.code == "bad_request"
        assert asyncio.get_running_loop().time() < 11.0

    run_in_virtual_time(story())


async def test_client_that_goes_away_in_the_middle_starts_nothing() -> None:
    async def leave() -> AsyncIterator[bytes]:
        yield b"{"
        raise ClientDisconnect

    async with open_api() as api:
        answer = await api.http.post("/api/sessions", content=leave(), headers=_JSON)
        assert (answer.status_code, api.rooms.created) == (400, [])


_json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
_fields = st.sampled_from(
    [
        "participant_name",
        "participant_identity",
        "participant_metadata",
        "participant_attributes",
        "room_config",
        "room_name",
        "join_code",
    ]
)
_bodies = st.dictionaries(_fields | st.text(max_size=8), _json_values, max_size=4)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(path=st.sampled_from(_PATHS), body=_bodies | _json_values, escape=st.booleans())
def test_no_json_is_ever_our_failure(path: str, body: object, escape: bool) -> None:
    text = json.dumps(body, ensure_ascii=escape)
    answer = asyncio.run(post(path, text.encode("utf-8", errors="surrogatepass")))
    assert answer.status_code in (200, 201, 400, 410, 413, 422)
    if answer.status_code >= 400:
        error_code(answer)


@settings(max_examples=100, deadline=None)
@given(path=st.sampled_from(_PATHS), content=st.binary(max_size=300))
def test_no_bytes_are_ever_our_failure(path: str, content: bytes) -> None:
    answer = asyncio.run(post(path, content))
    assert answer.status_code in (201, 400, 422)


_header_values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200)


@settings(max_examples=100, deadline=None)
@given(key=_header_values, authorization=_header_values, origin=_header_values)
def test_no_header_is_ever_our_failure(key: str, authorization: str, origin: str) -> None:
    async def send() -> list[int]:
        async with open_api() as api:
            headers = {"Idempotency-Key": key, "Authorization": authorization, "Origin": origin}
            path = f"/api/sessions/{'0' * 20}"
            return [
                (await api.http.post("/api/sessions", headers=headers)).status_code,
                (await api.http.get(path, headers=headers)).status_code,
                (await api.http.post("/api/livekit/webhook", headers=headers)).status_code,
            ]

    assert max(asyncio.run(send())) < 500
