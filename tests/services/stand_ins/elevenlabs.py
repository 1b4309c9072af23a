"""ElevenLabs' voice on the loopback interface: contexts on one socket, times of letters."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
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
from tests.spoken_sound import RATE_HZ

Send = Callable[..., Awaitable[None]]

_REFUSALS = {401: "invalid_api_key", 402: "quota_exceeded"}


def open_elevenlabs() -> AbstractAsyncContextManager[VoiceServer]:
    """Serve on a free port until the block ends."""
    return open_socket_voice(_talk)


async def _talk(voice: VoiceServer, socket: ServerConnection) -> None:
    texts: dict[str, str] = {}
    closed: dict[str, asyncio.Event] = {}
    async with asyncio.TaskGroup() as group:
        speaking: dict[str, asyncio.Task[None]] = {}
        async for message in socket:
            asked: dict[str, Any] = json.loads(message)
            voice.bodies.append(asked)
            context_id: str | None = asked.get("context_id")
            if asked.get("close_socket"):
                break
            if context_id is None:
                continue
            if asked.get("close_context"):
                if context_id in speaking and not speaking[context_id].done():
                    if closed[context_id].is_set():
                        voice.cancelled.append(texts[context_id].strip())
                        speaking[context_id].cancel()
                    closed[context_id].set()
                continue
            if asked.get("flush"):
                speech = voice.speech_of(texts[context_id])
                closed[context_id] = asyncio.Event()
                speaking[context_id] = group.create_task(
                    _speak(voice, socket, context_id, texts[context_id], speech, closed[context_id])
                )
            elif asked["text"].strip():
                texts[context_id] = texts.get(context_id, "") + asked["text"]
        for task in speaking.values():
            task.cancel()


async def _speak(
    voice: VoiceServer,
    socket: ServerConnection,
    context_id: str,
    text: str,
    speech: Speech,
    closed: asyncio.Event,
) -> None:
    async def send(**more: object) -> None:
        await socket.send(json.dumps({"contextId": context_id, **more}))

    async def fail(status: int, what: str) -> None:
        # It has no id in it, and the connection goes with it.
        await socket.send(json.dumps({"error": what, "message": f"No: {text}", "code": 1008}))
        await socket.close(1008, f"HTTP {status} {what}")

    if speech.status != 200:
        await fail(speech.status, _REFUSALS.get(speech.status, "refused"))
        return
    if speech.is_haunted:
        await _haunt(socket)
    if speech.words not in (WordOrder.LATE, WordOrder.ALONG):
        await _send_letters(send, text, speech.words)
    async for chunk, words, begins_secs in voice.timed_chunks(speech, text):
        ends_secs = begins_secs + len(chunk) / 2 / RATE_HZ
        told = _alignment(words, begins_secs, ends_secs)
        more = {"alignment": told} if speech.words is WordOrder.ALONG else {}
        await send(audio=base64.b64encode(chunk).decode(), **more)
    if speech.words is WordOrder.LATE:
        await _send_letters(send, text, speech.words)
    if speech.ending is Ending.WHOLE:
        # A context is over when the client has closed it, and all of it has been said.
        await closed.wait()
        await send(isFinal=True)
    elif speech.ending is Ending.ERROR:
        await fail(500, "internal")
    else:
        await break_off(voice, socket, speech.ending)


async def _haunt(socket: ServerConnection) -> None:
    """Send audio and words of a text that nobody asked for."""
    old = base64.b64encode(b"\x11\x11" * 2400).decode()
    starts, lengths = [0, 1, 2, 3], [1, 1, 1, 700]
    letters = {"chars": [*"old "], "charStartTimesMs": starts, "charDurationsMs": lengths}
    await socket.send(json.dumps({"contextId": "gone", "audio": old, "alignment": letters}))


def _alignment(
    words: list[tuple[str, float]], begins_secs: float, ends_secs: float
) -> dict[str, list[Any]]:
    """Return when each letter of these words is spoken, from the beginning of their audio."""
    letters = [
        (letter, round((at_secs - begins_secs) * 1000) + n)
        for word, at_secs in words
        for n, letter in enumerate(f"{word} ")
    ] or [(" ", 0)]
    starts = [start for _, start in letters]
    ends = [*starts[1:], round((ends_secs - begins_secs) * 1000)]
    lengths = [end - start for start, end in zip(starts, ends, strict=True)]
    chars = [letter for letter, _ in letters]
    return {"chars": chars, "charStartTimesMs": starts, "charDurationsMs": lengths}


async def _send_letters(send: Send, text: str, order: WordOrder) -> None:
    """Send when each letter is spoken; times begin anew with every message."""
    words = word_times(text)
    letters: list[tuple[str, int]] = []
    for word, at_secs in words:
        letters += [(letter, round(at_secs * 1000) + n) for n, letter in enumerate(f"{word} ")]
    is_cut = order is WordOrder.PIECES
    messages = [[letter] for letter in letters] if is_cut else [letters]
    before_ms = 0
    for at, message in enumerate(messages):
        ends_ms = messages[at + 1][0][1] if at + 1 < len(messages) else message[-1][1] + 1
        starts = [start - before_ms for _, start in message]
        lengths = [*(b - a for a, b in zip(starts, starts[1:], strict=False))]
        lengths.append(ends_ms - before_ms - starts[-1])
        alignment = {
            "chars": [letter for letter, _ in message],
            "charStartTimesMs": starts,
            "charDurationsMs": lengths,
        }
        await send(alignment=alignment)
        before_ms = ends_ms
