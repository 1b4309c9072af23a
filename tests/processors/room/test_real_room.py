"""What is heard in a real room, both ways: tones tell what came, in which order and how long."""

from __future__ import annotations

import asyncio
import uuid
from itertools import groupby

import pytest
from livekit import rtc
from pipecat.frames.frames import Frame, InterruptionFrame, TTSAudioRawFrame, UserAudioRawFrame

from bot.livekit.server import LiveKitServer
from processors.frames import BotPauseFrame, BotResumeFrame, PlayoutStoppedFrame
from processors.room.output import OUTPUT_SAMPLE_RATE_HZ
from tests.fake_pipeline import FakePipeline
from tests.room_rig import CALLER, TONE_SECS, RealRoom, pitches, play, tones
from tests.voice_frames import reply, sentence
from tests.waiting import until


@pytest.fixture
def room(livekit_server: LiveKitServer) -> RealRoom:
    return RealRoom(livekit_server, name=f"sound-{uuid.uuid4().hex[:8]}")


def order(heard: list[tuple[int, float]]) -> list[int]:
    return [hz for hz, _ in heard]


@pytest.mark.promise(
    "What the caller hears",
    "What the caller said while connecting is heard once, whole and before what they say then.",
)
@pytest.mark.promise(
    "What the caller hears", "Of all that sounds in the room only the caller's microphone is heard."
)
async def test_of_all_that_sounds_in_the_room_the_callers_microphone_is_heard(
    room: RealRoom,
) -> None:
    async with (
        room.person("somebody else", subscribes=False) as other,
        room.bot() as (_, pipeline),
    ):
        _, theirs = await other.publish()
        await play(theirs, 3000)
        async with room.person(subscribes=False) as caller:
            publication, microphone = await caller.publish(has_recording=True)
            live = asyncio.create_task(play(microphone, 0, 1600, 1800, 2000))
            # The recording comes when the caller is speaking already.
            await asyncio.sleep(0.5)
            await caller.record(publication, tones(600, 800, 1000, 1200, rate_hz=48_000))
            await live
            _, film = await caller.publish(source=rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO)
            await play(film, 2600)
            await caller.room.local_participant.unpublish_track(publication.sid)
            _, other_microphone = await caller.publish()
            await play(other_microphone, 0, 2200, 0)
            await until(lambda: hears(pipeline, 2200))
    frames = heard_by_bot(pipeline)
    assert {(f.user_id, f.sample_rate, f.num_channels, len(f.audio)) for f in frames} == {
        (CALLER, 16_000, 1, 1024)
    }
    heard = pitches(b"".join(frame.audio for frame in frames), rate_hz=16_000)
    sounds = without_silence(heard)
    assert order(sounds) == [600, 800, 1000, 1200, 1600, 1800, 2000, 2200]
    assert all(secs > 0.6 * TONE_SECS for _, secs in sounds), sounds


@pytest.mark.promise(
    "What the caller hears",
    "Of however many microphones a caller publishes the bot has one sent, the newest.",
)
async def test_of_many_microphones_one_is_sent_to_the_bot(room: RealRoom) -> None:
    async with room.bot() as (_, heard), room.person(subscribes=False) as caller:
        for hz in (600, 1000, 1400, 1800, 2200):
            _, newest = await caller.publish()
            await play(newest, 0, hz, 0)
            await until(lambda hz=hz: hears(heard, hz))

        async def has_one() -> bool:
            assert room.bot_room is not None
            there = room.bot_room.remote_participants[CALLER].track_publications.values()
            return len(there) == 5 and sum(one.track is not None for one in there) == 1

        await until(has_one)


def heard_by_bot(pipeline: FakePipeline) -> list[UserAudioRawFrame]:
    return [frame for frame in pipeline.down if isinstance(frame, UserAudioRawFrame)]


async def hears(pipeline: FakePipeline, pitch_hz: int) -> bool:
    await asyncio.sleep(0.1)
    pcm = b"".join(frame.audio for frame in heard_by_bot(pipeline)[-30:])
    return pitch_hz in dict(pitches(pcm, rate_hz=16_000))


def speech(*pitches_hz: int) -> list[Frame]:
    announcement, audio, spoken = sentence("One two three four.", secs=0.1)
    assert isinstance(audio, TTSAudioRawFrame)
    audio.audio = tones(*pitches_hz, rate_hz=OUTPUT_SAMPLE_RATE_HZ)
    return reply([announcement, audio, spoken])


@pytest.mark.promise("Captions and clients", "The bot speaks on one track, its microphone.")
@pytest.mark.promise(
    "What the caller hears", "Nothing is said before the caller listens, however late that is."
)
@pytest.mark.promise(
    "What the caller hears",
    "The last word is heard to its end before the room is left, and then it is.",
)
@pytest.mark.promise(
    "What the caller hears", "A paused reply goes on at the sample where it stopped."
)
@pytest.mark.promise(
    "What the caller hears",
    "After an interruption nothing of the old reply is heard, and all of the new.",
)
async def test_the_caller_hears_the_bot_from_the_first_sample_to_the_last(room: RealRoom) -> None:
    async with room.person(subscribes=False) as caller, room.bot() as (transport, pipeline):
        await pipeline.send(*speech(600, 800, 1000))
        await asyncio.sleep(0.5)
        assert not transport.playout.is_audible
        [bot] = caller.room.remote_participants.values()
        [track] = bot.track_publications.values()
        assert track.source == rtc.TrackSource.SOURCE_MICROPHONE
        track.set_subscribed(True)
        await pipeline.until_down(PlayoutStoppedFrame)
        # Paused in the middle of a tone.
        await pipeline.send(*speech(1200, 1400, 1600, 1800))
        await caller.hears(1400)
        await pipeline.send(BotPauseFrame())
        await asyncio.sleep(0.6)
        await pipeline.send(BotResumeFrame())
        await pipeline.until_down(PlayoutStoppedFrame, 2)
        # Cut.
        await pipeline.send(*speech(*[2000] * 20))
        await caller.hears(2000)
        await pipeline.send(InterruptionFrame())
        await pipeline.until_down(InterruptionFrame)
        await pipeline.send(*speech(2200, 2400, 2600))
        await pipeline.until_down(PlayoutStoppedFrame, 4)
        # The end of the call.
        await pipeline.send(*speech(2800, 3000))
    heard = caller.pitches()
    assert max(secs for hz, secs in heard if not hz) > 0.4, heard
    sounds = without_silence(heard)
    [cut_secs] = [secs for hz, secs in sounds if hz == 2000]
    assert cut_secs < 2.0, heard
    whole = [600, 800, 1000, 1200, 1400, 1600, 1800, 2000, 2200, 2400, 2600, 2800, 3000]
    assert order(sounds) == whole, heard
    assert all(secs > 0.6 * TONE_SECS for hz, secs in sounds if hz != 2000), heard
    assert all(secs < 1.5 * TONE_SECS for hz, secs in sounds if hz != 2000), heard


def without_silence(heard: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return the tones, those that were paused as one."""
    tones = [run for run in heard if run[0]]
    return [(hz, sum(secs for _, secs in same)) for hz, same in groupby(tones, key=lambda r: r[0])]
