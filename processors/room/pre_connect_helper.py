"""Decodes one recording in a process of its own: what strangers send is read by FFmpeg only there.

Run as a script by `pre_connect_decoder.py`: a line of JSON and the recording come in, PCM goes out,
or an exit code and the reason. It has neither the bot's environment nor its memory, opens no file
and no connection, and its memory and its time are limited.
"""

from __future__ import annotations

import ctypes
import io
import json
import resource
import signal
import sys
from collections.abc import Iterator
from importlib import import_module

if __name__ == "__main__":
    # Started without `site`, which takes as long as the interpreter itself.
    sys.path.append(sys.argv[1])

import av
import av.error
from av.audio import frame as frames_of_sound
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream

# PyAV imports it when a file is opened; then no file can be opened any more.
import_module("av.subtitles.stream")
import_module("av.subtitles.codeccontext")

REFUSED = 3
"""The exit code of a recording that is no use; standard output says why."""
_RAW_MIME_TYPES = ("", "application/octet-stream", "audio/pcm", "audio/raw", "audio/l16")
# The filter bank of FFmpeg's resampler grows with the rate: 96 MHz are 800 MB.
_RATES_HZ = range(8_000, 96_001)
_LAYOUTS = {1: "mono", 2: "stereo"}
_SAMPLE_BYTES = 2
# What MediaRecorder writes in any browser, and LiveKit's clients elsewhere.
_CODECS = ("opus", "libopus", "vorbis", "aac", "flac", "mp3", "mp3float", "pcm_s16le", "pcm_f32le")
_DEMUXER_OPTIONS = {
    # A picture beside the sound would be decoded when the file is opened.
    "codec_whitelist": ",".join(_CODECS),
    "max_streams": "1",
    "protocol_whitelist": "",
}
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# A recording of 12 s needs less than 1 MB at once; the index that 600 bytes claim, 700 MB.
_MAX_ALLOCATION_BYTES = 8 * 2**20
# The interpreter with FFmpeg takes 130 MB of addresses, a recording of 12 s another 15.
_MAX_ADDRESS_BYTES = 256 * 2**20
# 12 s of Opus take 30 ms.
_MAX_CPU_SECS = 1


class RefusedError(Exception):
    """The recording is no use; the text says why in plain words, without its content."""


def decode(
    data: bytes,
    *,
    mime_type: str,
    raw_form: tuple[int, int],
    sample_rate_hz: int,
    max_secs: float,
) -> bytes:
    """Return at most `max_secs` of `data` as mono 16-bit PCM at `sample_rate_hz`; blocks on CPU.

    The container is recognised by its first bytes (WebM, MP4, Ogg), because clients name it
    loosely. What has none is raw 16-bit PCM, as mobile clients send it, whose rate in Hz and number
    of channels is `raw_form`.

    Raises:
        RefusedError: It is none of these, damaged, or not what a microphone records.
    """
    max_bytes = int(max_secs * sample_rate_hz) * _SAMPLE_BYTES
    container = _container(data)
    if container is None and mime_type.split(";")[0].strip().lower() not in _RAW_MIME_TYPES:
        raise RefusedError("no container this bot knows")
    resampler = AudioResampler(format="s16", layout="mono", rate=sample_rate_hz)
    pcm = bytearray()
    try:
        frames = _raw_frames(data, *raw_form) if container is None else _frames(data, container)
        for frame in frames:
            _check_form(frame.sample_rate, frame.layout.nb_channels)
            for resampled in resampler.resample(frame):
                pcm += _samples(resampled)
            if len(pcm) >= max_bytes:
                return bytes(pcm[:max_bytes])
        for resampled in resampler.resample(None):
            pcm += _samples(resampled)
    except (av.error.FFmpegError, ValueError, RefusedError) as error:
        # What could be decoded is worth hearing: it may end in a torn packet.
        if not pcm:
            raise RefusedError(
                str(error) if isinstance(error, RefusedError) else type(error).__name__
            ) from error
    return bytes(pcm[:max_bytes])


def _container(data: bytes) -> str | None:
    if data.startswith(b"\x1aE\xdf\xa3"):
        return "matroska"
    if data.startswith(b"OggS"):
        return "ogg"
    if data[4:8] == b"ftyp":
        return "mov"
    return None


def _frames(data: bytes, container: str) -> Iterator[AudioFrame]:
    file = io.BytesIO(data)
    with av.open(file, mode="r", format=container, options=_DEMUXER_OPTIONS) as opened:
        streams = opened.streams
        if len(streams) != 1 or not isinstance(stream := streams[0], AudioStream):
            raise RefusedError("not one track of sound")
        codec = stream.codec_context
        # PyAV has None for what it cannot decode, whatever it says of its types.
        if getattr(codec, "name", None) not in _CODECS:
            raise RefusedError("no codec this bot knows")
        _check_form(codec.sample_rate, codec.channels)
        codec.thread_count = 1
        yield from opened.decode(stream)


def _raw_frames(data: bytes, rate_hz: int, channels: int) -> Iterator[AudioFrame]:
    _check_form(rate_hz, channels)
    frame_bytes = _SAMPLE_BYTES * channels
    # Piece by piece: FFmpeg's resampler holds several copies of what it is given.
    for at in range(0, len(data), rate_hz * frame_bytes):
        piece = data[at : at + rate_hz * frame_bytes]
        samples = len(piece) // frame_bytes
        if not samples:
            return
        frame = AudioFrame(format="s16", layout=_LAYOUTS[channels], samples=samples)
        plane = frame.planes[0]
        plane.update(piece[: samples * frame_bytes].ljust(plane.buffer_size, b"\0"))
        frame.sample_rate = rate_hz
        yield frame


def _check_form(rate_hz: int, channels: int) -> None:
    if rate_hz not in _RATES_HZ or channels not in _LAYOUTS:
        raise RefusedError("no plausible rate or number of channels")


def _samples(frame: AudioFrame) -> bytes:
    return bytes(frame.planes[0])[: frame.samples * _SAMPLE_BYTES]


def _bound_memory() -> None:
    # The library that PyAV itself has loaded, wherever its wheel keeps it.
    limit = ctypes.CDLL(frames_of_sound.__file__).av_max_alloc
    limit.argtypes, limit.restype = [ctypes.c_size_t], None
    limit(_MAX_ALLOCATION_BYTES)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # Elsewhere the kernel does not take it.
        resource.setrlimit(resource.RLIMIT_AS, (_MAX_ADDRESS_BYTES, _MAX_ADDRESS_BYTES))


def _bound_reach() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_MAX_CPU_SECS, _MAX_CPU_SECS))
    for what in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
        resource.setrlimit(what, (0, 0))
    # No file is opened any more, whatever a recording names.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _main() -> int:
    _bound_memory()
    _bound_reach()
    said = sys.stdin.buffer.readline()
    if not said:
        return 0  # The bot has gone, or there is no recording after all.
    form = json.loads(said)
    data = sys.stdin.buffer.read()
    try:
        pcm = decode(data, **form)
    except RefusedError as error:
        sys.stdout.write(str(error))
        return REFUSED
    sys.stdout.buffer.write(pcm)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
