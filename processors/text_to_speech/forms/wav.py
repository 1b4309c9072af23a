"""Speech in a WAV file that arrives while it is being written."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from .byte_stream import ByteStream
from .container import decode_container
from .samples import SpeechSamples
from .wav_header import (
    WavHeader,
    WavHeaderError,
    ends_audio,
    read_wav_header,
)

_MAGIC_BYTES = 12


async def decode_wav(stream: ByteStream, *, sample_rate_hz: int) -> AsyncGenerator[bytes]:
    """Yield 16-bit mono PCM of one WAV file, or of several in a row.

    Raises:
        EmptyAnswerError: It is damaged, or of a codec that FFmpeg does not know.
    """
    try:
        header = await _read_header(stream)
    except WavHeaderError:
        pcm = decode_container(aiter(stream), container="wav", sample_rate_hz=sample_rate_hz)
        async with aclosing(pcm):
            async for part in pcm:
                yield part
        return
    while header:
        stream.skip(header.header_bytes)
        samples = SpeechSamples(header.sample_format, sample_rate_hz=sample_rate_hz)
        async for data in _audio(stream, header.audio_bytes):
            yield samples.feed(data)
        yield samples.finish()
        following = await stream.peek(_MAGIC_BYTES)
        header = await _read_header(stream) if following.startswith(b"RIFF") else None


async def _read_header(stream: ByteStream) -> WavHeader | None:
    """Return the header that comes next; None if the stream ends before it does."""
    data: bytes | None = await stream.peek(_MAGIC_BYTES)
    while data is not None:
        header = read_wav_header(data)
        if header:
            return header
        data = await stream.peek_more()
    return None


async def _audio(stream: ByteStream, audio_bytes: int | None) -> AsyncGenerator[bytes]:
    """Yield as many bytes as the header told, or all if it told too few or nothing."""
    left = audio_bytes
    while (data := await stream.read()) is not None:
        if left is None:
            yield data
            continue
        stream.put_back(data[left:])
        yield data[:left]
        left -= len(data[:left])
        if left == 0:
            if ends_audio(await stream.peek(_MAGIC_BYTES)):
                return
            left = None
