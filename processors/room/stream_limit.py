"""The bound on what one incoming data stream, or the payload of a remote call, unpacks to.

LiveKit's native client inflates what comes before anybody here sees it, whatever its topic: by
itself up to 5 GB a stream, of which a few megabytes were sent.
"""

from __future__ import annotations

from dataclasses import replace

from livekit import rtc

from .pre_connect_audio import MAX_BYTES

MAX_STREAM_BYTES = MAX_BYTES
"""A recording is the largest of all that is ever read."""


def limit_streams(room: rtc.Room) -> None:
    """Have `room` connect with the bound, whoever connects it: a job's `connect` does not ask."""
    connect = room.connect

    async def connect_with_limit(
        url: str, token: str, options: rtc.RoomOptions | None = None
    ) -> None:
        limit = rtc.DataStreamOptions(max_payload_byte_length=MAX_STREAM_BYTES)
        await connect(url, token, replace(options or rtc.RoomOptions(), data_stream=limit))

    room.connect = connect_with_limit
