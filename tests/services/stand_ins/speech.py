"""What a stand-in of a voice does with one text: the same faults at every vendor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from tests.spoken_sound import RATE_HZ, SECS, pcm


class Ending(Enum):
    """How the speech of a text ends."""

    WHOLE = auto()
    HANG = auto()
    """All was sent, its end is not."""
    RESET = auto()
    """The connection is torn down."""
    ERROR = auto()
    """The vendor says that it failed."""


class WordOrder(Enum):
    """When and how the words' times come; of no meaning to vendors without."""

    EARLY = auto()
    LATE = auto()
    ALONG = auto()
    """Those that begin in a piece of audio, with it or right behind it."""
    MISSING = auto()
    """Every second word has no time."""
    BACKWARDS = auto()
    PIECES = auto()
    """In messages of one letter, where the vendor times letters; else of half a word."""


@dataclass(frozen=True)
class Speech:
    """What is done with one text."""

    audio: bytes = field(default_factory=pcm)
    delay_secs: float = 0.0
    """Before its first audio."""
    chunk_bytes: int = 4800
    chunk_secs: float = 0.0
    ending: Ending = Ending.WHOLE
    status: int = 200
    """Else the text is refused with it."""
    words: WordOrder = WordOrder.EARLY
    is_haunted: bool = False
    """Audio of a text that was never asked for comes first."""


@dataclass
class VoiceServer:
    """A stand-in: what it was asked, and what it does with it."""

    answer: Callable[[str], Speech] = lambda _: Speech()
    texts: list[str] = field(default_factory=list[str])
    """In the order they were asked for."""
    heads: list[tuple[str, Mapping[str, str]]] = field(
        default_factory=list[tuple[str, Mapping[str, str]]]
    )
    """Path with its query, and headers, of each request or connection."""
    bodies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Of each request, or each message on a connection."""
    cancelled: list[str] = field(default_factory=list[str])
    """Texts that were not wanted any more, as told by the client."""
    refusal: int = 0
    """Status with which connections are refused; 0 for none."""
    refusal_headers: dict[str, str] = field(default_factory=dict[str, str])
    """Of answers that refuse a connection or a text."""
    refused_secs: list[float] = field(default_factory=list[float])
    """When connections or texts were refused so, by the event loop's clock."""
    closes: int = 0
    """Code with which sockets are closed as soon as they are open; 0 for none."""
    rewrite: Callable[[str], list[str | bytes]] = lambda message: [message]
    """What is written on a socket in the place of a message."""
    stays_open: bool = False
    """A socket is not closed after an error."""
    hangs: bool = False
    """Connections are neither taken nor refused."""
    connections: int = 0
    open_connections: Callable[[], int] = lambda: 0
    """Returns how many there are at the moment."""
    drop: Callable[[], None] = lambda: None
    """Cuts them all."""
    base_url: str = ""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set at the end of the test."""

    async def hang(self) -> None:
        """Return at the end of the test."""
        await self.over.wait()

    def refuse(self) -> dict[str, str]:
        """Note that something is refused; returns the headers it is refused with."""
        self.refused_secs.append(asyncio.get_running_loop().time())
        return self.refusal_headers

    def speech_of(self, text: str) -> Speech:
        """Note that a text was asked for, and say what is done with it."""
        self.texts.append(text.strip())
        return self.answer(text.strip())

    async def timed_chunks(
        self, speech: Speech, text: str
    ) -> AsyncGenerator[tuple[bytes, list[tuple[str, float]], float]]:
        """Yield the audio as it is sent, the words that begin in it, and where it begins."""
        begins_secs = 0.0
        async for chunk in self.chunks(speech):
            ends_secs = begins_secs + len(chunk) / 2 / RATE_HZ
            words = [word for word in word_times(text) if begins_secs <= word[1] < ends_secs]
            yield chunk, words, begins_secs
            begins_secs = ends_secs

    async def chunks(self, speech: Speech) -> AsyncGenerator[bytes]:
        """Yield the audio as it is sent."""
        await asyncio.sleep(speech.delay_secs)
        for start in range(0, len(speech.audio), speech.chunk_bytes):
            await asyncio.sleep(speech.chunk_secs if start else 0)
            yield speech.audio[start : start + speech.chunk_bytes]


def word_times(text: str, *, secs: float = SECS) -> list[tuple[str, float]]:
    """Return the words of a text, evenly spread over its audio."""
    words = text.split()
    return [(word, secs * at / len(words)) for at, word in enumerate(words)]
