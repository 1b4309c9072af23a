"""What kind of speech an answer holds, by its first bytes and by its content type."""

from __future__ import annotations

import re
from email.message import Message

import numpy as np

from ..speech_frames import AUDIBLE
from .samples import MAX_CHANNELS, RATES_HZ, SampleFormat

MAGIC_BYTES = 12

_ENCODINGS = {
    "l8": "u8",
    "l16": "s16be",
    "l24": "s24be",
    "basic": "mulaw",
    "pcmu": "mulaw",
    "mulaw": "mulaw",
    "x-mulaw": "mulaw",
    "pcma": "alaw",
    "alaw": "alaw",
    "x-alaw": "alaw",
}
"""By the subtype of `audio/...`; any other holds samples as this bot asks for them."""

_TELEPHONE_HZ = 8_000
_RATE_NAMES = ("rate", "sample_rate", "sample-rate", "samplerate")

_MP3_KBITS = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_MP3_RATES_HZ = {
    3: (44_100, 48_000, 32_000),
    2: (22_050, 24_000, 16_000),
    0: (11_025, 12_000, 8_000),
}

_LOUD = 12_000
"""Mean size of samples. Bytes that are no samples look like noise at full scale, whose mean is
16,384 and whose mean step from one sample to the next is a third more. What is as loud and not as
rough is speech, or a tone."""

_PROSE_BYTES = 600

_TEXT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:[{\[<:]|data:|event:|id:|retry:)[\t\r\n\x20-\x7e]*")


def raw_format(content_type: str, *, sample_rate_hz: int) -> SampleFormat:
    """Return the form of samples without a header; what the type does not say is as asked for."""
    message = Message()
    message["content-type"] = content_type or "audio/pcm"
    encoding = _ENCODINGS.get(message.get_content_subtype(), "s16le")
    rate_hz = _TELEPHONE_HZ if encoding in ("mulaw", "alaw") else sample_rate_hz
    for name in _RATE_NAMES:
        rate_hz = _number(message.get_param(name), rate_hz)
    channels = _number(message.get_param("channels"), 1)
    if rate_hz not in RATES_HZ or not 1 <= channels <= MAX_CHANNELS:
        return SampleFormat(encoding, sample_rate_hz)
    return SampleFormat(encoding, rate_hz, channels)


def is_text(head: bytes) -> bool:
    """Return True if these first bytes are of JSON, of a page, or of a stream of events."""
    return _TEXT.fullmatch(head) is not None


def container_of(head: bytes) -> str | None:
    """Return FFmpeg's name of the container whose magic bytes these are, if they are any."""
    if head.startswith((b"RIFF", b"RF64")) and head[8:12] == b"WAVE":
        return "wav"
    if head.startswith(b"FORM") and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[4:8] == b"ftyp":
        return "mov"
    magic = {
        b"OggS": "ogg",
        b"fLaC": "flac",
        b"\x1aE\xdf\xa3": "matroska",
        b"ID3": "mp3",
        b".snd": "au",
        b"caff": "caf",
        b"RIFX": "wav",
        b"#!AMR": "amr",
    }
    return next((name for start, name in magic.items() if head.startswith(start)), None)


def mpeg_frame(data: bytes) -> tuple[str, int] | None:
    """Return FFmpeg's name and the length in bytes of the MP3 or AAC frame that begins here."""
    if len(data) < 7 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return None
    if data[1] & 0xF6 == 0xF0:
        size = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
        return ("aac", size) if data[2] >> 2 & 15 < 13 and size > 7 else None
    version, layer = data[1] >> 3 & 3, data[1] >> 1 & 3
    kbits, rate = data[2] >> 4, data[2] >> 2 & 3
    if version == 1 or layer != 1 or kbits in (0, 15) or rate == 3:
        return None
    samples = 1152 if version == 3 else 576
    bits = _MP3_KBITS[0 if version == 3 else 1][kbits] * 1000
    return "mp3", samples // 8 * bits // _MP3_RATES_HZ[version][rate] + (data[2] >> 1 & 1)


def is_audible(data: bytes) -> bool:
    """Return True if there is a sound in these big-endian samples."""
    samples = np.frombuffer(data[: len(data) & ~1], dtype=">i2")
    return bool((np.abs(samples.astype(np.int32)) >= AUDIBLE).any())


def likely_order(data: bytes, encoding: str) -> str | None:
    """Return in which order the bytes of 16-bit samples lie; None if they are no speech at all.

    Some servers name `audio/L16`, big-endian by RFC 2586, and send the other order. Some send
    floats, which would be noise; the samples of speech, read as floats, are of any size.
    """
    if _are_floats(data):
        return "f32le"
    other = "s16be" if encoding == "s16le" else "s16le"
    size, step = _size_and_step(data, encoding)
    other_size, other_step = _size_and_step(data, other)
    is_noise = _is_noise(size, step)
    if (encoding == "s16be" or is_noise) and other_step < step:
        encoding, is_noise = other, _is_noise(other_size, other_step)
    return None if is_noise or _is_prose(data[:_PROSE_BYTES]) else encoding


def _are_floats(data: bytes) -> bool:
    """Return True if these are samples between -1 and 1, most of them not tiny."""
    sizes = np.abs(np.frombuffer(data[: len(data) & ~3], dtype="<f4"))
    sizes = sizes[sizes != 0]
    return bool(
        len(sizes) and np.isfinite(sizes).all() and np.mean((sizes > 1e-8) & (sizes <= 1)) > 0.95
    )


def _size_and_step(data: bytes, order: str) -> tuple[float, float]:
    """Return the mean size of the samples and the mean step between two of them."""
    samples = np.frombuffer(data[: len(data) & ~1], dtype="<i2" if order == "s16le" else ">i2")
    if len(samples) < 2:
        return 0.0, 0.0
    wide = samples.astype(np.int32)
    return float(np.abs(wide).mean()), float(np.abs(np.diff(wide)).mean())


def _is_noise(size: float, step: float) -> bool:
    return size > _LOUD and step > size


def _is_prose(data: bytes) -> bool:
    """Return True if these are words in any language."""
    # Who reads whole samples may have made the last byte one.
    data = data.rstrip(b"\0")
    text = data.decode("utf-8", "ignore")
    lost_bytes = len(data) - len(text.encode())
    return bool(text) and lost_bytes < 4 and all(c.isprintable() or c.isspace() for c in text)


def _number(value: object, default: int) -> int:
    return int(value) if isinstance(value, str) and value.isdecimal() else default
