"""The real app on fake rooms, and a client that talks to it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.http.api import build_api
from bot.http.backend import Backend, LiveKitAccess, build_backend
from bot.http.health import PartsHealth
from bot.processes.task_set import TaskSet
from bot.rooms.join_link import JoinLink
from bot.settings import Settings
from tests.fake_rooms import API_KEY, API_SECRET, FakeRooms

BASE_URL = "http://127.0.0.1:7860"


@dataclass
class Api:
    """The app under test and its parts."""

    http: httpx.AsyncClient
    rooms: FakeRooms
    backend: Backend
    join_link: JoinLink
    parts: PartsHealth

    def count(self, *, parked: bool = False) -> int:
        """Count live rooms."""
        return sum(room.metadata.is_parked is parked for room in self.rooms.live.values())


@asynccontextmanager
async def open_api(
    page_dir: Path = Path("no page"),
    *,
    client: tuple[str, int] = ("127.0.0.1", 4711),
    **given: object,
) -> AsyncGenerator[Api]:
    """Run the app with these settings while the block runs; nothing is parked unless asked."""
    settings = Settings.model_validate({"parked_bots": 0, **given})
    rooms = FakeRooms(agent_name=settings.agent_name)
    join_link = JoinLink()
    parts = PartsHealth()

    async def look_at_parts() -> PartsHealth:
        return parts

    async with TaskSet() as tasks:
        backend = build_backend(
            settings=settings,
            livekit=LiveKitAccess(
                url="ws://127.0.0.1:7880", api_key=API_KEY, api_secret=API_SECRET
            ),
            rooms=rooms,
            tasks=tasks,
            join_link=join_link,
            look_at_parts=look_at_parts,
        )
        app = build_api(settings=settings, backend=backend, page_dir=page_dir)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=client)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as http:
            yield Api(http, rooms, backend, join_link, parts)


def error_code(response: httpx.Response) -> str:
    """Return the code of an error answer, whose shape must be exact."""
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["message"]
    return body["error"]["code"]


def bearer(token: str) -> dict[str, str]:
    """Return the header a caller shows."""
    return {"Authorization": f"Bearer {token}"}
