"""Every voice, and its stand-in: what the conformance suite runs over."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from pipecat.frames.frames import Frame
from pipecat.services.openai.tts import OpenAITTSService
from typing_extensions import override

from processors.fallback import Fallback
from processors.provider_requests import build_http_client
from processors.text_to_speech.cartesia import CartesiaTextToSpeech
from processors.text_to_speech.deepgram import DeepgramTextToSpeech
from processors.text_to_speech.elevenlabs import ElevenLabsTextToSpeech
from processors.text_to_speech.openai import OpenAITextToSpeech
from processors.text_to_speech.speaking import Speaking
from processors.text_to_speech.with_fallback import TextToSpeechWithFallback
from tests.services.stand_ins.cartesia import open_cartesia
from tests.services.stand_ins.deepgram_speak import open_deepgram_voice, open_openai_voice
from tests.services.stand_ins.elevenlabs import open_elevenlabs
from tests.services.stand_ins.speech import Speech, VoiceServer
from tests.spoken_reply import Spoken, spoken

PATIENCE_SECS = 2.0
REST = Speech()
"""What a voice does when nothing goes wrong."""


class StockVoice(Speaking, OpenAITTSService):
    """A service of Pipecat's with the bare layer in front."""

    def __init__(self, *, api_key: str, base_url: str, patience_secs: float) -> None:
        self._http_client = build_http_client()
        super().__init__(
            api_key=api_key,
            base_url=base_url,
            http_client=self._http_client,
            patience_secs=patience_secs,
        )

    @override
    async def cleanup(self) -> None:
        await super().cleanup()
        await self._http_client.aclose()


@dataclass(frozen=True)
class Voice:
    """One row of the suite."""

    name: str
    open_server: Callable[[], AbstractAsyncContextManager[VoiceServer]]
    build: Callable[[str], Speaking]
    is_socket: bool = False
    has_word_times: bool = False


def _simple(kind: Callable[..., Speaking]) -> Callable[[str], Speaking]:
    def build(base_url: str) -> Speaking:
        return kind(api_key="key", base_url=base_url, patience_secs=PATIENCE_SECS)

    return build


def _with_fallback(base_url: str) -> Speaking:
    """Build a pair whose first has been lost."""
    first = OpenAITextToSpeech(
        api_key="key", base_url="http://127.0.0.1:9", patience_secs=PATIENCE_SECS
    )
    fallback = Fallback()
    fallback.note_failure(0.0, is_permanent=True)
    second = _simple(CartesiaTextToSpeech)(base_url)
    return TextToSpeechWithFallback(first, second, fallback=fallback)


VOICES = [
    Voice("openai", open_openai_voice, _simple(OpenAITextToSpeech)),
    Voice("deepgram", open_deepgram_voice, _simple(DeepgramTextToSpeech)),
    Voice("elevenlabs", open_elevenlabs, _simple(ElevenLabsTextToSpeech), True, True),
    Voice("cartesia", open_cartesia, _simple(CartesiaTextToSpeech), True, True),
    Voice("stock", open_openai_voice, _simple(StockVoice)),
    Voice("fallback", open_cartesia, _with_fallback, True, True),
]


@asynccontextmanager
async def open_voice(voice: Voice) -> AsyncGenerator[tuple[Speaking, VoiceServer]]:
    """Serve a stand-in and build the voice that asks it."""
    async with voice.open_server() as server:
        yield voice.build(server.base_url), server


async def said(
    voice: Voice, frames: list[Frame] | str, *plan: Speech, gone_secs: float | None = None
) -> tuple[Spoken, list[str]]:
    """Return what is heard of a voice that does so with one request after the other.

    `gone_secs` is how long it may be away, if not as long as usual.
    """
    async with open_voice(voice) as (service, server):
        if gone_secs is not None:
            service.gone_secs = gone_secs
        plans = [*plan]
        server.answer = lambda _: plans.pop(0) if plans else REST
        return await spoken(service, frames), server.texts
