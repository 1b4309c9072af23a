"""Cartesia's voice on the loopback interface: contexts on one socket, times of words."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import AbstractAsyncContextManager
from typing import Any

from websockets.asyncio.server import ServerConnection

from tests.services.stand_ins.socket_voices import break_off, open_socket_voice
from tests.services.stand_ins.speech import (
    Ending,
    Speech,
    VoiceServer,
    WordOrder,
    word_times,
)


def open_cartesia() -> AbstractAsyncContextManager[VoiceServer]:
    """Serve on a free port until the block ends."""
    return open_socket_voice(_talk)


async def _talk(voice: VoiceServer, socket: ServerConnection) -> None:
    texts: dict[str, str] = {}
    async with asyncio.TaskGroup() as group:
        speaking: dict[str, asyncio.Task[None]] = {}
        async for message in socket:
            asked: dict[str, Any] = json.loads(message)
            voice.bodies.append(asked)
            context_id: str = asked["context_id"]
            if asked.get("cancel"):
                voice.cancelled.append(texts.get(context_id, "?"))
                if context_id in speaking:
                    speaking[context_id].cancel()
                continue
            texts[context_id] = texts.get(context_id, "") + asked["transcript"]
            # A context is spoken when its text is whole.
            if not asked["continue"]:
                speech = voice.speech_of(texts[context_id])
                speaking[context_id] = group.create_task(
                    _speak(voice, socket, context_id, texts[context_id], speech)
                )
        for task in speaking.values():
            task.cancel()


async def _speak(
    voice: VoiceServer, socket: ServerConnection, context_id: str, text: str, speech: Speech
) -> None:
    async def send(kind: str, **more: object) -> None:
        await socket.send(
            json.dumps({"type": kind, "context_id": context_id, "done": False, **more})
        )

    async def fail(status: int) -> None:
        await send("error", status_code=status, title="No", message=f"No: {text}", done=True)

    if speech.status != 200:
        await fail(speech.status)
        return
    await _haunt(socket, speech)
    if speech.words not in (WordOrder.LATE, WordOrder.ALONG):
        await _send_words(send, word_times(text), speech.words)
    async for chunk, words, _ in voice.timed_chunks(speech, text):
        await send("chunk", data=base64.b64encode(chunk).decode())
        if words and speech.words is WordOrder.ALONG:
            await _send_words(send, words, speech.words)
    if speech.words is WordOrder.LATE:
        await _send_words(send, word_times(text), speech.words)
    if speech.ending is Ending.WHOLE:
        await send("flush_done")
        await send("done", done=True)
    elif speech.ending is Ending.ERROR:
        await fail(500)
    else:
        await break_off(voice, socket, speech.ending)


async def _haunt(socket: ServerConnection, speech: Speech) -> None:
    """Send audio and words of a text that nobody asked for, if that is planned."""
    if not speech.is_haunted:
        return
    old = base64.b64encode(b"\x11\x11" * 2400).decode()
    await socket.send(json.dumps({"type": "chunk", "context_id": "gone", "data": old}))
    words = {"words": ["old"], "start": [0.3], "end": [0.7]}
    late = {"type": "timestamps", "context_id": "gone", "word_timestamps": words}
    await socket.send(json.dumps(late))


async def _send_words(send: Any, times: list[tuple[str, float]], order: WordOrder) -> None:
    if order is WordOrder.MISSING:
        times = times[::2]
    elif order is WordOrder.BACKWARDS:
        times = times[::-1]
    elif order is WordOrder.PIECES:
        halves = [(word, at, len(word) // 2) for word, at in times]
        times = [half for word, at, n in halves for half in ((word[:n], at), (word[n:], at + 0.05))]
        times = [half for half in times if half[0]]
    messages = [times] if order is WordOrder.EARLY else [[time] for time in times]
    for one in messages:
        words = {"words": [word for word, _ in one], "start": [at for _, at in one]}
        await send("timestamps", word_timestamps={**words, "end": [at + 0.1 for _, at in one]})
