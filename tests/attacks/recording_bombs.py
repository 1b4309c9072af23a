"""Recordings that are small on the wire and ask their decoder for much: one function for each."""

from __future__ import annotations

import io
import math
import struct
import wave
import zipfile
import zlib
from collections.abc import Callable

_MATROSKA = b"\x1aE\xdf\xa3"


def box(kind: bytes, *parts: bytes) -> bytes:
    """Return one MP4 box."""
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def full(kind: bytes, *parts: bytes) -> bytes:
    """Return one MP4 box with version and flags."""
    return box(kind, b"\0\0\0\0", *parts)


def u32(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers)


def _sound_entry(kind: bytes, *, rate_hz: int, channels: int) -> bytes:
    head = b"\0" * 6 + struct.pack(">H", 1) + b"\0" * 8
    rate = (rate_hz << 16) & 0xFFFFFFFF
    return box(kind, head, struct.pack(">HHHHI", channels, 16, 0, 0, rate))


def _picture_entry(kind: bytes, *, side: int) -> bytes:
    head = b"\0" * 6 + struct.pack(">H", 1) + b"\0" * 16
    body = struct.pack(">HHIII", side, side, 0x480000, 0x480000, 0) + struct.pack(">H", 1)
    return box(kind, head, body, b"\0" * 32, struct.pack(">Hh", 24, -1))


def track(
    number: int,
    entry: bytes,
    *,
    handler: bytes = b"soun",
    samples: int = 1,
    sample_bytes: int = 2,
    offset: int = 0,
    timescale: int = 48_000,
    duration: int = 48_000,
) -> bytes:
    """Return a `trak` whose table claims so many samples."""
    media = full(b"smhd", u32(0)) if handler == b"soun" else full(b"vmhd", u32(0, 0))
    table = box(
        b"stbl",
        full(b"stsd", u32(1), entry),
        # A length of one is taken for plain PCM, which needs no index.
        full(b"stts", u32(1, samples, 2)),
        full(b"stsc", u32(1, 1, samples, 1)),
        full(b"stsz", u32(sample_bytes, samples)),
        full(b"stco", u32(1, offset)),
    )
    home = box(b"dinf", full(b"dref", u32(1), full(b"url ", b"")))
    return box(
        b"trak",
        full(b"tkhd", u32(0, 0, number, 0, duration), b"\0" * 60),
        box(
            b"mdia",
            full(b"mdhd", u32(0, 0, timescale, duration, 0)),
            full(b"hdlr", u32(0), handler, b"\0" * 13),
            box(b"minf", media, home, table),
        ),
    )


def mp4(*tracks: bytes, data: bytes = b"") -> bytes:
    head = full(b"mvhd", u32(0, 0, 1000, 1000, 0x10000), b"\0" * 76)
    return box(b"ftyp", b"isom\0\0\0\0isom") + box(b"mdat", data) + box(b"moov", head, *tracks)


MDAT_AT = 28
"""Where the data of `mp4` begins."""


def element(identity: bytes, body: bytes, *, claims: int | None = None) -> bytes:
    """Return one EBML element, with a length of its own or one that it claims."""
    size = len(body) if claims is None else claims
    return identity + struct.pack(">Q", size | 1 << 56) + body


def matroska(*tracks: bytes, more: bytes = b"", blocks: bytes = b"\0" * 8000) -> bytes:
    header = element(_MATROSKA, element(b"\x42\x82", b"matroska"))
    cluster = element(
        b"\x1f\x43\xb6\x75",
        element(b"\xe7", b"\0") + element(b"\xa3", b"\x81\0\0\x80" + blocks),
    )
    body = more + element(b"\x16\x54\xae\x6b", b"".join(tracks)) + cluster
    return header + element(b"\x18\x53\x80\x67", body)


def sound(
    *, rate_hz: float = 48_000, channels: int = 1, codec: bytes = b"A_PCM/INT/LIT", number: int = 1
) -> bytes:
    """Return a Matroska track of sound."""
    form = (
        element(b"\xb5", struct.pack(">d", rate_hz))
        + element(b"\x9f", bytes([channels]))
        + element(b"\x62\x64", bytes([16]))
    )
    head = element(b"\xd7", bytes([number])) + element(b"\x83", b"\x02") + element(b"\x86", codec)
    return element(b"\xae", head + element(b"\xe1", form))


def picture(codec: bytes, *, side: int = 16_000, kind: int = 1) -> bytes:
    """Return a Matroska track of pictures (1) or subtitles (17)."""
    form = element(b"\xb0", struct.pack(">H", side)) + element(b"\xba", struct.pack(">H", side))
    head = element(b"\xd7", b"\x01") + element(b"\x83", bytes([kind])) + element(b"\x86", codec)
    return element(b"\xae", head + (element(b"\xe0", form) if kind == 1 else b""))


def png(side: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body)
        return u32(len(body)) + kind + body + u32(crc)

    packed = zlib.compress(bytes((side * 3 + 1) * side), 9)
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def ogg(*packets: bytes) -> bytes:
    """Return a stream of pages, each with one packet; the checksums are right."""
    pages = b""
    for number, packet in enumerate(packets):
        lacing = b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])
        flags = 2 if number == 0 else 4 if number == len(packets) - 1 else 0
        head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, 2**62, 1, number, 0, len(lacing))
        page = head + lacing + packet
        pages += page[:22] + struct.pack("<I", _ogg_crc(page)) + page[26:]
    return pages


def _ogg_crc(page: bytes) -> int:
    crc = 0
    for byte in page:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc


def _opus_head(channels: int, rate_hz: int) -> bytes:
    return struct.pack("<8sBBHIhB", b"OpusHead", 1, channels, 0, rate_hz, 0, 0)


def _index_bomb(tracks: int, samples: int) -> bytes:
    entry = _sound_entry(b"mp4a", rate_hz=48_000, channels=1)
    return mp4(*(track(1 + n, entry, samples=samples) for n in range(tracks)))


def _picture_beside_sound() -> bytes:
    image = png(5000)
    entry = _picture_entry(b"png ", side=5000)
    film = track(2, entry, handler=b"vide", sample_bytes=len(image), offset=MDAT_AT)
    return mp4(track(1, _sound_entry(b"sowt", rate_hz=48_000, channels=1)), film, data=image)


def _zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(20_000_000))
    return file.getvalue()


def _wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as output:
        output.setparams((2, 2, 48_000, 0, "NONE", ""))
        output.writeframes(b"\0" * 400)
    return file.getvalue().replace(struct.pack("<I", 400), b"\xff\xff\xff\x7f")


def _id3() -> bytes:
    return b"ID3\x04\0\0" + b"\x7f" * 4 + b"\0" * 100


def _flac_in_ogg() -> bytes:
    info = struct.pack(">HH", 65_535, 65_535) + b"\xff" * 14 + b"\0" * 16
    return ogg(b"\x7fFLAC\x01\0\0\0fLaC" + b"\0" + struct.pack(">I", 34)[1:] + info, b"\0" * 100)


_PLAYLIST = "ffconcat version 1.0\nfile '{0}'\n#EXTM3U\n#EXTINF:1,\n{0}\n"
_PCM = sound()
_NESTED = b"".join(element(b"\x73\xa4", b"\0" * 16) for _ in range(20_000))

BOMBS: dict[str, Callable[[], bytes]] = {
    "mp4: 20 million samples": lambda: _index_bomb(1, 20_000_000),
    "mp4: 4 tracks of 5 million": lambda: _index_bomb(4, 5_000_000),
    "mp4: 900 tracks": lambda: _index_bomb(900, 100_000),
    "mp4: 4 billion samples": lambda: _index_bomb(1, 2**32 - 1),
    "mp4: picture": _picture_beside_sound,
    "mp4: no rate": lambda: mp4(track(1, _sound_entry(b"sowt", rate_hz=0, channels=1))),
    "mp4: 65535 channels": lambda: mp4(
        track(1, _sound_entry(b"sowt", rate_hz=48_000, channels=65_535))
    ),
    "mp4: for ever": lambda: mp4(
        track(1, _sound_entry(b"sowt", rate_hz=8_000, channels=1), timescale=1, duration=2**31)
    ),
    "mp4: boxes in boxes": lambda: (
        box(b"ftyp", b"isom\0\0\0\0") + (u32(2**31 - 1) + b"moov" + u32(2**31 - 9) + b"trak") * 9999
    ),
    "mp4: film": lambda: mp4(track(1, _picture_entry(b"avc1", side=16_384), handler=b"vide")),
    "mp4: names a file": lambda: mp4(
        track(1, _sound_entry(b"sowt", rate_hz=48_000, channels=1)).replace(
            full(b"url ", b""), box(b"url ", b"\0\0\0\0file:///etc/passwd\0")
        )
    ),
    "matroska: 24 MHz": lambda: matroska(sound(rate_hz=24_000_001)),
    "matroska: 96 MHz": lambda: matroska(sound(rate_hz=96_000_001)),
    "matroska: no rate": lambda: matroska(sound(rate_hz=0)),
    "matroska: a rate that is no number": lambda: matroska(sound(rate_hz=math.nan)),
    "matroska: 255 channels": lambda: matroska(sound(channels=255)),
    "matroska: 100 tracks": lambda: matroska(*(sound(number=1 + n) for n in range(100))),
    "matroska: two tracks": lambda: matroska(_PCM, sound(number=2)),
    "matroska: VP9": lambda: matroska(picture(b"V_VP9")),
    "matroska: subtitles": lambda: matroska(picture(b"S_TEXT/UTF8", kind=17)),
    "matroska: claims 4 GB": lambda: matroska(
        _PCM, more=element(b"\x19\x41\xa4\x69", b"", claims=2**32)
    ),
    "matroska: many elements": lambda: matroska(_PCM, more=element(b"\x15\x49\xa9\x66", _NESTED)),
    "matroska: another codec": lambda: matroska(sound(codec=b"A_TTA1")),
    "ogg: 255 channels": lambda: ogg(_opus_head(255, 48_000), b"OpusTags" + b"\0" * 8),
    "ogg: tags of 4 GB": lambda: ogg(_opus_head(1, 48_000), b"OpusTags" + b"\xff" * 200),
    "ogg: flac": _flac_in_ogg,
    "ogg: theora": lambda: ogg(b"\x80theora\x03\x02\x01" + b"\xff" * 32, b"\x81theora" * 9),
    "wav: 2 GB": _wav,
    "mp3: tag of 256 MB": _id3,
    "caf: claims all": lambda: b"caff\0\1\0\0desc" + b"\x7f" * 200,
    "zip": _zipped,
    "playlist: file": lambda: _PLAYLIST.format("/etc/passwd").encode(),
    "playlist: address": lambda: _PLAYLIST.format("http://127.0.0.1:1/x").encode(),
    "truncated": lambda: matroska(_PCM)[:90],
}
