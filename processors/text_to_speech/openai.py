"""OpenAI text-to-speech with early audio, deadlines, and errors that become frames."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from pipecat.frames.frames import AggregatedTextFrame, ErrorFrame, Frame, TTSAudioRawFrame
from pipecat.processors.frame_processor import FrameProcessorSetup
from pipecat.services.openai.tts import OpenAITTSService
from pipecat.utils.errors import ErrorCategory
from pipecat.utils.http import AsyncHTTPClient
from pipecat.utils.text.base_text_aggregator import TextType
from typing_extensions import override

from processors.language_model.openai_requests import (
    REQUEST_ERRORS,
    build_http_client,
    failure_of,
    warm,
)
from processors.text_to_speech.speech_ahead import SpeechAhead
from processors.text_to_speech.speech_frames import KEPT_SILENCE_MS
from processors.text_to_speech.speech_requests import (
    PATIENCE_SECS,
    SpeechRequests,
    is_refusal,
    names_setting,
)
from processors.text_to_speech.spoken_pieces import SpokenPieces, pieces_of

SENTENCE_PAUSE_MS = 150
"""Leading silence left in a later sentence of a reply, so that sentences do not run together."""

MAX_SILENT_REPLIES = 3
"""In a row, for the fault of the voice: then it is given up. Pipecat's number."""

TRUSTED_REFUSALS = 3
"""In a row: for so long a voice that has spoken is not asked whether it still can."""

LONGEST_SECS = 10.0
LONGEST_CHAR_SECS = 0.6
"""A digit may be a word. Voices that are language models may lose the end and babble on."""

PROBE = "Hello."
"""What every voice can say."""

_PLAIN = re.compile(r"[A-Za-z][A-Za-z ,.'!?]{0,39}")
"""Text that no voice refuses for what it is."""


class OpenAITextToSpeech(OpenAITTSService):
    """Pipecat's OpenAI speech service with our own request.

    One request per sentence. Every failure becomes an `ErrorFrame` with a category; text whose
    speech failed is never reported as spoken. A request that has brought no audio is made twice.
    A text that the voice refuses is lost; the voice is given up only if it refuses any.

    Args:
        api_key: Of the server.
        base_url: Of the server; None for the vendor's own.
        http_client: To be shared; None for one of its own.
        settings: Model, voice and how it speaks.
        patience_secs: What one attempt may take to its first audio; a second one gets less.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None = None,
        http_client: AsyncHTTPClient | None = None,
        settings: OpenAITTSService.Settings | None = None,
        patience_secs: float = PATIENCE_SECS,
    ) -> None:
        self._own_http_client = None if http_client else build_http_client()
        self._requests = SpeechRequests(patience_secs=patience_secs)
        super().__init__(
            api_key=api_key,
            base_url=base_url,
            http_client=http_client or self._own_http_client,
            settings=settings,
            # Pipecat takes a reply for finished that is silent for longer.
            stop_frame_timeout_s=self._requests.longest_silence_secs,
            # It would also count replies whose text was refused; ours are counted in `run_tts`.
            max_consecutive_zero_audio_contexts=0,
        )
        # The SDK's own retries would wait past the deadlines kept here.
        self._client = self._client.with_options(max_retries=0)
        self._text_aggregator = SpokenPieces(language=str(self._settings.language or ""))
        self._ahead = SpeechAhead(speak=self._speech, owner=self)
        self._has_failed = False
        self._trusted_refusals = 0
        self._silent_replies: set[str] = set()
        self._warm_task: asyncio.Task[None] | None = None
        self._last_context_id = ""
        # Pipecat closes a reply's audio when its text ends only after a sentence of it was spoken
        # whole, and else waits 3 s for more.
        self._is_yielding_frames_synchronously = True

    async def prepare(self, text: str, *, is_first: bool) -> None:
        """Make the speech of a text that will probably be spoken; it is not heard before that.

        Args:
            text: A piece of a reply, cut as `SpokenPieces` cuts it.
            is_first: It begins the reply.
        """
        trimmed = self._trim_text(text)
        prepared = trimmed and await self._transform_text(trimmed, TextType.SENTENCE)
        if prepared and self.is_usable:
            self._ahead.prepare(prepared, is_first=is_first)

    async def drop_prepared(self) -> None:
        """Forget the speech that was made ahead: it will not be spoken."""
        await self._ahead.drop()

    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Open a connection before it is needed."""
        await super().setup(setup)
        self._warm_task = self.create_task(warm(self._client), "warm")

    async def cleanup(self) -> None:
        """Stop what is made ahead; close the HTTP client, if it is our own."""
        await super().cleanup()
        task, self._warm_task = self._warm_task, None
        if task:
            await self.cancel_task(task)
        await self._ahead.drop()
        if self._own_http_client:
            await self._own_http_client.aclose()

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """Synthesise one sentence.

        Args:
            text: What to say.
            context_id: Of the reply the audio belongs to.
        """
        self._has_failed = False
        is_first = context_id != self._last_context_id
        self._last_context_id = context_id
        await self.start_tts_usage_metrics(text)
        try:
            speech = self._ahead.take(text) or self._speech(text, is_first)
            async with aclosing(speech) as frames:
                async for audio in frames:
                    await self.stop_ttfb_metrics()
                    self._trusted_refusals = TRUSTED_REFUSALS
                    self._silent_replies.clear()
                    yield TTSAudioRawFrame(audio, self.sample_rate, 1, context_id=context_id)
        except Exception as error:  # noqa: BLE001 - no sentence may end as if it had been spoken
            self._has_failed = True
            problem, category = failure_of(error)
            if await self._is_text_to_blame(text, error):
                category = ErrorCategory.APPLICATION
            else:
                self._silent_replies.add(context_id)
                if category is ErrorCategory.APPLICATION:
                    # Not this request alone: every other would be refused as well.
                    category = ErrorCategory.INVALID_REQUEST
            yield ErrorFrame(f"text-to-speech: {problem}", exception=error, category=category)
            if len(self._silent_replies) >= MAX_SILENT_REPLIES:
                await self.push_error("text-to-speech: silent", force_treat_as_permanent=True)

    async def tts_process_generator(
        self, context_id: str, generator: AsyncGenerator[Frame | None, None]
    ) -> None:
        """Route the frames; a reply whose speech failed ends at once, not 3 s later."""
        await super().tts_process_generator(context_id, generator)
        self._is_yielding_frames_synchronously = True

    def _speech(self, text: str, is_first: bool) -> AsyncGenerator[bytes]:
        """Yield frames of audio."""
        return self._requests.speech(
            lambda response_format: self._client.audio.speech.with_streaming_response.create(
                **self._params(text), response_format=response_format
            ),
            sample_rate_hz=self.sample_rate,
            kept_silence_ms=KEPT_SILENCE_MS if is_first else SENTENCE_PAUSE_MS,
            longest_secs=LONGEST_SECS + LONGEST_CHAR_SECS * len(text),
        )

    async def _is_text_to_blame(self, text: str, error: Exception) -> bool:
        """Return True if the voice refused this text only, and would speak another."""
        if not is_refusal(error) or names_setting(error):
            return False
        if self._trusted_refusals:
            self._trusted_refusals -= 1
            return True
        if _PLAIN.fullmatch(text):
            return False
        try:
            async with aclosing(self._speech(PROBE, is_first=True)) as frames:
                async for _ in frames:
                    break
        except REQUEST_ERRORS as failure:
            return not is_refusal(failure)
        self._trusted_refusals = TRUSTED_REFUSALS
        return True

    def _params(self, text: str) -> dict[str, Any]:
        params: dict[str, Any] = {
            "input": text,
            "model": self._settings.model,
            "voice": self._settings.voice,
        }
        if self._settings.instructions:
            params["instructions"] = self._settings.instructions
        if self._settings.speed:
            params["speed"] = self._settings.speed
        return params

    @override
    async def _handle_aggregated_text(
        self, src_frame: AggregatedTextFrame, context_id: str | None = None
    ) -> None:
        if context_id is None:
            # Of a reply: cut and made speakable already.
            await super()._handle_aggregated_text(src_frame)
            return
        for piece in await pieces_of(src_frame.text, language=self.text_aggregation_language):
            frame = AggregatedTextFrame(piece, src_frame.text_type, raw_text=piece)
            frame.interruptible = src_frame.interruptible
            await super()._handle_aggregated_text(frame, context_id)

    @override
    async def _synthesize_text(self, text: str, context_id: str) -> None:
        # Pipecat's own also writes the text into the log.
        if self.is_usable:
            await self.tts_process_generator(context_id, self.run_tts(text, context_id))
        else:
            self._has_failed = True

    @override
    async def _push_spoken_text(
        self, src_frame: AggregatedTextFrame, text: str, context_id: str, append_to_context: bool
    ) -> None:
        if not self._has_failed:
            await super()._push_spoken_text(src_frame, text, context_id, append_to_context)
            return
        for frame in self._aggregated_frame_sequencer.complete_spoken_slot():
            await self.push_frame(frame)
