"""The bound on what one incoming data stream, or the payload of a remote call, unpacks to.

LiveKit's native client inflates what comes before anybody here sees it, whatever its topic: by
itself up to 5 GB a stream, of which a few megabytes were sent.
"""

from __future__ import annotations

from dataclasses import replace

from livekit import rtc

MAX_STREAM_BYTES = 12 * 24_000 * 2
"""A recording is the largest of all that is read: twelve seconds of plain samples at 24 kHz, as
LiveKit's Swift and Flutter clients send them, or six at 48 kHz. Compressed sound, as browsers send
it, takes a tenth. No more, because each stream may hold as much until this process has seen to it,
and fifty can be here at once.
"""


def limit_streams(room: rtc.Room) -> None:
    """Have `room` connect with the bound, whoever connects it: a job's `connect` does not ask."""
    connect = room.connect

    async def connect_with_limit(
        url: str, token: str, options: rtc.RoomOptions | None = None
    ) -> None:
        limit = rtc.DataStreamOptions(max_payload_byte_length=MAX_STREAM_BYTES)
        await connect(url, token, replace(options or rtc.RoomOptions(), data_stream=limit))

    room.connect = connect_with_limit
