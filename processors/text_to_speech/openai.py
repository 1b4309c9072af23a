"""OpenAI text-to-speech, and the many servers that speak its protocol in dialects."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Literal

from openai import APIStatusError, AsyncOpenAI
from pipecat.processors.frame_processor import FrameProcessorSetup
from pipecat.services.openai.tts import OpenAITTSSettings
from pipecat.utils.http import AsyncHTTPClient
from typing_extensions import override

from ..provider_requests import Complaint, build_http_client, is_azures, is_openais, warm
from .forms.decoding import decode_speech
from .shelf.shelf import Shelf
from .speaking import Speaking
from .speech_attempts import Sound
from .verdict import is_refusal, names_setting

_FORM_HEADERS = {
    "rate": ("x-sample-rate", "x-audio-sample-rate", "sample-rate"),
    "channels": ("x-channels", "x-audio-channels"),
}
"""Where servers say what belongs into the content type."""

_NOT_MADE = (406, 415, 500, 501)
_NAMES_RATE = re.compile(r"sampl(e|ing)[ _-]?rate")
_NAMES_FORMAT = re.compile(r"(?<![a-z])(response|output|audio)?[ _-]?formats?\b|\b(pcm|wav)\b")
"""How servers name what they do not know: "Unsupported format: pcm", "response_format"."""


@dataclass(frozen=True)
class _Form:
    """In which speech is asked for."""

    has_rate: bool
    """Whether the rate is named, as Speaches, Groq and LocalAI know it: else they send their
    model's and do not say so. Most others ignore what they do not know."""
    response_format: Literal["pcm", "wav"] = "pcm"
    """Some vendors send WAV only; all know that."""


class OpenAITextToSpeech(Speaking):
    """A voice with our own request: any name of a voice, any form of audio.

    Args:
        api_key: Of the server.
        base_url: Of the server; "" for the vendor's own.
        model: Name of the model.
        voice: Name of the voice.
        language: Of what is said, a BCP 47 tag: by its rules a reply is cut into sentences. The
            protocol has no place for it, the voice hears it.
        http_client: To be shared; None for one of its own.
        settings: How it speaks; wins over model and voice.
        patience_secs: What one attempt may take to its first audio; a second one gets less.
        shelf: Keeps the speech of what is said again and again; None for none.
    """

    Settings = OpenAITTSSettings

    gives_all = True

    _has_spoken = False
    """So the form is one that the server knows."""

    def __init__(  # noqa: PLR0913 - the constructor that every voice has
        self,
        *,
        api_key: str,
        base_url: str | None = None,
        model: str = "",
        voice: str = "",
        language: str = "",
        http_client: AsyncHTTPClient | None = None,
        settings: OpenAITTSSettings | None = None,
        patience_secs: float | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        chosen = OpenAITTSSettings(
            model=model or "gpt-4o-mini-tts",
            voice=voice or "alloy",
            language=language or None,
            instructions=None,
            speed=None,
        )
        if settings is not None:
            chosen.apply_update(settings)
        super().__init__(
            patience_secs=patience_secs,
            shelf=shelf,
            settings=chosen,
            push_start_frame=True,
            push_stop_frames=True,
        )
        self._own_http_client = None if http_client else build_http_client()
        self.client = AsyncOpenAI(
            api_key=api_key,
            base_url=base_url or None,
            http_client=http_client or self._own_http_client,
            # The SDK's own retries would wait past the deadlines kept here.
            max_retries=0,
        )
        self._form = _Form(has_rate=not (is_openais(base_url) or is_azures(base_url)))
        """In which the server spoke last, or is asked first."""
        self._warm_task: asyncio.Task[None] | None = None

    @override
    def can_generate_metrics(self) -> bool:
        """Return True."""
        return True

    @override
    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Open a connection before it is needed."""
        await super().setup(setup)
        self._warm_task = self.create_task(warm(self.client), "warm")

    @override
    async def cleanup(self) -> None:
        """Close the HTTP client, if it is our own."""
        await super().cleanup()
        task, self._warm_task = self._warm_task, None
        if task:
            await self.cancel_task(task)
        if self._own_http_client:
            await self._own_http_client.aclose()

    @override
    async def attempt(self, text: str, number: int) -> AsyncGenerator[Sound]:
        """Ask for one text's speech, in another form if the server may not know this one.

        What it knows is learnt from speech alone: others are asked for side by side, and a text may
        be refused for what it is.
        """
        form = self._form
        while True:
            try:
                async with aclosing(self._answer(text, form)) as audio:
                    async for pcm in audio:
                        self._form, self._has_spoken = form, True
                        yield pcm
                return
            except APIStatusError as error:
                other = self._other_form(form, error, number)
                if other is None:
                    raise
                form = other

    async def _answer(self, text: str, form: _Form) -> AsyncGenerator[bytes]:
        """Yield the audio of one request as it arrives, as 16-bit mono PCM."""
        async with self.client.audio.speech.with_streaming_response.create(
            **self._params(text, form), response_format=form.response_format
        ) as answer:
            decoded = decode_speech(
                answer.iter_bytes(),
                content_type=_content_type(answer.headers),
                sample_rate_hz=self.sample_rate,
            )
            async with aclosing(decoded) as audio:
                async for pcm in audio:
                    yield pcm

    def _other_form(self, form: _Form, error: APIStatusError, number: int) -> _Form | None:
        """Return in which form to ask after a refusal; None if it was not for the form."""
        complaint = Complaint.of(error)
        if complaint is None or not (is_refusal(error) or error.status_code in _NOT_MADE):
            return None
        # It may not say what it did not want, or in which words; a 500 may pass by itself.
        is_known = error.param or names_setting(error)
        is_known = is_known or complaint.is_hopeless or complaint.is_about_content
        is_blind = not (self._has_spoken or is_known or (error.status_code == 500 and number == 1))
        is_for_format = form.response_format == "pcm" and _NAMES_FORMAT.search(complaint.text)
        if form.has_rate and (
            _NAMES_RATE.search(complaint.text) or (is_blind and not is_for_format)
        ):
            return replace(form, has_rate=False)
        if form.response_format == "pcm" and (is_for_format or is_blind):
            return replace(form, response_format="wav")
        return None

    def _params(self, text: str, form: _Form) -> dict[str, Any]:
        chosen = self.settings
        assert isinstance(chosen, OpenAITTSSettings)
        params: dict[str, Any] = {"input": text, "model": chosen.model, "voice": chosen.voice}
        if chosen.instructions:
            params["instructions"] = chosen.instructions
        if chosen.speed:
            params["speed"] = chosen.speed
        if form.has_rate:
            params["extra_body"] = {"sample_rate": self.sample_rate}
        return params


def _content_type(headers: Mapping[str, str]) -> str:
    """Return all that the headers say of the audio, as one content type."""
    said = [headers.get("content-type") or "audio/pcm"]
    for name, others in _FORM_HEADERS.items():
        said += [f"{name}={headers[other]}" for other in others if headers.get(other)]
    return ";".join(said)
