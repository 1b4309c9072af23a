"""Deepgram speech-to-text, and every server that speaks its protocol."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from pipecat.services.settings import STTSettings
from typing_extensions import override

from ..turns.word_units import Numerals
from .deepgram_results import read_message
from .deepgram_socket import open_deepgram_socket
from .live_service import LiveService
from .live_socket import LiveSocket
from .results import Complaint, Result

MODEL = "nova-3-general"
LANGUAGE = "en"


class DeepgramSpeechToText(LiveService):
    """Deepgram's live endpoint on a connection of our own, not the SDK's.

    Args:
        api_key: Sent with every connection.
        base_url: Of another server that speaks Deepgram's protocol; empty for Deepgram's own.
        model: Empty for Deepgram's newest general one.
        language: A BCP-47 tag, or "multi"; empty for English.
        patience_secs: Without a useful connection before the service is unusable; None for 60 s.
        settings: More of Deepgram's query parameters, in its `extra` or as fields of their own.
        numerals: That language's number words, which a recogniser may also write as digits.
        ttfs_p99_secs: From the end of speech to its final transcript, 99th percentile.
    """

    default_model = MODEL

    def __init__(  # noqa: PLR0913 - what every recogniser takes
        self,
        *,
        api_key: str,
        base_url: str = "",
        model: str = "",
        language: str = "",
        patience_secs: float | None = None,
        settings: STTSettings | None = None,
        numerals: Numerals | None = None,
        ttfs_p99_secs: float = 0.35,
    ) -> None:
        given = settings.given_fields() if settings else {}
        given_model, given_language = given.pop("model", ""), given.pop("language", "")
        super().__init__(
            settings=STTSettings(
                model=model or given_model or self.default_model,
                language=language or given_language or LANGUAGE,
                extra=given,
            ),
            patience_secs=patience_secs,
            ttfs_p99_secs=ttfs_p99_secs,
            numerals=numerals,
        )
        self._api_key = api_key
        self._base_url = base_url

    @property
    def query(self) -> dict[str, str | list[str]]:
        """What a connection is asked for."""
        query: dict[str, Any] = {
            "interim_results": True,
            "punctuate": True,
            **self.settings.given_fields(),
            "encoding": "linear16",
            "channels": 1,
            "sample_rate": self.sample_rate,
        }
        return written(query)

    @override
    def open_socket(self) -> AbstractAsyncContextManager[LiveSocket]:
        """Connect by the present settings."""
        return open_deepgram_socket(
            base_url=self._base_url, api_key=self._api_key, query=self.query
        )

    @override
    def read_message(self, raw: str | bytes) -> Result | Complaint | None:
        """Read one of Deepgram's messages."""
        return read_message(raw)


def written(query: Mapping[str, object]) -> dict[str, str | list[str]]:
    """Return query parameters as Deepgram reads them; those that are None are left out."""
    return {name: _written(value) for name, value in query.items() if value is not None}


def _written(value: object) -> str | list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
