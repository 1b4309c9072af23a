"""Deepgram's voices (Aura): one key then gives ears and voice.

A request per text: its socket has no ids for texts, and takes 20 flushes a minute, one a sentence.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import httpx2
from pipecat.frames.frames import ErrorFrame
from pipecat.services.deepgram.tts import DeepgramTTSSettings
from pipecat.utils.http import AsyncHTTPClient
from typing_extensions import override

from ..provider_requests import build_http_client
from .forms.decoding import decode_speech
from .service_speech import failure_in
from .shelf.shelf import Shelf
from .speaking import Speaking
from .speech_attempts import Sound


class DeepgramTextToSpeech(Speaking):
    """A voice with our own request: Pipecat's keeps to itself how long the server wants to rest.

    Args:
        api_key: Of the account.
        base_url: Of the server; "" for the vendor's own.
        model: Not used: Deepgram's voices are its models.
        voice: Such as "aura-2-helena-en"; it has its language.
        language: Of what is said, a BCP 47 tag: by its rules a reply is cut into sentences.
        http_client: To be shared; None for one of its own.
        patience_secs: What one attempt may take to its first audio; a second one gets less.
        shelf: Keeps the speech of what is said again and again; None for none.
    """

    Settings = DeepgramTTSSettings

    gives_all = True

    def __init__(  # noqa: PLR0913 - the constructor that every voice has
        self,
        *,
        api_key: str,
        base_url: str = "",
        model: str = "",
        voice: str = "",
        language: str = "",
        http_client: AsyncHTTPClient | None = None,
        patience_secs: float | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        super().__init__(
            patience_secs=patience_secs,
            shelf=shelf,
            settings=DeepgramTTSSettings(
                model=None,
                voice=voice or model or "aura-2-helena-en",
                language=language or None,
                speed=None,
            ),
            push_start_frame=True,
            push_stop_frames=True,
        )
        self._url = f"{(base_url or 'https://api.deepgram.com').rstrip('/')}/v1/speak"
        self._headers = {"Authorization": f"Token {api_key}"}
        self._own_http_client = None if http_client else build_http_client()
        self._http_client: Any = http_client or self._own_http_client

    @override
    def can_generate_metrics(self) -> bool:
        """Return True."""
        return True

    @override
    async def cleanup(self) -> None:
        """Close the HTTP client, if it is our own."""
        await super().cleanup()
        if self._own_http_client:
            await self._own_http_client.aclose()

    @override
    async def attempt(self, text: str, number: int) -> AsyncGenerator[Sound]:
        """Ask for one text's speech once."""
        async with self._http_client.stream(
            "POST", self._url, params=self._params, headers=self._headers, json={"text": text}
        ) as answer:
            if answer.status_code != httpx2.codes.OK:
                await answer.aread()
                refused = httpx2.HTTPStatusError("", request=answer.request, response=answer)
                raise failure_in(ErrorFrame(answer.text, exception=refused), text=text)
            # Deepgram calls them "audio/l16", which elsewhere are samples the other way round.
            decoded = decode_speech(
                answer.aiter_bytes(), content_type="audio/pcm", sample_rate_hz=self.sample_rate
            )
            async with aclosing(decoded) as audio:
                async for pcm in audio:
                    yield pcm

    @property
    def _params(self) -> dict[str, str]:
        chosen = self.settings
        assert isinstance(chosen, DeepgramTTSSettings)
        params = {
            "model": chosen.voice,
            "encoding": "linear16",
            "sample_rate": self.sample_rate,
            "container": "none",
            "speed": chosen.speed,
        }
        return {name: str(value) for name, value in params.items() if value is not None}
