"""Recognises what a caller heard with the local speech-to-text.

`recognized` asks a running local provider server over Deepgram's protocol, `understood` runs the
same model in this process.
"""

from __future__ import annotations

import asyncio
import json
from functools import cache
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from bench.sound import SAMPLE_RATE_HZ, samples_of, silence
from processors.moonshine import Moonshine

_CHUNK_BYTES = 2 * SAMPLE_RATE_HZ // 10
_QUERY = (
    f"encoding=linear16&sample_rate={SAMPLE_RATE_HZ}&channels=1"
    "&interim_results=false&endpointing=300&model=nova-3-general"
)


def understood(pcm: bytes) -> str:
    """Return the words in 16 kHz `pcm`. Blocks for about a thirtieth of its length."""
    transcript = _model().transcribe(samples_of(pcm).astype(np.float32) / 32768)
    return transcript.text if transcript else ""


@cache
def _model() -> Moonshine:
    return Moonshine()


async def recognized(pcm: bytes, *, base_url: str, timeout_secs: float = 60.0) -> str:
    """Return the words in 16 kHz `pcm`.

    `base_url` is that of a local provider server, `ws://HOST:PORT`. The audio is sent as fast as it
    is taken.

    Raises:
        TimeoutError: if the recogniser does not finish in time.
    """
    url = f"{base_url.rstrip('/')}/v1/listen?{_QUERY}"
    headers = {"Authorization": "Token local"}
    async with (
        asyncio.timeout(timeout_secs),
        connect(url, additional_headers=headers) as socket,
        asyncio.TaskGroup() as group,
    ):
        finals = group.create_task(_finals(socket))
        # Quiet around the speech lets the recogniser see both ends of it.
        await _send(socket, silence(0.3) + pcm + silence(0.8))
    return " ".join(finals.result())


async def _send(socket: ClientConnection, pcm: bytes) -> None:
    for position in range(0, len(pcm), _CHUNK_BYTES):
        await socket.send(pcm[position : position + _CHUNK_BYTES])
    await socket.send(json.dumps({"type": "CloseStream"}))


async def _finals(socket: ClientConnection) -> list[str]:
    finals: list[str] = []
    async for raw in socket:
        message: dict[str, Any] = json.loads(raw)
        if message.get("type") == "Results" and message.get("is_final"):
            text = message["channel"]["alternatives"][0]["transcript"].strip()
            if text:
                finals.append(text)
    return finals
