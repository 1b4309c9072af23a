"""What happens in a room during a call: none of it may stop the conversation."""

from __future__ import annotations

import asyncio
import time

import pytest
from livekit import rtc
from livekit.api import AccessToken, VideoGrants
from livekit.rtc._proto.room_pb2 import SimulateScenarioKind

from bench import voice
from bench.caller import Caller
from bench.sound import SAMPLE_RATE_HZ
from bot.call.course import EndReason
from bot.livekit.server import LiveKitServer
from tests.bot.call.session_call import Call, OpenCall, ask, greeted, said
from tests.waiting import until

_LIMIT_SECS = 20.0


def microphone_of(caller: Caller) -> rtc.LocalTrackPublication:
    [publication] = caller.room.local_participant.track_publications.values()
    return publication


def observer_token(server: LiveKitServer, call: Call) -> str:
    grants = VideoGrants(room_join=True, room=call.plan.room_name)
    token = AccessToken(server.api_key, server.api_secret.get_secret_value())
    return token.with_identity("observer").with_grants(grants).to_jwt()


def own_words(caller: Caller) -> str:
    return " ".join(caption.text for caption in caller.own_captions).lower()


async def test_a_muted_microphone_is_not_heard_and_an_unmuted_one_is(open_call: OpenCall) -> None:
    async with open_call() as call, call.join() as caller:
        await greeted(caller)
        track = microphone_of(caller).track
        assert isinstance(track, rtc.LocalAudioTrack)
        track.mute()
        await caller.say(voice.spoken("What time is it in Paris?"))
        await asyncio.sleep(1.0)
        assert not call.task.done()
        track.unmute()
        await ask(caller, "What time is it in Tokyo?")
        assert "tokyo" in said(caller)
        assert "paris" not in own_words(caller) + said(caller)


@pytest.mark.promise("Rooms", "The caller named in the plan is the caller, whoever comes first.")
async def test_somebody_who_comes_before_the_caller_is_not_taken_for_one(
    open_call: OpenCall, livekit_server: LiveKitServer
) -> None:
    async with open_call() as call:
        await until(call.is_waiting)
        first = rtc.Room()
        await first.connect(livekit_server.url, observer_token(livekit_server, call))

        async def is_seen() -> bool:
            return bool(call.room.room.remote_participants)

        await until(is_seen)
        async with call.join() as caller:
            await greeted(caller)
        # The other one is still there.
        assert await asyncio.wait_for(call.reason(), _LIMIT_SECS) is EndReason.CALLER_LEFT
        await first.disconnect()


async def test_a_microphone_muted_in_the_middle_of_a_question_ends_the_turn(
    open_call: OpenCall,
) -> None:
    async with open_call() as call, call.join() as caller:
        await greeted(caller)
        track = microphone_of(caller).track
        assert isinstance(track, rtc.LocalAudioTrack)
        spoken = await caller.say(voice.spoken("What time is it in Tokyo?"))
        track.mute()
        await caller.wait_for_onset(spoken.u1_secs, _LIMIT_SECS)
        await caller.wait_for_silence()
        assert "tokyo" in said(caller)
        track.unmute()
        await ask(caller, "What time is it in Paris?")
        assert "paris" in said(caller)


async def test_a_microphone_switched_in_the_call_is_heard(open_call: OpenCall) -> None:
    async with open_call() as call, call.join() as caller:
        await greeted(caller)
        person = caller.room.local_participant
        await person.unpublish_track(microphone_of(caller).sid)
        track = rtc.LocalAudioTrack.create_audio_track("other microphone", caller.source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        publication = await person.publish_track(track, options)
        await asyncio.wait_for(publication.wait_for_subscription(), _LIMIT_SECS)
        await ask(caller, "What time is it in Tokyo?")
        assert "tokyo" in said(caller)


async def test_a_second_participant_neither_speaks_to_the_bot_nor_ends_the_call(
    open_call: OpenCall, livekit_server: LiveKitServer
) -> None:
    async with open_call() as call, call.join() as caller:
        await greeted(caller)
        async with Caller.join(call.server_url, observer_token(livekit_server, call)) as observer:
            await observer.say(voice.spoken("What time is it in Paris?"))
            await observer.type_text("What time is it in Berlin?")
            await asyncio.sleep(2.0)
            assert len(caller.bot_captions) == 1
            assert caller.own_captions == []
            await ask(caller, "What time is it in Tokyo?")
        await ask(caller, "What time is it in London?")
        words = said(caller)
        assert "tokyo" in words and "london" in words
        assert "paris" not in words and "berlin" not in words
        assert not call.task.done()


@pytest.mark.promise("Rooms", "The caller is who the plan names, not whoever comes first.")
async def test_a_listener_who_comes_first_is_not_the_caller(
    open_call: OpenCall, livekit_server: LiveKitServer
) -> None:
    async with (
        open_call() as call,
        Caller.join(call.server_url, observer_token(livekit_server, call)) as observer,
    ):
        await observer.wait_for_bot()
        await observer.type_text("What time is it in Paris?")
        assert not observer.recording.is_loud(since_secs=0.0)
        async with call.join() as caller:
            await greeted(caller)
            await ask(caller, "What time is it in Tokyo?")
            assert "tokyo" in said(caller) and "paris" not in said(caller)


async def test_a_second_tab_takes_the_call_over(open_call: OpenCall) -> None:
    async with open_call() as call, call.join() as first:
        await greeted(first)
        async with call.join() as second:
            await first.wait_until(lambda: first.disconnect_reason is not None, _LIMIT_SECS)
            assert first.disconnect_reason == "DUPLICATE_IDENTITY"
            await second.wait_for_bot()
            await ask(second, "What time is it in Tokyo?")
            assert "tokyo" in said(second)
            assert not call.task.done()


@pytest.mark.parametrize("kind", ["SIMULATE_SIGNAL_RECONNECT", "SIMULATE_FULL_RECONNECT"])
@pytest.mark.parametrize("who", ["caller", "bot"])
async def test_a_connection_that_breaks_and_comes_back_goes_on(
    open_call: OpenCall, kind: str, who: str
) -> None:
    async with open_call() as call, call.join() as caller:
        await greeted(caller)
        room = caller.room if who == "caller" else call.room.room
        back = asyncio.Event()
        room.on("reconnected", back.set)
        await room.simulate_scenario(SimulateScenarioKind.Value(kind))
        await asyncio.wait_for(back.wait(), _LIMIT_SECS)
        await caller.wait_for_silence(0.5, since_secs=time.monotonic())
        await ask(caller, "What time is it in Tokyo?")
        assert "tokyo" in said(caller)
        assert not call.task.done()


async def test_only_the_callers_microphone_is_heard_not_their_other_sound(
    open_call: OpenCall, livekit_server: LiveKitServer
) -> None:
    async with open_call() as call:
        # A caller's own token allows no other source; another front end's may.
        grants = VideoGrants(room_join=True, room=call.plan.room_name)
        token = AccessToken(livekit_server.api_key, livekit_server.api_secret.get_secret_value())
        token = token.with_identity(call.plan.caller_identity).with_grants(grants)
        async with Caller.join(call.server_url, token.to_jwt()) as caller:
            await greeted(caller)
            source = rtc.AudioSource(SAMPLE_RATE_HZ, 1, queue_size_ms=4000)
            track = rtc.LocalAudioTrack.create_audio_track("film", source)
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO)
            publication = await caller.room.local_participant.publish_track(track, options)
            await asyncio.wait_for(publication.wait_for_subscription(), _LIMIT_SECS)
            pcm = voice.spoken("What time is it in Paris?")
            await source.capture_frame(rtc.AudioFrame(pcm, SAMPLE_RATE_HZ, 1, len(pcm) // 2))
            await source.wait_for_playout()
            await ask(caller, "What time is it in Tokyo?")
            await source.aclose()
            assert "tokyo" in said(caller)
            assert "paris" not in own_words(caller) + said(caller)
