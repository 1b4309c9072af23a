"""Captions as a page would see them: text streams of topic `lk.transcription`, by segment."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from livekit import rtc

TOPIC = "lk.transcription"


@dataclass
class Caption:
    """One segment of one speaker, as last shown."""

    identity: str
    segment_id: str
    text: str
    is_final: bool
    first_secs: float
    """When its first text came (`time.monotonic`)."""
    last_secs: float
    growth: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    """When the text had how many characters, in order."""

    def shown_secs(self, chars: int) -> float:
        """Return when the first `chars` characters were shown."""
        return next(secs for secs, length in self.growth if length >= chars)


class Captions:
    """Collects both sides' captions; register it before the room connects."""

    def __init__(self) -> None:
        self._segments: dict[tuple[str, str], Caption] = {}
        self._readers: set[asyncio.Task[None]] = set()

    def attach(self, room: rtc.Room) -> None:
        """Listen to the caption topic of `room`."""
        room.register_text_stream_handler(TOPIC, self._on_stream)

    async def close(self) -> None:
        """Stop reading."""
        for task in self._readers:
            task.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    def of(self, identity: str) -> list[Caption]:
        """Return the captions of one participant, in order of appearance."""
        captions = [c for c in self._segments.values() if c.identity == identity]
        return sorted(captions, key=lambda caption: caption.first_secs)

    def _on_stream(self, reader: rtc.TextStreamReader, identity: str) -> None:
        task = asyncio.create_task(self._read(reader, identity))
        self._readers.add(task)
        task.add_done_callback(self._readers.discard)

    async def _read(self, reader: rtc.TextStreamReader, identity: str) -> None:
        attributes = reader.info.attributes or {}
        segment_id = attributes.get("lk.segment_id", reader.info.stream_id)
        is_final = attributes.get("lk.transcription_final") == "true"
        text = ""
        try:
            async for chunk in reader:
                text += chunk
                self._show(identity, segment_id, text, is_final=is_final)
        except rtc.StreamError:
            return  # the sender left or the room closed; what was shown stays
        trailer = reader.info.attributes or {}
        if text and trailer.get("lk.transcription_final") == "true":
            self._show(identity, segment_id, text, is_final=True)

    def _show(self, identity: str, segment_id: str, text: str, *, is_final: bool) -> None:
        now = time.monotonic()
        caption = self._segments.get((identity, segment_id))
        if caption is None:
            caption = Caption(identity, segment_id, text, is_final, now, now)
            self._segments[identity, segment_id] = caption
        caption.text, caption.last_secs = text, now
        caption.growth.append((now, len(text)))
        caption.is_final = caption.is_final or is_final
