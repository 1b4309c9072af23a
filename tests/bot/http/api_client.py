"""The real app on fake rooms, and a client that talks to it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI
from livekit.api import AccessToken

from bot.access.doors import Door
from bot.http.api import build_api
from bot.http.backend import Backend, build_backend
from bot.http.health import PartsHealth
from bot.livekit.access import LiveKitAccess
from bot.processes.task_set import TaskSet
from bot.rooms.join_link import JoinLink
from bot.settings import Settings
from bot.store.store import Store
from tests.fake_rooms import API_KEY, API_SECRET, FakeRooms

BASE_URL = "http://127.0.0.1:7860"


@dataclass
class Api:
    """The app under test and its parts."""

    app: FastAPI
    http: httpx.AsyncClient
    rooms: FakeRooms
    backend: Backend
    join_link: JoinLink
    parts: PartsHealth

    def count(self, *, parked: bool = False) -> int:
        """Count live rooms."""
        return sum(room.metadata.is_parked is parked for room in self.rooms.live.values())

    def client_at(self, address: str) -> httpx.AsyncClient:
        """Return a client that calls from an address of its own; it need not be closed."""
        return _client(self.app, (address, 4711))


def _client(app: FastAPI, address: tuple[str, int]) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=address)
    return httpx.AsyncClient(transport=transport, base_url=BASE_URL)


@asynccontextmanager
async def open_api(
    page_dir: Path = Path("no page"),
    *,
    client: tuple[str, int] = ("127.0.0.1", 4711),
    livekit_url: str = "ws://127.0.0.1:7880",
    door: Door | None = None,
    store: Store | None = None,
    rooms: FakeRooms | None = None,
    key_of_tickets: bytes = b"",
    **given: object,
) -> AsyncGenerator[Api]:
    """Run the app with these settings while the block runs; nothing is parked unless asked.

    Args:
        page_dir: The page's files.
        client: Where requests come from.
        livekit_url: Where LiveKit is.
        door: Who may call.
        store: Which other runners may share.
        rooms: Of a LiveKit that other runners see too.
        key_of_tickets: Which they have too; empty: one of its own.
        **given: Settings.
    """
    settings = Settings.model_validate({"parked_bots": 0, "access": "open", **given})
    rooms = rooms or FakeRooms(agent_name=settings.agent_name)
    join_link = JoinLink()
    parts = PartsHealth()

    async def look_at_parts() -> PartsHealth:
        return parts

    async with TaskSet() as tasks:
        backend = build_backend(
            settings=settings,
            livekit=LiveKitAccess(url=livekit_url, api_key=API_KEY, api_secret=API_SECRET),
            rooms=rooms,
            tasks=tasks,
            join_link=join_link,
            look_at_parts=look_at_parts,
            store=store,
            key_of_tickets=key_of_tickets,
        )
        app = build_api(settings=settings, backend=backend, door=door, page_dir=page_dir)
        async with _client(app, client) as http:
            yield Api(app, http, rooms, backend, join_link, parts)


def error_code(response: httpx.Response) -> str:
    """Return the code of an error answer, whose shape must be exact."""
    body = response.json()
    assert set(body) == {"error"}
    known = {"reason"} if body["error"]["code"] == "session_gone" else set[str]()
    assert set(body["error"]) - known == {"code", "message"}
    assert body["error"]["message"]
    return body["error"]["code"]


def bearer(token: str) -> dict[str, str]:
    """Return the header a caller shows."""
    return {"Authorization": f"Bearer {token}"}


async def send_event(api: Api, event: dict[str, object], *, secret: str | None = None) -> int:
    """Call our webhook as LiveKit does; returns the status."""
    body = json.dumps(event).encode()
    token = AccessToken(API_KEY, secret or API_SECRET.get_secret_value())
    token.claims.sha256 = base64.b64encode(hashlib.sha256(body).digest()).decode()
    answer = await api.http.post(
        "/api/livekit/webhook",
        content=body,
        headers={"Authorization": token.to_jwt(), "Content-Type": "application/webhook+json"},
    )
    return answer.status_code
