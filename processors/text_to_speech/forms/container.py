"""Compressed speech, decoded by FFmpeg in a thread while it arrives."""

from __future__ import annotations

import asyncio
import io
import queue
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping

import av

from ...provider_requests import EmptyAnswerError
from .samples import SpeechResampler

_READ_BYTES = 4096
_NO_PROBING = {"probesize": "32", "analyzeduration": "0"}
"""FFmpeg would else read up to 5 s of audio before it gives the first of it."""

_NEEDS_ALL = "mov"
"""Its index is at the end."""


async def decode_container(
    chunks: AsyncIterator[bytes],
    *,
    container: str,
    sample_rate_hz: int,
    options: Mapping[str, str] | None = None,
) -> AsyncGenerator[bytes]:
    """Yield 16-bit mono PCM of a stream in a container that FFmpeg knows.

    Closing the generator ends the thread.

    Args:
        chunks: The stream, cut anywhere.
        container: As FFmpeg names it.
        sample_rate_hz: Of the PCM.
        options: Of FFmpeg's reader of that container.

    Raises:
        EmptyAnswerError: The stream is damaged.
    """
    file = io.BytesIO(await _whole(chunks)) if container == _NEEDS_ALL else None
    decoding = _Decoding(container, {**_NO_PROBING, **(options or {})}, sample_rate_hz, file)
    thread = asyncio.get_running_loop().run_in_executor(None, decoding.run)
    try:
        async for chunk in chunks:
            for pcm in await decoding.decode(chunk):
                yield pcm
        for pcm in await decoding.decode(b""):
            yield pcm
    finally:
        decoding.stop()
        await thread


async def _whole(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


class _Decoding:
    """One stream: the thread decodes what it has been given, then waits for more."""

    def __init__(
        self,
        container: str,
        options: dict[str, str],
        sample_rate_hz: int,
        file: io.BytesIO | None,
    ) -> None:
        self._options = options
        self._file = file or self
        self._container = container
        self._resampler = SpeechResampler(sample_rate_hz)
        self._loop = asyncio.get_running_loop()
        self._chunks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._decoded: deque[bytes] = deque()
        self._progress = asyncio.Event()
        self._given = self._used = 0
        self._is_over = False
        self._error: Exception | None = None
        # Of the thread alone.
        self._taken = 0
        self._rest = b""
        self._is_at_end = False

    async def decode(self, chunk: bytes) -> list[bytes]:
        """Return what comes out once this chunk has been worked through; b"" is the end."""
        self._given += 1
        self._chunks.put(chunk)
        while self._used < self._given and not self._is_over:
            self._progress.clear()
            await self._progress.wait()
        decoded = [self._decoded.popleft() for _ in range(len(self._decoded))]
        decoded = [pcm for pcm in decoded if pcm]
        if self._error and not decoded:
            raise EmptyAnswerError("damaged audio") from self._error
        return decoded

    def stop(self) -> None:
        """Let the thread come to its end."""
        self._chunks.put(b"")

    def run(self) -> None:
        """Decode to the end of the stream; runs in the thread."""
        has_audio = False
        try:
            with av.open(
                self._file,
                "r",
                format=self._container,
                options=self._options,
                buffer_size=_READ_BYTES,
            ) as audio:
                for frame in audio.decode(audio=0):
                    pcm = self._resampler.feed(frame)
                    has_audio = has_audio or bool(pcm)
                    self._decoded.append(pcm)
                self._decoded.append(self._resampler.finish())
        except Exception as error:  # noqa: BLE001 - whatever it is, the sentence that waits must end
            # The last packet may be torn.
            if not (has_audio and self._is_at_end):
                self._error = error
        self._is_over = True
        self._loop.call_soon_threadsafe(self._progress.set)

    def read(self, size: int) -> bytes:
        """Return some of the stream; FFmpeg calls it from the thread."""
        if not self._rest and not self._is_at_end:
            self._used = self._taken
            self._loop.call_soon_threadsafe(self._progress.set)
            self._rest = self._chunks.get()
            self._taken += 1
            self._is_at_end = not self._rest
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken
