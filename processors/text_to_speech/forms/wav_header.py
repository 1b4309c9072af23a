"""The header of a WAV file that is still being written: what follows it, and for how long."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ...provider_requests import EmptyAnswerError
from .samples import MAX_CHANNELS, RATES_HZ, SampleFormat

_UNKNOWN_BYTES = (0, 0xFFFFFFFF)
"""Lengths that servers write into a header when they do not know it yet."""

_EXTENSIBLE = 0xFFFE
_ENCODINGS = {
    (1, 8): "u8",
    (1, 16): "s16le",
    (1, 24): "s24le",
    (1, 32): "s32le",
    (3, 32): "f32le",
    (3, 64): "f64le",
}
"""By the format tag and the bits of a sample."""

_MAX_HEADER_BYTES = 65_536
_CHUNKS_AFTER_AUDIO = (
    b"RIFF",
    b"LIST",
    b"id3 ",
    b"ID3 ",
    b"cue ",
    b"bext",
    b"JUNK",
    b"fact",
    b"PEAK",
    b"smpl",
)


class WavHeaderError(EmptyAnswerError):
    """Not the header of a WAV file that can be played."""


@dataclass(frozen=True)
class WavHeader:
    """What a complete header says."""

    sample_format: SampleFormat
    header_bytes: int
    audio_bytes: int | None
    """None: until the end of the stream."""


def read_wav_header(data: bytes) -> WavHeader | None:
    """Return the header at the beginning of `data`; None if more of it is needed.

    Raises:
        WavHeaderError: It is none, or of a codec that is not a plain one.
    """
    position = 12
    sample_format: SampleFormat | None = None
    while len(data) >= position + 8:
        name, size = struct.unpack_from("<4sI", data, position)
        position += 8
        if name == b"data":
            if sample_format is None:
                raise WavHeaderError("audio ahead of its format")
            return WavHeader(sample_format, position, None if size in _UNKNOWN_BYTES else size)
        if size > _MAX_HEADER_BYTES:
            raise WavHeaderError("a chunk too long for a header")
        if name == b"fmt ":
            if len(data) < position + size:
                return None
            sample_format = _read_format(data[position : position + size])
        position += size + (size & 1)
    if position > _MAX_HEADER_BYTES:
        raise WavHeaderError("no audio after the header")
    return None


def ends_audio(following: bytes) -> bool:
    """Return True if these bytes, after as many as the header told, are no more audio."""
    return following.startswith(_CHUNKS_AFTER_AUDIO)


def _read_format(chunk: bytes) -> SampleFormat:
    if len(chunk) < 16:
        raise WavHeaderError("a format cut short")
    tag, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == _EXTENSIBLE and len(chunk) >= 26:
        (tag,) = struct.unpack_from("<H", chunk, 24)
    encoding = _ENCODINGS.get((tag, bits))
    if encoding is None or rate_hz not in RATES_HZ or not 1 <= channels <= MAX_CHANNELS:
        raise WavHeaderError("a format that is not a plain one")
    return SampleFormat(encoding, rate_hz, channels)
