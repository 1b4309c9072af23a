"""A voice as people write one with FastAPI: whatever format is asked for, it sends a WAV."""

from __future__ import annotations

import asyncio
import io
import socket
import struct
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager

import numpy as np
import uvicorn
from fastapi import FastAPI
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel

TONE_HZ = 440.0
TONE_SECS = 1.0
_PCM, _FLOAT = 1, 3
_UNKNOWN_BYTES = 0xFFFF_FFFF
_CHUNK_BYTES = 1_001


class SpeechRequest(BaseModel):
    model: str
    input: str
    voice: str
    response_format: str = "wav"


Answer = Callable[[], Response]


@asynccontextmanager
async def open_wav_voice(answer: Answer) -> AsyncGenerator[str]:
    """Serve on a free port until the block ends; gives the base URL."""
    app = FastAPI()

    @app.post("/v1/audio/speech")
    def speech(_: SpeechRequest) -> Response:  # pyright: ignore[reportUnusedFunction]
        return answer()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, log_level="error"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            server.should_exit = True
            await serving


def whole_file() -> Response:
    """The file in one piece, of known length."""
    return Response(_wav(22_050), media_type="audio/wav")


def header_then_chunks() -> Response:
    """A header without a length, since nothing is known of it yet, and pieces of odd sizes."""
    return StreamingResponse(_chunks(_wav(22_050, is_length_known=False)), media_type="audio/wav")


def file_object() -> Response:
    """A file object is sent line by line, although it has no lines."""
    return StreamingResponse(io.BytesIO(_wav(22_050)), media_type="audio/x-wav")


def no_type() -> Response:
    """A file whose type nobody thought of."""
    return Response(_wav(16_000), media_type="application/octet-stream")


def called_pcm() -> Response:
    """A file under the name of what was asked for."""
    return StreamingResponse(_chunks(_wav(24_000)), media_type="audio/pcm")


def stereo() -> Response:
    """Two channels at the rate of a CD."""
    return Response(_wav(44_100, channel_count=2), media_type="audio/wav")


def floats() -> Response:
    """32-bit floats, as a file writer that is given the model's output makes them."""
    return Response(_wav(22_050, kind=_FLOAT), media_type="audio/wav")


def with_tags() -> Response:
    """A chunk of tags stands before the sound, as an encoder writes it."""
    return Response(
        _wav(48_000, tags=b"INFOISFT\x0e\0\0\0Lavf61.7.100\0\0"), media_type="audio/wav"
    )


ANSWERS: tuple[Answer, ...] = (
    *(whole_file, header_then_chunks, file_object, no_type),
    *(called_pcm, stereo, floats, with_tags),
)


def _wav(
    rate_hz: int,
    *,
    channel_count: int = 1,
    kind: int = _PCM,
    tags: bytes = b"",
    is_length_known: bool = True,
) -> bytes:
    times = np.arange(round(rate_hz * TONE_SECS)) / rate_hz
    tone = np.repeat(np.sin(2 * np.pi * TONE_HZ * times) * 0.3, channel_count)
    sound = (tone.astype("<f4") if kind == _FLOAT else (tone * 32_767).astype("<i2")).tobytes()
    width = 4 if kind == _FLOAT else 2
    frame = channel_count * width
    layout = struct.pack("<HHIIHH", kind, channel_count, rate_hz, rate_hz * frame, frame, width * 8)
    chunks = [_chunk(b"fmt ", layout), _chunk(b"LIST", tags) if tags else b""]
    body = b"WAVE" + b"".join(chunks) + _chunk(b"data", sound, is_length_known)
    return _chunk(b"RIFF", body, is_length_known)


def _chunk(name: bytes, content: bytes, is_length_known: bool = True) -> bytes:
    length = len(content) if is_length_known else _UNKNOWN_BYTES
    return name + struct.pack("<I", length) + content


def _chunks(data: bytes) -> Iterator[bytes]:
    """Pieces of an odd size, the first ending inside the header."""
    yield data[:17]
    for at in range(17, len(data), _CHUNK_BYTES):
        yield data[at : at + _CHUNK_BYTES]
