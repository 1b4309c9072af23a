"""The speech of an answer as the pipeline's PCM, in whatever form the server sends it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from ...provider_requests import EmptyAnswerError
from ..speech_frames import MAX_TRIM_MS
from .byte_stream import ByteStream
from .container import decode_container
from .envelope import Envelope
from .recognition import (
    MAGIC_BYTES,
    container_of,
    is_audible,
    is_text,
    likely_order,
    mpeg_frame,
    raw_format,
)
from .samples import SampleFormat, SpeechSamples
from .wav import decode_wav

_LOOK_MS = 25
"""Of samples without a header: enough to tell speech from what is none, and less than what the
cutting of frames waits for anyway."""


async def decode_speech(
    chunks: AsyncIterator[bytes], *, content_type: str, sample_rate_hz: int
) -> AsyncGenerator[bytes]:
    """Yield 16-bit mono PCM, cut anywhere, as it arrives; a piece may be empty.

    The first bytes decide, because servers name what they send loosely: a known container is
    decoded, text is searched for audio, anything else is taken for samples in the form that the
    content type says, if it looks like speech.

    Raises:
        EmptyAnswerError: It is none of these, or damaged.
    """
    stream = ByteStream(chunks)
    head = await stream.peek(MAGIC_BYTES)
    if is_text(head[:MAGIC_BYTES]):
        pcm = _from_text(stream, sample_rate_hz)
    else:
        container = container_of(head) or await _mpeg_container(stream)
        raw = raw_format(content_type, sample_rate_hz=sample_rate_hz)
        if container == "wav":
            pcm = decode_wav(stream, sample_rate_hz=sample_rate_hz)
        elif container or raw.encoding in ("mulaw", "alaw"):
            pcm = decode_container(
                aiter(stream),
                container=container or raw.encoding,
                sample_rate_hz=sample_rate_hz,
                options=None if container else {"sample_rate": f"{raw.rate_hz}"},
            )
        else:
            pcm = _from_samples(stream, raw, sample_rate_hz)
    async with aclosing(pcm):
        async for part in pcm:
            yield part


async def _from_text(stream: ByteStream, sample_rate_hz: int) -> AsyncGenerator[bytes]:
    speech = Envelope(aiter(stream))
    audio = ByteStream(aiter(speech))
    # What kind of audio it is comes with the first of it.
    await audio.peek(1)
    decoded = decode_speech(
        aiter(audio), content_type=speech.content_type, sample_rate_hz=sample_rate_hz
    )
    async with aclosing(decoded):
        async for pcm in decoded:
            yield pcm


async def _mpeg_container(stream: ByteStream) -> str | None:
    """Return MP3 or AAC if two frames follow each other: one alone may be a chance of samples."""
    first = mpeg_frame(await stream.peek(MAGIC_BYTES))
    if first is None:
        return None
    name, size = first
    data = await stream.peek(size + MAGIC_BYTES)
    second = mpeg_frame(data[size:])
    return name if (second and second[0] == name) or len(data) == size else None


async def _from_samples(
    stream: ByteStream, sample_format: SampleFormat, sample_rate_hz: int
) -> AsyncGenerator[bytes]:
    if sample_format.encoding in ("s16le", "s16be"):
        look_bytes = _LOOK_MS * sample_format.rate_hz * sample_format.frame_bytes // 1000
        data = await stream.peek(look_bytes)
        if sample_format.encoding == "s16be":
            # Silence is the same in either order.
            most_bytes = look_bytes * MAX_TRIM_MS // _LOOK_MS
            while len(data) < most_bytes and not is_audible(data[:-look_bytes]):
                more = await stream.peek_more()
                if more is None:
                    break
                data = more
        encoding = likely_order(data, sample_format.encoding)
        if encoding is None:
            raise EmptyAnswerError("the answer is not audio")
        sample_format = replace(sample_format, encoding=encoding)
    samples = SpeechSamples(sample_format, sample_rate_hz=sample_rate_hz)
    while (data := await stream.read()) is not None:
        yield samples.feed(data)
    yield samples.finish()
