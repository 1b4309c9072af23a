from __future__ import annotations

import pytest
from livekit import rtc

from processors.room.pre_connect_audio import MAX_AUDIO_SECS
from processors.room.stream_limit import MAX_STREAM_BYTES, limit_streams
from tests.fake_room import FakeRoom


@pytest.mark.parametrize(
    "options",
    [None, rtc.RoomOptions(auto_subscribe=False, dynacast=True)],
    ids=["without options", "with others"],
)
async def test_a_room_connects_with_the_limit_and_what_it_is_told(
    options: rtc.RoomOptions | None,
) -> None:
    fake = FakeRoom()
    limit_streams(fake.room)
    if options is None:
        await fake.room.connect("ws://x", "t")
    else:
        await fake.room.connect("ws://x", "t", options=options)
    limit = rtc.DataStreamOptions(max_payload_byte_length=MAX_STREAM_BYTES)
    expected = options or rtc.RoomOptions()
    assert fake.options is not None
    assert fake.options.data_stream == limit
    assert fake.options.auto_subscribe is expected.auto_subscribe
    assert fake.options.dynacast is expected.dynacast


def test_a_recording_in_the_largest_format_that_clients_send_fits() -> None:
    assert 24_000 * 2 * MAX_AUDIO_SECS <= MAX_STREAM_BYTES < 600_000
