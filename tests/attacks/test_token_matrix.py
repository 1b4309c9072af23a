"""Who may do what with which token: every one tried for everything, on the real server.

`docs/security.md` prints the table; a test here compares the two.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import takewhile
from pathlib import Path

import aiohttp
import httpx
import pytest
from livekit import rtc
from livekit.api import AccessToken, LiveKitAPI, VideoGrants
from livekit.api.twirp_client import TwirpError
from livekit.protocol.agent_dispatch import CreateAgentDispatchRequest
from livekit.protocol.room import (
    CreateRoomRequest,
    DeleteRoomRequest,
    ListRoomsRequest,
    RoomParticipantIdentity,
    UpdateRoomMetadataRequest,
)

from bot.http.api import build_api
from bot.http.backend import Backend, open_backend
from bot.http.health import PartsHealth
from bot.livekit.access import LiveKitAccess
from bot.livekit.server import LiveKitServer
from bot.rooms.plan import RoomPlan, new_session_id
from bot.rooms.tokens import Caller, StartedSession
from bot.settings import Settings
from tests.fake_bot import FakeBots
from tests.waiting import until

_PAGE = Path("docs/security.md")
_LIMIT_SECS = 3.0
_NOBODY = Caller()


@dataclass
class Matrix:
    """One session in the real server, whose caller and bot are there, and what is tried on it."""

    server: LiveKitServer
    backend: Backend
    bots: FakeBots
    plan: RoomPlan
    http: httpx.AsyncClient
    witness: rtc.Room
    heard_by_witness: set[str] = field(default_factory=set[str])

    def token(self, holder: str) -> str:
        """Return what this holder has."""
        return _HOLDERS[holder](self)

    def signed(self, grants: VideoGrants, *, identity: str = "", ttl_secs: float = 600.0) -> str:
        """Return a token that the operator makes."""
        token = AccessToken(self.server.api_key, self.server.api_secret.get_secret_value())
        token.with_ttl(timedelta(seconds=ttl_secs)).with_grants(grants)
        return (token.with_identity(identity) if identity else token).to_jwt()


async def _joins(matrix: Matrix, token: str) -> bool:
    url = matrix.server.url.replace("ws://", "http://")
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{url}/rtc/validate", params={"access_token": token}) as answer,
    ):
        return answer.status == 200


@asynccontextmanager
async def _inside(matrix: Matrix, token: str) -> AsyncGenerator[rtc.Room | None]:
    """Join the session's room, if the token opens it."""
    room = rtc.Room()
    try:
        async with asyncio.timeout(_LIMIT_SECS):
            if await _joins(matrix, token):
                await room.connect(matrix.server.url, token)
    except (rtc.ConnectError, TimeoutError):
        pass
    try:
        yield room if room.isconnected() and room.name == matrix.plan.room_name else None
    finally:
        await room.disconnect()


async def _enters(matrix: Matrix, token: str) -> bool:
    async with _inside(matrix, token) as room:
        return room is not None


async def _speaks(matrix: Matrix, token: str) -> bool:
    async with _inside(matrix, token) as room:
        if room is None:
            return False
        voice = rtc.LocalAudioTrack.create_audio_track("voice", rtc.AudioSource(16_000, 1))
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        try:
            async with asyncio.timeout(_LIMIT_SECS):
                await room.local_participant.publish_track(voice, options)
        except (rtc.participant.PublishTrackError, TimeoutError):
            return False
        return True


async def _writes(matrix: Matrix, token: str) -> bool:
    async with _inside(matrix, token) as room:
        if room is None:
            return False
        word = new_session_id()
        await room.local_participant.publish_data(word.encode(), reliable=True)

        async def has_come() -> bool:
            return word in matrix.heard_by_witness

        try:
            await until(has_come, limit_secs=1.0)
        except TimeoutError:
            return False
        return True


def _asks(call: Callable[[LiveKitAPI, Matrix], Awaitable[object]]) -> _Attempt:
    """Return an attempt at a call of LiveKit's server API."""

    async def attempt(matrix: Matrix, token: str) -> bool:
        async with LiveKitAPI.with_token(token, matrix.server.url) as api:
            try:
                await call(api, matrix)
            except TwirpError as error:
                assert error.status in (401, 403), error
                return False
        return True

    return attempt


async def _serves(matrix: Matrix, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as http:
        try:
            socket = await http.ws_connect(f"{matrix.server.url}/agent", headers=headers)
        except aiohttp.WSServerHandshakeError as error:
            assert error.status in (401, 403)
            return False
        await socket.close()
        return True


def _calls(method: str, path: str) -> _Attempt:
    """Return an attempt at a call of our own API."""

    async def attempt(matrix: Matrix, token: str) -> bool:
        answer = await matrix.http.request(
            method,
            path.format(session_id=matrix.plan.session_id),
            content=b"{}" if method == "POST" else None,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        assert answer.is_success or answer.status_code in (401, 403), answer.text
        return answer.is_success

    return attempt


_Attempt = Callable[[Matrix, str], Awaitable[bool]]

_ATTEMPTS: dict[str, _Attempt] = {
    "enter": _enters,
    "speak": _speaks,
    "write": _writes,
    "watch (API)": _calls("GET", "/api/sessions/{session_id}"),
    "tell events (API)": _calls("POST", "/api/livekit/webhook"),
    "list rooms": _asks(lambda api, _: api.room.list_rooms(ListRoomsRequest())),
    "make a room": _asks(
        lambda api, it: api.room.create_room(CreateRoomRequest(name=f"{it.plan.room_name}-x"))
    ),
    "change the room": _asks(
        lambda api, it: api.room.update_room_metadata(
            UpdateRoomMetadataRequest(room=it.plan.room_name, metadata=it.plan.metadata)
        )
    ),
    "send for a bot": _asks(
        lambda api, it: api.agent_dispatch.create_dispatch(
            CreateAgentDispatchRequest(room=it.plan.room_name, agent_name="nobody")
        )
    ),
    "put somebody out": _asks(
        lambda api, it: api.room.remove_participant(
            RoomParticipantIdentity(room=it.plan.room_name, identity="listener")
        )
    ),
    "be a worker": _serves,
    "end (API)": _calls("DELETE", "/api/sessions/{session_id}"),
    "close the room": _asks(
        lambda api, it: api.room.delete_room(DeleteRoomRequest(room=it.plan.room_name))
    ),
}
"""In this order: the last ones end the session."""


def _for_caller(matrix: Matrix, plan: RoomPlan | None = None) -> str:
    return matrix.backend.tokens.for_caller(plan or matrix.plan, caller=_NOBODY).jwt


def _other_plan(matrix: Matrix) -> RoomPlan:
    return RoomPlan(agent_name=matrix.plan.agent_name, session_id=new_session_id())


def _expired(matrix: Matrix) -> str:
    grants = VideoGrants(room_join=True, room=matrix.plan.room_name)
    return matrix.signed(grants, identity=matrix.plan.caller_identity, ttl_secs=-4000.0)


def _forged(matrix: Matrix) -> str:
    grants = VideoGrants(room_join=True, room_admin=True, room=matrix.plan.room_name)
    token = AccessToken(matrix.server.api_key, "another secret of at least 32 characters")
    return token.with_identity(matrix.plan.caller_identity).with_grants(grants).to_jwt()


_HOLDERS: dict[str, Callable[[Matrix], str]] = {
    "caller": _for_caller,
    "listener": lambda it: it.signed(
        VideoGrants(
            room_join=True, room=it.plan.room_name, can_publish=False, can_publish_data=False
        ),
        identity="listener",
    ),
    "another session's caller": lambda it: _for_caller(it, _other_plan(it)),
    "caller, expired": _expired,
    "caller, forged": _forged,
    "resume ticket, as a token": lambda it: it.backend.resuming.ticket_of(
        StartedSession(plan=it.plan, token=it.backend.tokens.for_caller(it.plan, caller=_NOBODY))
    ),
    "check": lambda it: it.backend.checks.token_of(f"{it.plan.room_name}.check"),
    "bot": lambda it: it.bots.tokens[it.plan.room_name],
    "worker": lambda it: it.signed(VideoGrants(agent=True)),
}

_ALLOWED = {
    "caller": {"enter", "speak", "write", "watch (API)", "end (API)"},
    "listener": {"enter"},
    "another session's caller": set[str](),
    "caller, expired": set[str](),
    "caller, forged": set[str](),
    "resume ticket, as a token": set[str](),
    "check": set[str](),
    # LiveKit gives every agent a token that would also register a worker.
    "bot": {"enter", "speak", "write", "be a worker"},
    "worker": {"be a worker"},
}


async def _look_at_parts() -> PartsHealth:
    return PartsHealth()


@pytest.fixture
async def matrix(livekit_server: LiveKitServer) -> AsyncGenerator[Matrix]:
    """Open a session on the real server; its bot is there."""
    agent_name = f"test{new_session_id()[:8]}"
    settings = Settings.model_validate({"parked_bots": 0, "agent_name": agent_name})
    access = LiveKitAccess(
        url=livekit_server.url,
        api_key=livekit_server.api_key,
        api_secret=livekit_server.api_secret,
    )

    async with (
        FakeBots(
            url=livekit_server.url,
            api_key=livekit_server.api_key,
            api_secret=livekit_server.api_secret.get_secret_value(),
            agent_name=agent_name,
        ) as bots,
        open_backend(
            settings=settings, livekit=access, join_link=None, look_at_parts=_look_at_parts
        ) as backend,
    ):
        app = build_api(settings=settings, backend=backend, page_dir=Path("no page"))
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7860") as http:
            plan = (await backend.sessions.start(caller=_NOBODY)).plan
            witness = rtc.Room()
            it = Matrix(livekit_server, backend, bots, plan, http, witness)
            grants = VideoGrants(room_join=True, hidden=True, room=plan.room_name)
            await witness.connect(livekit_server.url, it.signed(grants, identity="witness"))
            witness.on("data_received", lambda packet: it.heard_by_witness.add(_text(packet)))

            async def has_bot() -> bool:
                return plan.room_name in bots.tokens

            await until(has_bot)
            try:
                yield it
            finally:
                await witness.disconnect()


@pytest.mark.promise("Rooms", "A token allows what it is for, and nothing else.")
@pytest.mark.parametrize("holder", _HOLDERS)
async def test_a_token_allows_what_it_is_for_and_nothing_else(matrix: Matrix, holder: str) -> None:
    token = matrix.token(holder)
    allowed = {name for name, attempt in _ATTEMPTS.items() if await attempt(matrix, token)}
    assert allowed == _ALLOWED[holder]


@pytest.mark.promise("Rooms", "A token allows what it is for, and nothing else.")
async def test_a_token_of_a_session_that_is_over_brings_nothing_back(matrix: Matrix) -> None:
    token = matrix.token("caller")
    assert await _ATTEMPTS["end (API)"](matrix, token)
    jobs = len(matrix.bots.jobs)
    async with _inside(matrix, token):
        await asyncio.sleep(0.5)
    assert len(matrix.bots.jobs) == jobs
    assert not await _ATTEMPTS["end (API)"](matrix, matrix.token("listener"))


def test_the_page_about_security_says_the_same() -> None:
    lines = _PAGE.read_text().splitlines()
    first = lines.index("| token | may |") + 2
    rows = [line.strip("| ").split(" | ") for line in takewhile(len, lines[first:])]
    said = {holder: set(may.split(", ")) for holder, may in rows}
    assert said == {holder: allowed or {"nothing"} for holder, allowed in _ALLOWED.items()}


def _text(packet: rtc.DataPacket) -> str:
    return packet.data.decode(errors="replace")
