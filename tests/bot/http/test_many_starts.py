"""Fifty callers in the same moment, on a real LiveKit server with lines for four."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter

import httpx
import pytest

from bot.http.api import build_api
from bot.http.backend import Backend, open_backend
from bot.http.health import PartsHealth
from bot.livekit.access import LiveKitAccess
from bot.livekit.server import LiveKitServer
from bot.rooms.rooms import BotState, Rooms
from bot.settings import Settings
from tests.bot.http.api_client import BASE_URL, bearer, error_code
from tests.fake_bot import FakeBots
from tests.waiting import until

_LINES, _CALLERS = 4, 50


async def look_at_parts() -> PartsHealth:
    return PartsHealth()


async def ask(http: httpx.AsyncClient, number: int) -> httpx.Response:
    """Start as one of the callers; every other one would wait."""
    return await http.post(
        "/api/sessions",
        json={"wait": number % 2 == 0},
        headers={
            "Idempotency-Key": f"key-of-caller-{number}",
            "X-Forwarded-For": f"203.0.113.{number}",
        },
    )


async def ask_at_once(http: httpx.AsyncClient) -> list[httpx.Response]:
    """Start as all of them; four get a line, sixteen a place, and the rest is told why not."""
    asked_at = time.monotonic()
    answers = await asyncio.gather(*(ask(http, n) for n in range(1, _CALLERS + 1)))
    took_secs = time.monotonic() - asked_at
    refused = [answer for answer in answers if answer.status_code not in (201, 202)]
    codes = Counter(error_code(answer) for answer in refused)
    # Ten a minute for each line are looked at; the others are told to come back.
    looked_at = 10 * _LINES + math.floor(took_secs * 10 * _LINES / 60)
    assert _CALLERS - looked_at <= codes["rate_limited"] <= _CALLERS - 10 * _LINES
    assert codes.keys() <= {"at_capacity", "rate_limited"}
    assert Counter(answer.status_code for answer in answers) == {
        201: _LINES,
        202: 4 * _LINES,
        503: codes["at_capacity"],
        429: codes["rate_limited"],
    }
    return answers


async def has_ready_bots(rooms: Rooms) -> bool:
    names = [room.room_name for room in await rooms.list_live()]
    return [await rooms.bot_state(name) for name in names] == [BotState.READY] * _LINES


async def next_in_line(http: httpx.AsyncClient, waiting: list[int], backend: Backend) -> None:
    """End one call: the next line is the first one's, whoever else asks for it before."""
    (room, *_) = await backend.rooms.list_live()
    await backend.rooms.delete(room.room_name)
    backend.records.note_ended(room.session_id, "goodbye")
    assert error_code(await ask(http, _CALLERS + 1)) == "at_capacity"
    answers = [await ask(http, number) for number in reversed(waiting)]
    assert [answer.status_code for answer in answers] == [202] * (len(waiting) - 1) + [201]


async def are_live(http: httpx.AsyncClient, begun: list[dict[str, str]]) -> None:
    for session in begun:
        headers = bearer(session["participant_token"])
        state = await http.get(f"/api/sessions/{session['session_id']}", headers=headers)
        assert state.json()["state"] == "live"


@pytest.mark.promise(
    "Limits", "Fifty starts at once on a machine for four are four calls and 46 clear answers."
)
async def test_real_lines_go_to_four_of_fifty(
    livekit_server: LiveKitServer, agent_name: str, rooms: Rooms, bots: FakeBots
) -> None:
    settings = Settings.model_validate(
        {
            "agent_name": agent_name,
            "max_sessions": _LINES,
            "parked_bots": 0,
            "trusted_proxies": "127.0.0.1",
        }
    )
    access = LiveKitAccess(
        url=livekit_server.url,
        api_key=livekit_server.api_key,
        api_secret=livekit_server.api_secret,
    )
    async with open_backend(
        settings=settings, livekit=access, join_link=None, look_at_parts=look_at_parts
    ) as backend:
        transport = httpx.ASGITransport(build_api(settings=settings, backend=backend))
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as http:
            answers = await ask_at_once(http)
            assert all("retry-after" in a.headers for a in answers if a.status_code != 201)
            # Sixteen places, in the order of arrival, and no more rooms than lines.
            waiting = [n for n, a in enumerate(answers, 1) if a.status_code == 202]
            await asyncio.sleep(1.1)
            places = [(await ask(http, number)).json()["place"] for number in waiting]
            assert places == list(range(1, len(waiting) + 1))
            assert len(await rooms.list_live()) == _LINES
            await until(lambda: has_ready_bots(rooms))
            await are_live(http, [a.json() for a in answers if a.status_code == 201])
            await asyncio.sleep(1.1)
            await next_in_line(http, waiting, backend)
