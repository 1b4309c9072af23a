"""A caller of Deepgram's unmodified SDK, in real time or as fast as it goes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from deepgram import AsyncDeepgramClient
from deepgram.environment import DeepgramClientEnvironment
from deepgram.listen.v1.socket_client import AsyncV1SocketClient
from deepgram.listen.v1.types import ListenV1Results

from tests.local_providers import LocalProviders

CHUNK_MS = 20
_ANSWER_SECS = 20.0
_DEFAULTS = {
    "model": "nova-3-general",
    "encoding": "linear16",
    "sample_rate": 16_000,
    "interim_results": "true",
    "punctuate": "true",
}


@dataclass
class Heard:
    """Everything one connection said, with the time each message came."""

    messages: list[tuple[float, Any]] = field(default_factory=list)

    @property
    def results(self) -> list[ListenV1Results]:
        return [message for _, message in self.messages if isinstance(message, ListenV1Results)]

    @property
    def finals(self) -> list[ListenV1Results]:
        return [result for result in self.results if result.is_final]

    @property
    def interims(self) -> list[str]:
        return [text_of(result) for result in self.results if not result.is_final]

    @property
    def text(self) -> str:
        return " ".join(filter(None, map(text_of, self.finals)))

    @property
    def kinds(self) -> list[str]:
        return [message.type for _, message in self.messages]


def text_of(result: ListenV1Results) -> str:
    return result.channel.alternatives[0].transcript


@asynccontextmanager
async def connected(
    providers: LocalProviders, *, faults: dict[str, Any] | None = None, **options: Any
) -> AsyncGenerator[AsyncV1SocketClient]:
    """Open one live connection; `faults` are its own."""
    url = providers.deepgram_url
    environment = DeepgramClientEnvironment(
        base=providers.http_url, production=url, agent=url, agent_rest=providers.http_url
    )
    client = AsyncDeepgramClient(api_key="local", environment=environment)
    extra: Any = {"additional_query_parameters": {"faults": json.dumps(faults)}} if faults else {}
    settings: Any = {**_DEFAULTS, **options}
    async with client.listen.v1.connect(**settings, request_options=extra) as socket:
        yield socket


async def send_audio(
    socket: AsyncV1SocketClient, pcm: bytes, *, bytes_per_ms: int = 32, is_real_time: bool = False
) -> None:
    """Send audio in messages of 20 ms."""
    size = bytes_per_ms * CHUNK_MS
    begun_secs = time.monotonic()
    for at in range(0, len(pcm), size):
        await socket.send_media(pcm[at : at + size])
        if is_real_time:
            due_secs = begun_secs + (at + size) / bytes_per_ms / 1_000
            await asyncio.sleep(max(0.0, due_secs - time.monotonic()))


async def read(socket: AsyncV1SocketClient, heard: Heard) -> Heard:
    """Read messages until the server closes."""
    begun_secs = time.monotonic()
    async with asyncio.timeout(None) as limit:
        async for message in socket:
            heard.messages.append((time.monotonic() - begun_secs, message))
            limit.reschedule(asyncio.get_running_loop().time() + _ANSWER_SECS)
    return heard


async def transcribed(
    providers: LocalProviders,
    pcm: bytes,
    *,
    is_real_time: bool = False,
    bytes_per_ms: int = 32,
    **options: Any,
) -> Heard:
    """Send audio with a second of silence after it, close the stream and return all answers."""
    heard = Heard()
    silence = bytes(1_000 * bytes_per_ms)
    if options.get("encoding") == "mulaw":
        silence = b"\xff" * len(silence)
    async with connected(providers, **options) as socket, asyncio.TaskGroup() as group:
        group.create_task(read(socket, heard))
        await send_audio(
            socket, pcm + silence, bytes_per_ms=bytes_per_ms, is_real_time=is_real_time
        )
        await socket.send_close_stream()
    return heard
