from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from livekit import rtc
from livekit.protocol.models import AudioTrackFeature
from typing_extensions import override

from processors.room.pre_connect_audio import TOPIC, WAIT_SECS, PreConnectAudio
from tests.fake_decoder import InlineDecoder
from tests.fake_room import CALLER, FakeRoom, settle
from tests.fake_stream import FakeReader
from tests.virtual_time import run_in_virtual_time

RAW = {"trackId": "TR_1", "sampleRate": "16000", "channels": "1"}
ONE_SECOND = np.full(16_000, 1_000, np.int16).tobytes()


def publication(sid: str = "TR_1", *, is_announced: bool = True) -> rtc.TrackPublication:
    features = [AudioTrackFeature.TF_PRECONNECT_BUFFER] if is_announced else []
    return cast(rtc.TrackPublication, SimpleNamespace(sid=sid, audio_features=features))


def audio_in(room: FakeRoom) -> PreConnectAudio:
    return PreConnectAudio(
        room=room.room,
        accepts=lambda sender: sender == CALLER,
        build_decoder=InlineDecoder,
    )


def send(room: FakeRoom, *chunks: bytes, sender: str = CALLER, **attributes: str) -> None:
    reader = FakeReader(*chunks, mime_type="", attributes=attributes or RAW)
    room.stream_handlers[TOPIC](reader, sender)


async def test_a_recording_that_came_first_is_handed_out_once() -> None:
    room = FakeRoom()
    audio = audio_in(room)
    send(room, ONE_SECOND)
    assert await audio.audio_before(publication()) == ONE_SECOND
    assert await audio.audio_before(publication(), timeout_secs=0.01) is None
    await audio.close()


async def test_a_recording_that_comes_later_is_waited_for() -> None:
    room = FakeRoom()
    audio = audio_in(room)
    waiting = asyncio.ensure_future(audio.audio_before(publication()))
    await asyncio.sleep(0)
    send(room, ONE_SECOND[:1000], ONE_SECOND[1000:])
    assert await waiting == ONE_SECOND
    await audio.close()


def test_a_recording_that_never_comes_is_waited_for_only_so_long() -> None:
    async def wait() -> float:
        audio = audio_in(FakeRoom())
        assert await audio.audio_before(publication()) is None
        await audio.close()
        return asyncio.get_running_loop().time()

    assert run_in_virtual_time(wait()) == WAIT_SECS


def test_a_track_that_announces_no_recording_is_live_at_once() -> None:
    async def wait() -> float:
        audio = audio_in(FakeRoom())
        assert await audio.audio_before(publication(is_announced=False)) is None
        await audio.close()
        return asyncio.get_running_loop().time()

    assert run_in_virtual_time(wait()) == 0


async def test_a_damaged_or_oversized_recording_is_ignored_without_waiting() -> None:
    room = FakeRoom()
    audio = audio_in(room)
    send(room, ONE_SECOND, trackId="TR_1", sampleRate="0", channels="1")
    send(room, b"\0" * 3_000_000, trackId="TR_2", sampleRate="16000", channels="1")
    assert await audio.audio_before(publication()) is None
    assert await audio.audio_before(publication("TR_2")) is None
    await audio.close()


async def test_of_an_endless_recording_what_came_before_the_track_was_live_is_taken() -> None:
    room = FakeRoom()
    audio = audio_in(room)
    reader = FakeReader(ONE_SECOND, mime_type="", attributes=RAW, is_endless=True)
    room.stream_handlers[TOPIC](reader, CALLER)
    await settle()
    assert await audio.audio_before(publication(), timeout_secs=0.05) == ONE_SECOND
    await audio.close()


def test_of_an_endless_recording_that_opens_late_what_the_track_brings_is_cut_off() -> None:
    async def wait() -> bytes | None:
        room = FakeRoom()
        audio = audio_in(room)
        waiting = asyncio.ensure_future(audio.audio_before(publication()))
        await asyncio.sleep(0.25)
        reader = FakeReader(ONE_SECOND, mime_type="", attributes=RAW, is_endless=True)
        room.stream_handlers[TOPIC](reader, CALLER)
        recorded = await waiting
        await audio.close()
        return recorded

    assert run_in_virtual_time(wait()) == ONE_SECOND[: 12_000 * 2]


async def test_a_recording_of_somebody_else_or_of_no_track_is_ignored() -> None:
    room = FakeRoom()
    audio = audio_in(room)
    send(room, ONE_SECOND, sender="observer")
    send(room, ONE_SECOND, sampleRate="16000", channels="1")
    assert await audio.audio_before(publication(), timeout_secs=0.05) is None
    await audio.close()


async def test_a_caller_who_sends_recordings_again_and_again_is_no_longer_decoded() -> None:
    room = FakeRoom()
    audio = audio_in(room)
    heard: list[bytes | None] = []
    for number in range(10):
        track = f"TR_{number}"
        send(room, ONE_SECOND, **{**RAW, "trackId": track})
        heard.append(await audio.audio_before(publication(track)))
    assert heard == [ONE_SECOND] * 8 + [None] * 2
    await audio.close()


async def test_the_decoder_starts_when_the_recording_is_announced_and_ends_with_it() -> None:
    decoders: list[CountedDecoder] = []

    def build(**form: Any) -> CountedDecoder:
        decoders.append(CountedDecoder(**form))
        return decoders[-1]

    room = FakeRoom()
    audio = PreConnectAudio(room=room.room, accepts=lambda _: True, build_decoder=build)
    audio.expect(publication("TR_0", is_announced=False))
    assert decoders == []
    audio.expect(publication())
    audio.expect(publication())
    assert [decoder.is_closed for decoder in decoders] == [False]
    send(room, ONE_SECOND)
    assert await audio.audio_before(publication("TR_0", is_announced=False)) is None
    assert await audio.audio_before(publication()) == ONE_SECOND
    assert [decoder.is_closed for decoder in decoders] == [True]
    audio.expect(publication("TR_2"))
    await audio.close()
    assert [decoder.is_closed for decoder in decoders] == [True, True]


class CountedDecoder(InlineDecoder):
    is_closed = False

    @override
    async def close(self) -> None:
        self.is_closed = True
