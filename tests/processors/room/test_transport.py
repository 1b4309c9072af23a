from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc
from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.audio.mixers.base_audio_mixer import BaseAudioMixer
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    ClientConnectedFrame,
    InputTransportMessageFrame,
    OutputDTMFUrgentFrame,
    OutputTransportMessageUrgentFrame,
    TTSAudioRawFrame,
)

from processors.floor import Floor
from processors.room.output import OUTPUT_SAMPLE_RATE_HZ
from processors.room.transport import RoomTransport, build_params
from tests.fake_audio_source import FakeAudioSource
from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tests.fake_room import CALLER, STANDARD, settle


class Source(FakeAudioSource):
    def __init__(self, sample_rate: int, _: int, queue_size_ms: int = 0) -> None:
        super().__init__(sample_rate_hz=sample_rate)

    async def aclose(self) -> None: ...


class Room(rtc.EventEmitter[str]):
    def __init__(self) -> None:
        super().__init__()
        self.name = "room"
        self.remote_participants: dict[str, Any] = {}
        self.sent: list[bytes] = []
        self.tones: list[tuple[int, str]] = []
        self.stream_handlers = set[str]()
        self.local_participant = SimpleNamespace(
            publish_track=self._publish_track,
            publish_data=self._publish_data,
            publish_dtmf=self._publish_dtmf,
        )

    async def _publish_track(self, *_: object) -> Any:
        return SimpleNamespace(wait_for_subscription=settle)

    async def _publish_dtmf(self, *, code: int, digit: str) -> None:
        self.tones.append((code, digit))

    async def _publish_data(self, data: bytes, *, reliable: bool) -> None:
        assert reliable
        self.sent.append(data)

    def register_byte_stream_handler(self, topic: str, _: object) -> None:
        self.stream_handlers.add(topic)

    def unregister_byte_stream_handler(self, topic: str) -> None:
        self.stream_handlers.discard(topic)

    unregister_text_stream_handler = unregister_byte_stream_handler

    def join(self, identity: str) -> Any:
        person = SimpleNamespace(
            identity=identity, kind=STANDARD, track_publications={}, joined_at=None
        )
        self.remote_participants[identity] = person
        self.emit("participant_connected", person)
        return person

    def leave(self, person: Any) -> None:
        del self.remote_participants[person.identity]
        self.emit("participant_disconnected", person)


@pytest.fixture(autouse=True)
def native(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtc, "AudioSource", Source)
    voice = SimpleNamespace(create_audio_track=lambda *_: SimpleNamespace())
    monkeypatch.setattr(rtc, "LocalAudioTrack", voice)


def build(room: Room, **changes: Any) -> RoomTransport:
    async def connect() -> None: ...

    changes = {"floor": Floor(), **changes}
    return RoomTransport(
        room=cast(rtc.Room, room), connect=connect, caller_identity=CALLER, **changes
    )


async def test_its_owner_and_the_pipeline_are_told_who_comes_and_goes() -> None:
    room = Room()
    transport = build(room)
    told: list[tuple[object, ...]] = []
    for event in ("on_caller_joined", "on_caller_left", "on_room_disconnected"):
        transport.add_event_handler(event, lambda _, what, event=event: told.append((event, what)))
    for event in ("on_client_connected", "on_client_disconnected"):
        transport.add_event_handler(
            event, lambda of, who, event=event: told.append((event, of.get_client_id(who)))
        )
    async with open_fake_pipeline(transport.input()) as pipeline:
        person = room.join(CALLER)
        room.join("somebody else")
        await pipeline.until_down(ClientConnectedFrame)
        room.leave(person)
        await settle()
        room.emit("disconnected", rtc.DisconnectReason.ROOM_DELETED)
        await settle()
    assert told == [
        ("on_caller_joined", CALLER),
        ("on_client_connected", CALLER),
        ("on_caller_left", CALLER),
        ("on_client_disconnected", CALLER),
        ("on_room_disconnected", "ROOM_DELETED"),
    ]


async def test_a_callers_message_goes_both_ways_and_nonsense_nowhere() -> None:
    room = Room()
    transport = build(room, takes_messages=True)

    def messages(pipeline: FakePipeline) -> list[list[object]]:
        return [
            [frame.message for frame in frames if isinstance(frame, InputTransportMessageFrame)]
            for frames in (pipeline.down, pipeline.up)
        ]

    async with open_fake_pipeline(transport.input()) as pipeline:
        person = room.join(CALLER)
        for data in (b"{", b"\xff", b"[1]", b'{"a": 1}'):
            room.emit("data_received", SimpleNamespace(data=data, participant=person))
        await pipeline.until_up(InputTransportMessageFrame)
        await pipeline.settle()
        assert messages(pipeline) == [[{"a": 1}], [{"a": 1}]]


async def test_a_message_of_the_bot_is_sent_to_the_room() -> None:
    room = Room()
    async with open_fake_pipeline(build(room).output()) as pipeline:
        await pipeline.send(OutputTransportMessageUrgentFrame({"word": "höflich"}))
        await pipeline.settle()
        assert room.sent == ['{"word": "höflich"}'.encode()]


async def test_tones_of_the_bot_are_sent_as_livekit_has_them() -> None:
    room = Room()
    async with open_fake_pipeline(build(room).output()) as pipeline:
        await pipeline.send(OutputDTMFUrgentFrame(buttons=[KeypadEntry.FIVE, KeypadEntry.STAR]))
        await pipeline.settle()
    assert room.tones == [(5, "5"), (10, "*")]


@pytest.mark.promise("Turns", "Whether the bot speaks is told by what the room plays.")
async def test_all_parts_of_a_call_learn_from_one_floor_that_the_bot_speaks() -> None:
    floor, room = Floor(), Room()
    async with open_fake_pipeline(build(room, floor=floor).output()) as pipeline:
        room.join(CALLER)
        await pipeline.send(TTSAudioRawFrame(bytes(24_000), OUTPUT_SAMPLE_RATE_HZ, 1))
        await pipeline.until_up(BotStartedSpeakingFrame)
        assert floor.is_bot_speaking


async def test_what_was_said_before_the_connection_is_expected_from_the_first() -> None:
    room = Room()
    transport = build(room)
    assert room.stream_handlers == {"lk.agent.pre-connect-audio-buffer"}
    async with open_fake_pipeline(transport.input()):
        assert room.stream_handlers
    assert not room.stream_handlers


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"audio_out_mixer": cast(Any, BaseAudioMixer)}, "never"),
        ({"video_out_enabled": True}, "no video"),
        ({"audio_out_destinations": ["music"]}, "no destinations"),
        ({"audio_in_sample_rate": 8_000}, "build_params"),
        ({"audio_out_sample_rate": None}, "build_params"),
    ],
)
async def test_what_it_does_not_do_is_refused_in_a_sentence(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValueError, match=f"RoomTransport.*{reason}"):
        build(Room(), params=build_params().model_copy(update=changes))
