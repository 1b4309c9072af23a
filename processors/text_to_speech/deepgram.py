"""Deepgram's voices (Aura): one key then gives ears and voice.

A request per text: its socket has no ids for texts, and takes 20 flushes a minute, one a sentence.
"""

from __future__ import annotations

import aiohttp
from pipecat.services.deepgram.tts import DeepgramHttpTTSService
from typing_extensions import override

from ..tls import shared_tls_context
from .shelf.shelf import Shelf
from .speaking import Speaking

_IDLE_SECS = 600.0
"""For which a connection is kept between two replies."""


class DeepgramTextToSpeech(Speaking, DeepgramHttpTTSService):
    """Pipecat's Deepgram service.

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

    gives_all = True

    def __init__(  # noqa: PLR0913 - the constructor that every voice has
        self,
        *,
        api_key: str,
        base_url: str = "",
        model: str = "",
        voice: str = "",
        language: str = "",
        http_client: aiohttp.ClientSession | None = None,
        patience_secs: float | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        self._own_http_client = None if http_client else _build_http_client()
        super().__init__(
            patience_secs=patience_secs,
            shelf=shelf,
            api_key=api_key,
            base_url=base_url or "https://api.deepgram.com",
            aiohttp_session=http_client or self._own_http_client,
            settings=DeepgramHttpTTSService.Settings(
                voice=voice or model or "aura-2-helena-en", language=language or None
            ),
        )

    @override
    async def cleanup(self) -> None:
        """Close the HTTP client, if it is our own."""
        await super().cleanup()
        if self._own_http_client:
            await self._own_http_client.close()


def _build_http_client() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(ssl=shared_tls_context(), keepalive_timeout=_IDLE_SECS)
    return aiohttp.ClientSession(connector=connector, trust_env=True)
