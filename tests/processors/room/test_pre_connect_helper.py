from __future__ import annotations

import io
from contextlib import suppress
from typing import cast

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.room.pre_connect_helper import RefusedError, decode
from tests.attacks.recording_bombs import BOMBS

RATE_HZ = 16_000
TONE_HZ = 440


def tone(secs: float, rate_hz: int) -> np.ndarray:
    time_secs = np.arange(int(secs * rate_hz)) / rate_hz
    return (8_000 * np.sin(2 * np.pi * TONE_HZ * time_secs)).astype(np.int16)


def encoded(container: str, codec: str, *, secs: float = 1.0) -> bytes:
    file = io.BytesIO()
    # MediaRecorder writes without seeking back: no duration, MP4 in fragments.
    options = {"movflags": "frag_keyframe+empty_moov"} if container == "mp4" else {}
    with av.open(file, "w", format=container, options=options) as output:
        stream = cast(AudioStream, output.add_stream(codec, rate=48_000, layout="mono"))
        frame = AudioFrame.from_ndarray(tone(secs, 48_000)[np.newaxis, :], "s16", "mono")
        frame.sample_rate = 48_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    return file.getvalue()


def decoded(
    data: bytes,
    *,
    mime_type: str = "",
    max_secs: float = 12.0,
    rate_hz: int = 0,
    channels: int = 0,
) -> bytes:
    return decode(
        data,
        mime_type=mime_type,
        raw_form=(rate_hz, channels),
        sample_rate_hz=RATE_HZ,
        max_secs=max_secs,
    )


def assert_tone(pcm: bytes, *, secs: float) -> None:
    samples = np.frombuffer(pcm, np.int16)
    assert abs(len(samples) / RATE_HZ - secs) < 0.1
    spectrum = np.abs(np.fft.rfft(samples))
    assert abs(spectrum.argmax() * RATE_HZ / len(samples) - TONE_HZ) < 5


@pytest.mark.promise(
    "What the caller hears", "A recording in any form that browsers and phones send is understood."
)
@pytest.mark.parametrize(
    ("container", "codec", "mime_type"),
    [
        ("webm", "libopus", "audio/webm;codecs=opus"),
        ("mp4", "aac", "video/mp4"),
        ("mp4", "aac", ""),
        ("ogg", "libopus", "audio/opus"),
    ],
)
def test_what_browsers_record_is_understood(container: str, codec: str, mime_type: str) -> None:
    assert_tone(decoded(encoded(container, codec), mime_type=mime_type), secs=1.0)


@pytest.mark.promise(
    "What the caller hears", "A recording in any form that browsers and phones send is understood."
)
@pytest.mark.parametrize(
    ("rate_hz", "channels", "mime_type"),
    [
        (8_000, 1, ""),
        (24_000, 1, "audio/pcm"),
        (48_000, 1, "audio/PCM; rate=48000"),
        (48_000, 2, "application/octet-stream"),
        (96_000, 2, "audio/l16"),
    ],
)
def test_raw_samples_of_mobile_clients_are_understood(
    rate_hz: int, channels: int, mime_type: str
) -> None:
    samples = np.repeat(tone(1.0, rate_hz), channels)
    pcm = decoded(samples.tobytes(), mime_type=mime_type, rate_hz=rate_hz, channels=channels)
    assert_tone(pcm, secs=1.0)


def test_a_recording_cut_in_the_middle_keeps_its_beginning() -> None:
    data = encoded("webm", "libopus", secs=2.0)
    samples = np.frombuffer(decoded(data[: len(data) // 2]), np.int16)
    assert len(samples) > RATE_HZ // 2


def test_a_recording_is_never_longer_than_allowed() -> None:
    pcm = decoded(encoded("webm", "libopus", secs=5.0), max_secs=2.0)
    assert len(pcm) == 2 * RATE_HZ * 2


@pytest.mark.parametrize(
    ("data", "mime_type", "rate_hz", "channels"),
    [
        (b"not audio at all", "audio/webm;codecs=opus", 0, 0),
        (b"\x1aE\xdf\xa3" + b"\0" * 200, "audio/webm", 0, 0),
        (b"\0\0\0\x20ftypisom" + b"\xff" * 200, "video/mp4", 0, 0),
        (b"", "audio/webm", 0, 0),
        (b"\0\0", "", 0, 0),
        (b"\0\0", "", 1, 1),
        (b"\0\0", "", 24_000, 9),
        (b"\0\0", "", 24_000, 0),
        (b"\0\0", "", 96_001, 1),
    ],
)
def test_what_cannot_be_decoded_is_refused(
    data: bytes, mime_type: str, rate_hz: int, channels: int
) -> None:
    with pytest.raises(RefusedError):
        decoded(data, mime_type=mime_type, rate_hz=rate_hz, channels=channels)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"\x1aE\xdf\xa3", b"OggS", b"\0\0\0\x20ftyp"]))
def test_garbage_is_refused_or_decoded_but_never_crashes(garbage: bytes, magic: bytes) -> None:
    with suppress(RefusedError):
        decoded(magic + garbage)


@pytest.mark.promise(
    "Limits",
    "A recording from before the connection that is made to do harm costs nothing but itself.",
)
@pytest.mark.parametrize(
    "name", ["matroska: 24 MHz", "matroska: 255 channels", "matroska: another codec", "mp4: film"]
)
def test_a_bomb_is_refused_before_it_is_decoded(name: str) -> None:
    with pytest.raises(RefusedError):
        decoded(BOMBS[name]())
