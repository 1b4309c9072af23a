"""Transcription as OpenAI's `POST /audio/transcriptions` does it; Groq and many servers do too."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from httpx2 import Limits
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, omit
from pipecat.frames.frames import Frame, TranscriptionFrame
from pipecat.services.settings import STTSettings
from pipecat.services.stt_latency import OPENAI_TTFS_P99
from pipecat.services.stt_service import SegmentedSTTService
from pipecat.utils.time import time_now_iso8601
from typing_extensions import override

from ..tls import shared_tls_context
from ..turns.word_units import Numerals
from .segment_recognition import SegmentRecognition
from .transcriptions import text_of

MODEL = "gpt-transcribe"
CLOUD_PATIENCE_SECS = 4.0
"""For an attempt at OpenAI's own server: published p50 .64, p99 1.7 s; a segment may be long."""


class _Transcriptions(SegmentedSTTService):
    """Asks once; whoever mixes in says what a failure means."""

    def __init__(self, *, client: AsyncOpenAI, settings: STTSettings, ttfs_p99_secs: float) -> None:
        super().__init__(settings=settings, ttfs_p99_latency=ttfs_p99_secs)
        self._client = client

    @override
    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Transcribe a WAV file; raises what the client raises."""
        fields = self.settings.given_fields()
        # The client would take a page for words, and words for a mistake.
        answer = await self._client.audio.transcriptions.with_raw_response.create(
            file=("audio.wav", audio, "audio/wav"),
            model=fields["model"],
            language=fields["language"] or omit,
            response_format="json",
        )
        text = text_of(answer.text, content_type=answer.headers.get("content-type", ""))
        yield TranscriptionFrame(text, "", time_now_iso8601())

    @override
    async def cleanup(self) -> None:
        """Close the client's connections."""
        await super().cleanup()
        await self._client.close()


class OpenAISpeechToText(SegmentRecognition, _Transcriptions):
    """Utterances, each transcribed when it is over: there are no interim words.

    Args:
        api_key: For servers that want none, anything.
        base_url: Of another server, with its `/v1`; empty for OpenAI's own.
        model: Empty for OpenAI's.
        language: A BCP-47 tag; empty or "multi": the server finds out.
        patience_secs: For an attempt; None for 4 s at OpenAI's own server and 10 s at any other.
        numerals: That language's number words, which a recogniser may also write as digits.
    """

    def __init__(  # noqa: PLR0913 - the constructor that every recogniser has
        self,
        *,
        api_key: str,
        base_url: str = "",
        model: str = "",
        language: str = "",
        patience_secs: float | None = None,
        numerals: Numerals | None = None,
    ) -> None:
        spoken = "" if language == "multi" else language.partition("-")[0]
        super().__init__(
            client=AsyncOpenAI(
                api_key=api_key,
                base_url=base_url or None,
                # The second attempt is ours.
                max_retries=0,
                # The SDK's own closes an idle connection after 5 s; callers pause for longer.
                http_client=DefaultAsyncHttpxClient(
                    verify=shared_tls_context(), limits=Limits(keepalive_expiry=600)
                ),
            ),
            settings=STTSettings(model=model or MODEL, language=spoken or None),
            ttfs_p99_secs=OPENAI_TTFS_P99,
            numerals=numerals,
            patience_secs=patience_secs or (None if base_url else CLOUD_PATIENCE_SECS),
        )

    @override
    def can_generate_metrics(self) -> bool:
        """Time to the final words, and usage."""
        return True
