"""OpenAI text-to-speech with early audio, deadlines, and errors that become frames."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Any

from pipecat.frames.frames import AggregatedTextFrame, ErrorFrame, Frame, TTSAudioRawFrame
from pipecat.processors.frame_processor import FrameProcessorSetup
from pipecat.services.openai.tts import OpenAITTSService
from pipecat.utils.http import AsyncHTTPClient
from pipecat.utils.text.base_text_aggregator import TextType

from processors.first_clause import FirstClause
from processors.openai_requests import (
    REQUEST_ERRORS,
    EmptyAnswerError,
    build_http_client,
    failure_of,
    is_transient,
    warm,
)
from processors.speech_ahead import SpeechAhead
from processors.speech_frames import KEPT_SILENCE_MS, SpeechFrames

ATTEMPTS_SECS = (2.0, 1.5)
"""What each attempt may take to its first audio. Public first-byte times: p50 .4, p99 1.5 s."""

STALL_SECS = 2.0
"""Between two pieces of audio. The play-out has usually run dry long before."""

SENTENCE_PAUSE_MS = 150
"""Leading silence left in a later sentence of a reply, so that sentences do not run together."""


class OpenAITextToSpeech(OpenAITTSService):
    """Pipecat's OpenAI speech service with our own request.

    One request per sentence. Every failure becomes an `ErrorFrame` with a category; text whose
    speech failed is never reported as spoken. A request that has brought no audio is made twice.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None = None,
        http_client: AsyncHTTPClient | None = None,
        settings: OpenAITTSService.Settings | None = None,
        patience_secs: float | None = None,
    ) -> None:
        self._own_http_client = None if http_client else build_http_client()
        super().__init__(
            api_key=api_key,
            base_url=base_url,
            http_client=http_client or self._own_http_client,
            settings=settings,
        )
        # The SDK's own retries would wait past the deadlines kept here.
        self._client = self._client.with_options(max_retries=0)
        self._patience_secs = patience_secs
        self._text_aggregator = FirstClause()
        self._ahead = SpeechAhead(speak=self._speech, owner=self)
        self._has_failed = False
        self._warm_task: asyncio.Task[None] | None = None
        self._last_context_id = ""
        # Pipecat closes a reply's audio when its text ends only after a sentence of it was spoken
        # whole, and else waits 3 s for more.
        self._is_yielding_frames_synchronously = True

    async def prepare(self, text: str, *, is_first: bool) -> None:
        """Make the speech of a text that will probably be spoken; it is not heard before that.

        Args:
            text: A piece of a reply, cut as `FirstClause` cuts it.
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
                    yield TTSAudioRawFrame(audio, self.sample_rate, 1, context_id=context_id)
        except REQUEST_ERRORS as error:
            self._has_failed = True
            problem, category = failure_of(error)
            yield ErrorFrame(f"text-to-speech: {problem}", exception=error, category=category)

    async def tts_process_generator(
        self, context_id: str, generator: AsyncGenerator[Frame | None, None]
    ) -> None:
        """Route the frames; a reply whose speech failed ends at once, not 3 s later."""
        await super().tts_process_generator(context_id, generator)
        self._is_yielding_frames_synchronously = True

    async def _speech(self, text: str, is_first: bool) -> AsyncGenerator[bytes]:
        """Yield frames of audio; asks again while nothing has come and there is an attempt left."""
        kept_silence_ms = KEPT_SILENCE_MS if is_first else SENTENCE_PAUSE_MS
        for attempt, limit_secs in enumerate(ATTEMPTS_SECS, start=1):
            first_audio_secs = self._patience_secs or limit_secs
            has_audio = False
            try:
                async with aclosing(self._request(text, first_audio_secs)) as chunks:
                    cutter = SpeechFrames(
                        sample_rate_hz=self.sample_rate, kept_silence_ms=kept_silence_ms
                    )
                    async for chunk in chunks:
                        for frame in cutter.feed(chunk):
                            has_audio = True
                            yield frame
                    for frame in cutter.finish():
                        has_audio = True
                        yield frame
                if not has_audio:
                    raise EmptyAnswerError("no audio in the answer")
                return
            except REQUEST_ERRORS as error:
                if has_audio or attempt == len(ATTEMPTS_SECS) or not is_transient(error):
                    raise

    async def _request(self, text: str, first_audio_secs: float) -> AsyncGenerator[bytes]:
        """Yield the audio of one request as it arrives."""
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(first_audio_secs):
                response = await stack.enter_async_context(
                    self._client.audio.speech.with_streaming_response.create(**self._params(text))
                )
                if response.headers.get("content-type", "").startswith(("text/", "application/j")):
                    raise EmptyAnswerError("the answer is not audio")
                chunks = response.iter_bytes()
                chunk = await anext(chunks, b"")
            while chunk:
                yield chunk
                async with asyncio.timeout(STALL_SECS):
                    chunk = await anext(chunks, b"")

    def _params(self, text: str) -> dict[str, Any]:
        params: dict[str, Any] = {
            "input": text,
            "model": self._settings.model,
            "voice": self._settings.voice,
            "response_format": "pcm",
        }
        if self._settings.instructions:
            params["instructions"] = self._settings.instructions
        if self._settings.speed:
            params["speed"] = self._settings.speed
        return params

    async def _synthesize_text(self, text: str, context_id: str) -> None:
        # Pipecat's own also writes the text into the log.
        if self.is_usable:
            await self.tts_process_generator(context_id, self.run_tts(text, context_id))
        else:
            self._has_failed = True

    async def _push_spoken_text(
        self, src_frame: AggregatedTextFrame, text: str, context_id: str, append_to_context: bool
    ) -> None:
        if not self._has_failed:
            await super()._push_spoken_text(src_frame, text, context_id, append_to_context)
            return
        for frame in self._aggregated_frame_sequencer.complete_spoken_slot():
            await self.push_frame(frame)
