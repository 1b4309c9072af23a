"""What a caller's token opens, and what it does not: proved on a real LiveKit server."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import aiohttp
import pytest
from livekit import rtc
from livekit.api import AccessToken, LiveKitAPI, VideoGrants
from livekit.api.twirp_client import ServerError
from livekit.protocol.models import TrackSource
from livekit.protocol.room import (
    CreateRoomRequest,
    DeleteRoomRequest,
    ListParticipantsRequest,
    ListRoomsRequest,
    UpdateRoomMetadataRequest,
)
from livekit.protocol.rtc import SignalResponse

from bot.livekit.server import LiveKitServer
from bot.rooms.plan import MAX_PARTICIPANTS, RoomPlan, new_session_id
from bot.rooms.rooms import BotState, Rooms
from bot.rooms.tokens import Caller, Tokens
from tests.fake_bot import FakeBots

_NOBODY = Caller()


@pytest.fixture
def tokens(livekit_server: LiveKitServer) -> Tokens:
    return Tokens(
        api_key=livekit_server.api_key,
        api_secret=livekit_server.api_secret,
        session_max_secs=1800.0,
    )


def a_plan(agent_name: str) -> RoomPlan:
    return RoomPlan(agent_name=agent_name, session_id=new_session_id())


async def joined(livekit_server: LiveKitServer, token: str) -> rtc.Room:
    room = rtc.Room()
    await room.connect(livekit_server.url, token)
    return room


async def validation_status(livekit_server: LiveKitServer, token: str, **query: str) -> int:
    """Ask the server whether it would let this token in."""
    url = livekit_server.url.replace("ws://", "http://")
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{url}/rtc/validate", params={"access_token": token, **query}) as answer,
    ):
        return answer.status


async def publish(room: rtc.Room, track: rtc.LocalTrack, source: rtc.TrackSource.ValueType) -> None:
    options = rtc.TrackPublishOptions(source=source)
    await room.local_participant.publish_track(track, options)


async def published_sources(livekit_server: LiveKitServer, room_name: str) -> list[str]:
    api = LiveKitAPI(
        livekit_server.url,
        livekit_server.api_key,
        livekit_server.api_secret.get_secret_value(),
    )
    async with api:
        answer = await api.room.list_participants(ListParticipantsRequest(room=room_name))
    return [TrackSource.Name(track.source) for one in answer.participants for track in one.tracks]


@pytest.mark.promise("Rooms", "A caller's token opens one room, for a microphone and nothing else.")
async def test_microphone_may_be_published_camera_and_screen_not(
    livekit_server: LiveKitServer, rooms: Rooms, tokens: Tokens, agent_name: str
) -> None:
    plan = a_plan(agent_name)
    await rooms.create(plan)
    room = await joined(livekit_server, tokens.for_caller(plan, caller=_NOBODY).jwt)
    try:
        voice = rtc.LocalAudioTrack.create_audio_track("mic", rtc.AudioSource(16_000, 1))
        await publish(room, voice, rtc.TrackSource.SOURCE_MICROPHONE)
        for source in (rtc.TrackSource.SOURCE_CAMERA, rtc.TrackSource.SOURCE_SCREENSHARE):
            picture = rtc.LocalVideoTrack.create_video_track("pic", rtc.VideoSource(16, 16))
            with pytest.raises((rtc.participant.PublishTrackError, TimeoutError)):
                async with asyncio.timeout(3.0):
                    await publish(room, picture, source)
        assert await published_sources(livekit_server, plan.room_name) == ["MICROPHONE"]
    finally:
        await room.disconnect()


@pytest.mark.promise("Rooms", "A caller's token opens one room, for a microphone and nothing else.")
async def test_token_does_not_open_another_room(
    livekit_server: LiveKitServer, rooms: Rooms, tokens: Tokens, agent_name: str
) -> None:
    mine, other = a_plan(agent_name), a_plan(agent_name)
    await rooms.create(mine)
    await rooms.create(other)
    token = tokens.for_caller(mine, caller=_NOBODY).jwt

    # The room comes from the token; asking for another one in the address changes nothing.
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(
            f"{livekit_server.url}/rtc",
            params={"access_token": token, "room": other.room_name, "protocol": "9"},
        ) as signal,
    ):
        answer = SignalResponse.FromString((await signal.receive()).data)
    assert answer.join.room.name == mine.room_name


@pytest.mark.promise("Rooms", "A caller's token opens one room, for a microphone and nothing else.")
@pytest.mark.promise("Rooms", "A room without a bot gets one.")
async def test_token_changes_no_metadata_or_attributes(
    livekit_server: LiveKitServer, rooms: Rooms, tokens: Tokens, agent_name: str
) -> None:
    plan = a_plan(agent_name)
    await rooms.create(plan)
    caller = Caller(metadata="given", attributes={"colour": "blue"})
    room = await joined(livekit_server, tokens.for_caller(plan, caller=caller).jwt)
    witness_token = (
        AccessToken(livekit_server.api_key, livekit_server.api_secret.get_secret_value())
        .with_identity("witness")
        .with_grants(VideoGrants(room_join=True, room=plan.room_name))
        .to_jwt()
    )
    try:
        assert await rooms.bot_state(plan.room_name) is BotState.ABSENT
        # The SDK hides the server's NOT_ALLOWED, so another participant says what came through.
        await room.local_participant.set_metadata("taken")
        await room.local_participant.set_attributes({"lk.agent.state": "speaking"})
        await room.local_participant.set_name("Somebody Else")
        witness = await joined(livekit_server, witness_token)
        seen = witness.remote_participants[f"caller-{plan.session_id}"]
        assert (seen.metadata, seen.name) == ("given", "")
        assert seen.attributes == {"colour": "blue"}
        await witness.disconnect()
    finally:
        await room.disconnect()


async def test_token_has_no_say_over_rooms(
    livekit_server: LiveKitServer, rooms: Rooms, tokens: Tokens, agent_name: str
) -> None:
    plan = a_plan(agent_name)
    await rooms.create(plan)
    token = tokens.for_caller(plan, caller=_NOBODY, creates_room=True).jwt

    async with LiveKitAPI.with_token(token, livekit_server.url) as api:
        for call in (
            api.room.list_rooms(ListRoomsRequest()),
            api.room.create_room(CreateRoomRequest(name="mine")),
            api.room.delete_room(DeleteRoomRequest(room=plan.room_name)),
            api.room.update_room_metadata(UpdateRoomMetadataRequest(room=plan.room_name)),
            api.agent_dispatch.list_dispatch(plan.room_name),
        ):
            with pytest.raises(ServerError) as caught:
                await call
            assert caught.value.status in (401, 403)
    assert await rooms.find(plan.room_name) is not None


async def test_token_does_not_register_a_worker(
    livekit_server: LiveKitServer, tokens: Tokens, agent_name: str
) -> None:
    token = tokens.for_caller(a_plan(agent_name), caller=_NOBODY).jwt
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await http.ws_connect(
                f"{livekit_server.url}/agent", headers={"Authorization": f"Bearer {token}"}
            )
    assert caught.value.status in (401, 403)


async def test_expired_token_does_not_open_the_room(livekit_server: LiveKitServer) -> None:
    token = (
        AccessToken(livekit_server.api_key, livekit_server.api_secret.get_secret_value())
        .with_identity("late")
        .with_ttl(timedelta(minutes=-5))
        .with_grants(VideoGrants(room_join=True, room="tokentest-late"))
        .to_jwt()
    )
    assert await validation_status(livekit_server, token) == 401


@pytest.mark.promise("Rooms", "LiveKit closes a room nobody is in: at once, or before a minute.")
async def test_joining_with_a_token_that_makes_its_room_makes_it_without_a_bot(
    livekit_server: LiveKitServer, rooms: Rooms, tokens: Tokens, bots: FakeBots, agent_name: str
) -> None:
    plan = a_plan(agent_name)
    token = tokens.for_caller(plan, caller=_NOBODY, creates_room=True).jwt
    assert await rooms.find(plan.room_name) is None
    room = await joined(livekit_server, token)
    try:
        state = await rooms.find(plan.room_name)
        assert state is not None
        assert not state.is_parked
        assert not state.is_admitted
        assert room.metadata == plan.metadata
        api = rooms._api.room  # pyright: ignore[reportPrivateUsage]
        (made,) = (await api.list_rooms(ListRoomsRequest(names=[plan.room_name]))).rooms
        assert 0 < made.empty_timeout <= 60
        assert 61 <= made.departure_timeout <= 90
        assert made.max_participants == MAX_PARTICIPANTS
        # LiveKit dispatches in the moment in which it makes a room.
        await asyncio.sleep(0.5)
        assert bots.jobs == []
        assert await rooms.bot_state(plan.room_name) is BotState.ABSENT
    finally:
        await room.disconnect()
