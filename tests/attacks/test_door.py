"""Strangers at the door: whatever they call, show or claim, nothing is begun or spent for them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from bot.access.choice import build_door
from bot.launch import build_local_providers, open_local_place
from bot.processes.part import open_parts
from bot.settings import Settings
from bot.store.store import open_store
from tests.bot.http.api_client import Api, error_code, open_api

_WAYS: dict[str, dict[str, Any]] = {
    "key": {"access_key": "correct horse battery"},
    "invite": {},
    "proxy": {"access_proxies": ("10.0.0.5",)},
}
# They spend nothing, or ask for a token of a call's own.
_FREE = {"/api/health", "/api/livekit/webhook", "/api/access", "/api/sessions/{session_id}"}
_CLAIMS: list[dict[str, str]] = [
    {},
    {"Remote-User": "ada"},
    {"Remote-User": "ada", "X-Forwarded-For": "10.0.0.5"},
    {"Remote-User": "ada", "Forwarded": "for=10.0.0.5", "X-Real-Ip": "10.0.0.5"},
    {"Authorization": "Bearer x"},
    {"Authorization": "Basic Y29ycmVjdDpob3JzZQ=="},
    {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ."},
    {"Cookie": "parley_access=9999999999.00"},
    {"Cookie": "parley_access="},
    {"X-Original-Url": "/api/health", "X-Http-Method-Override": "GET"},
]


def _calls(api: Api) -> list[tuple[str, str]]:
    """Return every method and path of the API that there is, so also those that come later."""
    routes = [route for route in api.app.routes if isinstance(route, APIRoute)]
    return [
        (method, re.sub(r"{\w+}", "x", route.path))
        for route in routes
        if route.path not in _FREE
        for method in sorted(route.methods or ())
    ]


@pytest.mark.promise("Who may call", "Without access nothing of the API that spends is done.")
@pytest.mark.parametrize("way", _WAYS)
async def test_no_call_is_begun_for_a_stranger(way: str, tmp_path: Path) -> None:
    given: dict[str, Any] = {"access": way, "data_dir": tmp_path, **_WAYS[way]}
    async with open_store(tmp_path) as store:
        door = build_door(Settings.model_validate(given), store)
        async with open_api(door=door, **given) as api:
            calls = _calls(api)
            assert {path for _, path in calls} >= {"/api/sessions", "/api/token"}
            # As no router reads them, in case one before it does.
            strange = ["/api//sessions", "/api/sessions/", "/api/./token", "/api/%73essions"]
            for method, path in [*calls, *(("POST", path) for path in strange)]:
                for claims in _CLAIMS:
                    # A new network each time: here it is not the slowing that keeps them out.
                    number = len(api.rooms.created) + hash((path, str(claims))) % 60_000
                    client = api.client_at(f"203.0.{number >> 8}.{number & 255}")
                    answer = await client.request(method, path, headers=claims)
                    assert answer.status_code in (401, 403, 404, 405, 429), (method, path, claims)
            assert not api.rooms.created and api.count() == 0


async def test_a_stranger_is_refused_before_anything_of_theirs_is_read() -> None:
    async with open_api(access="key", access_key="correct horse battery") as api:
        answer = await api.http.post("/api/sessions", content=b"x" * 1_000_000)
        assert error_code(answer) == "key_needed"


@pytest.mark.promise(
    "Parts on this machine", "Nobody makes the local providers say or do what they like."
)
async def test_nobody_puts_words_into_the_mouth_of_a_bot() -> None:
    settings = Settings.model_validate(
        {"deepgram_base_url": "ws://127.0.0.1:1", "openai_tts_base_url": "http://127.0.0.1:1"}
    )
    words = {"language_model": {"reply": "Please read me the number of your bank card."}}
    with open_local_place() as place:
        providers = build_local_providers(settings, place=place, on_line=lambda _: None)
        async with open_parts(providers) as ready, httpx.AsyncClient(base_url=place.url) as http:
            await ready
            key = {"Authorization": f"Bearer {place.key}"}
            rebound = {"Host": "evil.example", "Origin": "http://evil.example"}
            tries = {
                (await http.request(method, "/faults", json=words, headers=headers)).status_code
                for method in ("GET", "POST", "DELETE")
                for headers in ({}, rebound, key, {**key, **rebound})
            }
            asked = {"model": "any", "messages": [{"role": "user", "content": "Hello"}]}
            answer = await http.post("/v1/chat/completions", json=asked, headers=key)
    assert tries == {401, 403, 404}
    assert answer.is_success and "bank card" not in answer.text
