"""What a Pipecat service makes of an answer, which may be no samples at all."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from ...frames import SpokenWord
from ..speech_attempts import Sound
from .decoding import decode_speech


async def decode_sounds(
    sounds: AsyncGenerator[Sound], *, sample_rate_hz: int
) -> AsyncGenerator[Sound]:
    """Yield sounds whose audio is 16-bit mono PCM at this rate, whatever form it came in.

    Pipecat's services take whatever a server sends for the samples they asked for. The times of
    words pass at once where audio is decoded as it comes; a container gives them with its next.

    Raises:
        EmptyAnswerError: There is something else in the place of audio, or it is damaged.
    """
    words: list[SpokenWord] = []

    async def audio() -> AsyncGenerator[bytes]:
        async for sound in sounds:
            if isinstance(sound, bytes):
                yield sound
            else:
                words.extend(sound)
                # The vendor may tell of words behind their audio, and then of nothing for long.
                yield b""

    async with aclosing(sounds), aclosing(audio()) as chunks:
        decoded = decode_speech(chunks, content_type="audio/pcm", sample_rate_hz=sample_rate_hz)
        async with aclosing(decoded):
            async for pcm in decoded:
                if words:
                    yield [*words]
                    words.clear()
                if pcm:
                    yield pcm
    if words:
        yield words
