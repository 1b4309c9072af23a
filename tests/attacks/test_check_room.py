"""A room to try a line in, on the real server: it carries nothing to anybody."""

from __future__ import annotations

import asyncio

from livekit import rtc

from bot.livekit.server import LiveKitServer
from bot.processes.task_set import TaskSet
from bot.rooms.check_rooms import CheckRooms
from bot.rooms.plan import new_session_id
from bot.rooms.rooms import Rooms


async def _publishes(room: rtc.Room, source: rtc.TrackSource.ValueType) -> bool:
    track = rtc.LocalAudioTrack.create_audio_track("tone", rtc.AudioSource(16_000, 1))
    try:
        async with asyncio.timeout(3.0):
            await room.local_participant.publish_track(
                track, rtc.TrackPublishOptions(source=source)
            )
    except (rtc.participant.PublishTrackError, TimeoutError):
        return False
    return True


async def test_a_check_room_connects_nobody_with_anybody(livekit_server: LiveKitServer) -> None:
    agent_name = f"test{new_session_id()[:8]}"
    key, secret = livekit_server.api_key, livekit_server.api_secret
    rooms = Rooms(url=livekit_server.url, api_key=key, api_secret=secret, agent_name=agent_name)
    async with rooms, TaskSet() as tasks:
        checks = CheckRooms(
            rooms=rooms, api_key=key, api_secret=secret, tasks=tasks, agent_name=agent_name
        )
        token = await checks.open()
        first, second = rtc.Room(), rtc.Room()
        left = asyncio.Event()
        first.on("disconnected", lambda _: left.set())
        try:
            await first.connect(livekit_server.url, token)
            assert await _publishes(first, rtc.TrackSource.SOURCE_MICROPHONE)
            assert not await _publishes(first, rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO)
            # Who passes the token on is put out by whoever uses it.
            await second.connect(livekit_server.url, token)
            await asyncio.wait_for(left.wait(), 10.0)
            assert not second.remote_participants
            assert await rooms.list_live() == []
            gone = asyncio.Event()
            second.on("disconnected", lambda _: gone.set())
            await checks.close()
            await asyncio.wait_for(gone.wait(), 10.0)
        finally:
            await first.disconnect()
            await second.disconnect()
