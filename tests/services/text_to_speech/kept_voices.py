"""Every voice with a shelf, and its stand-in."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processors.text_to_speech.cartesia import CartesiaTextToSpeech
from processors.text_to_speech.deepgram import DeepgramTextToSpeech
from processors.text_to_speech.elevenlabs import ElevenLabsTextToSpeech
from processors.text_to_speech.openai import OpenAITextToSpeech
from processors.text_to_speech.shelf.folder import ShelfFolder
from processors.text_to_speech.shelf.openers import Openers, phrases
from processors.text_to_speech.shelf.shelf import Shelf
from processors.text_to_speech.speaking import Speaking
from tests.services.stand_ins.cartesia import open_cartesia
from tests.services.stand_ins.deepgram_speak import open_deepgram_voice, open_openai_voice
from tests.services.stand_ins.elevenlabs import open_elevenlabs
from tests.services.stand_ins.speech import VoiceServer

OPENERS = Openers(clauses=phrases("sure, hello"), lines={"Are you still there?"})


@dataclass(frozen=True)
class KeptVoice:
    """One row."""

    name: str
    open_server: Callable[[], AbstractAsyncContextManager[VoiceServer]]
    kind: Callable[..., Speaking]
    has_word_times: bool = False


KEPT_VOICES = [
    KeptVoice("openai", open_openai_voice, OpenAITextToSpeech),
    KeptVoice("deepgram", open_deepgram_voice, DeepgramTextToSpeech),
    KeptVoice("elevenlabs", open_elevenlabs, ElevenLabsTextToSpeech, True),
    KeptVoice("cartesia", open_cartesia, CartesiaTextToSpeech, True),
]


def shelf_at(path: Path, *, of: str = "vendor") -> Shelf:
    """Return the shelf of one voice in one call, which does at once what blocks."""
    folder = ShelfFolder(path, limit_bytes=10**7)
    return Shelf(folder, openers=OPENERS, of=of, in_thread=_at_once)


@asynccontextmanager
async def open_kept_voice(
    voice: KeptVoice, path: Path, **options: Any
) -> AsyncGenerator[tuple[Callable[[], Speaking], VoiceServer]]:
    """Serve a stand-in; the voice is built anew for each call."""
    async with voice.open_server() as server:

        def build() -> Speaking:
            service = voice.kind(
                api_key="key", base_url=server.base_url, shelf=shelf_at(path), **options
            )
            # What was kept is looked at here, not how long a text is tried: in real time.
            service.gone_secs = 0.0
            return service

        yield build, server


async def _at_once(work: Callable[[], Any]) -> Any:
    return work()
